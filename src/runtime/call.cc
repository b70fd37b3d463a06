#include "runtime/call.h"

namespace cumulet {

Call service_call(Reactor& reactor, std::string service_principal, std::string account, std::string region) {
    Call call(reactor, reactor.random().uuid());
    call.principal.kind = Principal::Kind::service;
    call.principal.account = account;
    call.principal.service = std::move(service_principal);
    call.account = std::move(account);
    call.region = std::move(region);
    call.started = reactor.now();
    return call;
}

}  // namespace cumulet
