// The TLS half of a transport.
#pragma once

#include <boost/asio/ssl/stream.hpp>

#include "net/transport.h"

namespace cumulet::net {

struct Transport::Tls {
    Tls(Socket& socket, TlsContext& context) : stream(socket, SSL_new(context.get())) {}
    asio::ssl::stream<Socket&> stream;
    std::string joined;  // small pieces become one record
};

}  // namespace cumulet::net
