#include "services/dynamodb/transfer/arn.h"

#include "base/bytes.h"

namespace cumulet::dynamodb {

TransferArn TransferArn::parse(const Call& call, std::string_view kind, const std::string& text) {
    const auto invalid = [&] {
        return aws::validation_error(fmt::format("Invalid {} ARN", kind == "export" ? "Export" : "Import"));
    };
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with("table/")) throw invalid();
    const auto rest = arn->resource.substr(6);
    const auto mark = fmt::format("/{}/", kind);
    const auto at = rest.find(mark);
    if (at == std::string::npos) throw invalid();
    if (arn->account != call.account) throw aws::access_denied("Access is denied");
    return {.table = rest.substr(0, at), .id = rest.substr(at + mark.size()), .region = arn->region};
}

std::string new_transfer_id(Call& call) {
    return fmt::format("{:014}-{}", epoch_millis(call.now()), call.random().hex(8));
}

Call call_for(Reactor& reactor, const Scope& scope, const Principal& principal) {
    Call call(reactor, reactor.random().uuid());
    call.principal = principal;
    call.account = scope.account;
    call.region = scope.region;
    call.started = reactor.now();
    return call;
}

TransferFailure failure_of(const aws::Error& error) {
    const std::string code = error.code.starts_with("AccessDenied") ? "AccessDenied" : error.code;
    return {.code = "S3" + code,
            .message = fmt::format("{} (Service: Amazon S3; Status Code: {}; Error Code: {})", error.message,
                                   error.status, code)};
}

std::string page_token(std::string_view place) { return to_hex(fmt::format("{:-<56}", fmt::format("{}\n", place))); }

std::string place_of(const std::string& token) {
    const auto place = from_hex(token);
    const auto end = place ? place->find('\n') : std::string::npos;
    if (end == std::string::npos) {
        throw aws::validation_error(fmt::format("Invalid Request: Provided nextToken is invalid: {}", token));
    }
    return place->substr(0, end);
}

}  // namespace cumulet::dynamodb
