// Making connections.
#pragma once

#include "net/client.h"
#include "net/transport.h"

namespace cumulet::net {

/// Resolves, connects, and speaks TLS if the origin does. `tls` is used only then. Throws HttpFailed.
Task<std::unique_ptr<Transport>> connect_to(Origin origin, std::chrono::milliseconds limit,
                                            std::shared_ptr<TlsContext> tls);

/// True for names that mean this machine without asking DNS.
bool names_this_machine(std::string_view host);

}  // namespace cumulet::net
