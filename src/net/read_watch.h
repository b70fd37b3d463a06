// Telling when a socket that somebody else owns has something to read.
#pragma once

#include <functional>

namespace cumulet::net {

/// Calls `ready` on this reactor whenever `socket` has something to read or its peer has gone, until `ready` says
/// false. Watches a descriptor of its own, so the owner may close his; after shutdown(2) `ready` is called once more.
/// False, and nothing is watched, where this reactor does not wait for sockets or no descriptor is left.
bool watch_reads(int socket, std::function<bool()> ready);

}  // namespace cumulet::net
