#include "services/cloudformation/stack.h"

namespace cumulet::cloudformation {

Operation Operation::of(const Call& call, std::string token, std::string stack_id, Phase phase) {
    Operation operation;
    operation.token = std::move(token);
    operation.account = call.account;
    operation.region = call.region;
    operation.stack_id = std::move(stack_id);
    operation.phase = phase;
    operation.host = call.host;
    operation.tls = call.tls;
    operation.depth = call.depth;
    operation.principal_kind = call.principal.kind;
    operation.principal_arn = call.principal.arn;
    operation.principal_user_id = call.principal.user_id;
    operation.access_key_id = call.principal.access_key_id;
    operation.principal_service = call.principal.service;
    operation.principal_account = call.principal.account;
    return operation;
}

Call Operation::call(Reactor& reactor) const {
    Call call(reactor, reactor.random().uuid());
    call.account = account;
    call.region = region;
    call.service = "cloudformation";
    call.host = host;
    call.tls = tls;
    call.depth = depth;
    call.user_agent = "cloudformation.amazonaws.com";
    call.started = reactor.now();
    call.principal = {.kind = principal_kind,
                      .account = principal_account,
                      .arn = principal_arn,
                      .user_id = principal_user_id,
                      .access_key_id = access_key_id,
                      .service = principal_service};
    return call;
}

}  // namespace cumulet::cloudformation
