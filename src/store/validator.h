// Which commits may have changed what: the memory behind optimistic validation.
#pragma once

#include <atomic>
#include <deque>

#include "store/write_set.h"

namespace cumulet::store {

/// Commits are numbered from 1. Keys are remembered by hash and ranges by a ring of recent writes, so an answer may
/// name a commit that changed another key, never miss one that changed this. Readers hold the store's lock shared,
/// `record` wants it exclusive.
class Validator {
  public:
    Validator();

    /// The newest commit.
    uint64_t current() const { return current_; }
    /// The newest commit after `since` that may have changed `key`; `since` if there is none.
    uint64_t newest(std::string_view key, uint64_t hash, uint64_t since) const;
    /// The newest commit after `since` that may have changed a key within `range`; `since` if there is none.
    uint64_t newest(const Range& range, uint64_t since) const;

    /// Numbers a commit of `writes`.
    uint64_t record(const WriteSet& writes);

  private:
    static constexpr size_t slots = 1 << 16;
    static constexpr size_t ring_size = 1 << 13;
    static constexpr size_t max_erasures = 256;

    struct Write {
        uint64_t version = 0;
        std::string key;
        std::string end;  // with `wide`, keys from `key` to before `end` ("": no bound)
        bool wide = false;
    };
    struct Erasure {
        uint64_t version;
        Range range;
    };
    void remember(std::string_view key, std::string_view end, bool wide);

    uint64_t current_ = 0;
    std::vector<uint64_t> by_hash_;
    std::vector<Write> ring_;
    uint64_t ring_next_ = 0;        // writes ever remembered
    uint64_t ring_forgotten_ = 0;   // newest version that the ring no longer holds
    std::deque<Erasure> erasures_;  // range erasures, which no hash can remember
    uint64_t erasures_forgotten_ = 0;
};

}  // namespace cumulet::store
