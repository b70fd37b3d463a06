// An ordered map of byte strings, for what is answered from memory.
#pragma once

#include "store/write_set.h"

namespace cumulet::store {

/// A B+tree whose nodes tell their keys apart by the eight bytes behind what all keys of the node begin with: keys are
/// tuples that share long beginnings, and comparing them in full costs a cache miss each.
/// Not thread-safe: many readers or one writer.
class OrderedMap {
  public:
    OrderedMap() = default;
    ~OrderedMap() { clear(); }
    OrderedMap(OrderedMap&& other) noexcept { swap(other); }
    OrderedMap& operator=(OrderedMap&& other) noexcept {
        clear();
        swap(other);
        return *this;
    }

    /// Valid until the key is written again.
    std::optional<std::string_view> find(std::string_view key) const;
    void put(std::string_view key, std::string_view value);
    void erase(std::string_view key);
    void erase_range(const Range& range);
    /// Erases from the last row on, until at most `bytes` are left; returns the first key erased.
    std::string erase_last(size_t bytes);
    void apply(const WriteSet& writes);
    /// Appends to `rows`.
    void scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) const;
    size_t count(const Range& range) const;
    void clear();

    size_t size() const { return size_; }
    /// Of keys and values.
    size_t bytes() const { return bytes_; }

  private:
    struct Record;
    struct Node;
    struct Leaf;
    struct Inner;
    /// Where in a leaf a key is, or would be.
    struct Place {
        Leaf* leaf;
        size_t index;
        bool found;
    };

    Place locate(std::string_view key) const;
    Node* insert(Node* node, std::string_view key, std::string_view value);
    bool remove(Node* node, std::string_view key);
    void merge_small(Inner* parent, size_t index);
    void swap(OrderedMap& other) noexcept;
    static void free_tree(Node* node);

    Node* root_ = nullptr;
    size_t size_ = 0;
    size_t bytes_ = 0;
};

}  // namespace cumulet::store
