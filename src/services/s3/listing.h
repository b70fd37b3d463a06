// How keys become a page of a listing: single ones, and groups that share what stands before the delimiter. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::s3 {

class Listing {
  public:
    /// `after` is the key or group with which the page before ended, or what the caller named: only what follows is
    /// listed.
    Listing(std::string prefix, std::string delimiter, std::string after, size_t limit);

    enum class Verdict {
        listed,   ///< the key is an item of the page
        grouped,  ///< the key is within a group: the page has the group, the key is not listed
        full,     ///< there is more than the page holds
    };
    /// Keys come in ascending order, none before `from()`.
    Verdict take(std::string_view key);

    /// Where the search for further keys starts: behind the last group, if that is where the keys were.
    const std::string& from() const { return from_; }
    const std::vector<std::string>& groups() const { return groups_; }
    size_t size() const { return size_; }
    bool full() const { return full_; }
    /// The last item or group of the page.
    const std::string& last() const { return last_; }

  private:
    /// The group of a key, up to and with the delimiter; "" if it has none.
    std::string_view group_of(std::string_view key) const;

    std::string prefix_;
    std::string delimiter_;
    size_t limit_;
    std::string from_;
    std::vector<std::string> groups_;
    size_t size_ = 0;
    bool full_ = false;
    std::string last_;
};

/// `text` as `encoding-type=url` has it.
std::string url_encoded(std::string_view text);

}  // namespace cumulet::s3
