// What the door knows: every service's contract beside its implementation, and the ways to find one.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/client.h"
#include "wire/wire.h"

namespace cumulet::dispatch {

struct Entry {
    const contracts::Service* service = nullptr;
    contracts::AnyApi* api = nullptr;
    wire::Routes routes;
    size_t index = 0;
    bool speaks(contracts::Protocol protocol) const;
};

class Catalog {
  public:
    void add(const contracts::Service& service, contracts::AnyApi& api);

    /// By the contract's name: "sqs".
    const Entry* named(std::string_view name) const;
    const Entry* of(const contracts::Service& service) const;
    /// By what stands before the dot of X-Amz-Target.
    const Entry* with_target(std::string_view target_prefix) const;
    /// By the first label of a host name: endpoint prefix, signing name or name.
    const Entry* at_host(std::string_view label) const;
    const std::deque<Entry>& entries() const { return entries_; }

    void add_host_surface(std::string label, contracts::Surface& surface);
    void add_path_surface(std::string prefix, contracts::Surface& surface);
    contracts::Surface* surface_at_host(std::string_view label) const;
    /// The surface with the longest prefix of `path`; "*" in a prefix stands for any segment.
    contracts::Surface* surface_at_path(std::string_view path) const;

  private:
    struct Place {
        std::string text;
        contracts::Surface* surface;
    };
    std::deque<Entry> entries_;
    std::vector<Place> hosts_;
    std::vector<Place> paths_;
};

}  // namespace cumulet::dispatch
