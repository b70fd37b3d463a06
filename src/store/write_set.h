// What a transaction is going to write, and the view of a store beneath it: one implementation for all engines.
#pragma once

#include "store/paging.h"
#include "store/store.h"

namespace cumulet::store {

/// Buffered writes. To apply them: erase the erased ranges first, then make the writes.
class WriteSet {
  public:
    using Writes = std::map<std::string, std::optional<std::string>, std::less<>>;  // nothing: the key is erased

    static constexpr size_t max_key_bytes = 2 << 10;
    static constexpr size_t max_value_bytes = 16 << 20;
    static constexpr size_t max_writes = 100'000;
    static constexpr size_t max_total_bytes = 256 << 20;

    /// Throws std::length_error past the bounds.
    void put(std::string key, std::string value);
    void erase(std::string key);
    void erase_range(Range range);
    void wake(std::string topic);

    /// Nothing: the key is as the store has it. nullptr: it is erased.
    std::optional<const std::string*> find(std::string_view key) const;
    bool erased(std::string_view key) const;
    /// True if the range does not read as the store has it.
    bool touches(const Range& range) const;

    const Writes& writes() const { return writes_; }
    const std::vector<Range>& erased_ranges() const { return erased_ranges_; }
    const std::vector<std::string>& topics() const { return topics_; }
    bool empty() const { return writes_.empty() && erased_ranges_.empty(); }
    size_t bytes() const { return bytes_; }

    Writes::const_iterator lower_bound(std::string_view key) const { return writes_.lower_bound(key); }

  private:
    void set(std::string key, std::optional<std::string> value);

    Writes writes_;
    std::vector<Range> erased_ranges_;
    std::vector<std::string> topics_;
    size_t bytes_ = 0;
};

/// A transaction that buffers its writes and lays them over what `read` and `read_range` find.
class BufferedTransaction : public Transaction {
  public:
    using Transaction::erase;
    using Transaction::get;
    using Transaction::put;
    using Transaction::scan;

    Task<std::optional<std::string>> get(std::string key) final;
    Task<std::vector<Entry>> scan(Range range, ScanOptions options) final;
    void put(std::string key, std::string value) final { writes_.put(std::move(key), std::move(value)); }
    void erase(std::string key) final { writes_.erase(std::move(key)); }
    void erase_range(Range range) final { writes_.erase_range(std::move(range)); }
    void wake(std::string topic) final { writes_.wake(std::move(topic)); }

    const WriteSet& writes() const { return writes_; }

  protected:
    /// For the engine that commits them.
    WriteSet take_writes() { return std::move(writes_); }
    virtual Task<std::optional<std::string>> read(std::string key) = 0;
    virtual Task<std::vector<Entry>> read_range(Range range, ScanOptions options) = 0;

  private:
    Task<std::vector<Entry>> scan_overlaid(Range range, ScanOptions options);

    WriteSet writes_;
};

}  // namespace cumulet::store
