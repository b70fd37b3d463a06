// Receivers that wait for messages of one queue stand in line: only the first looks out, so that a message wakes one
// receiver and not all of them.
#pragma once

#include <list>

#include "runtime/sync.h"

namespace cumulet::sqs {

/// May be used from any reactor.
class Line {
  public:
    /// A place in a line, given up when it ends: the next in line becomes first.
    class Place {
      public:
        Place(Line& line, std::string topic);
        ~Place();
        Place(const Place&) = delete;

        /// Waits until all who came before are gone; false at `until` on the cloud's clock.
        Task<bool> first(Time until);

      private:
        Line& line_;
        const std::string topic_;
        uint64_t ticket_;
    };

  private:
    std::string gate(const std::string& topic, uint64_t ticket) const { return fmt::format("{}/{}", topic, ticket); }

    std::mutex mutex_;
    uint64_t tickets_ = 0;
    std::unordered_map<std::string, std::list<uint64_t>> waiting_;
    Gates gates_;
};

}  // namespace cumulet::sqs
