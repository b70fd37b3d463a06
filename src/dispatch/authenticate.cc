// Whose call is it: account and principal by the access key, and in mode check by the signature too.

#include "contracts/error.h"
#include "dispatch/steps.h"

namespace cumulet::dispatch {
namespace {

bool is_account(std::string_view key) {
    return key.size() == 12 && std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
}

/// Keys as IAM and STS give them out. Others are a tester's own invention.
bool looks_issued(std::string_view key) {
    if (key.size() < 16 || key.size() > 128) return false;
    const auto prefix = key.substr(0, 4);
    return prefix == "AKIA" || prefix == "ASIA" || prefix == "LKIA" || prefix == "LSIA";
}

Principal root_of(std::string account, std::string access_key_id) {
    Principal principal;
    principal.kind = Principal::Kind::root;
    principal.arn = "arn:aws:iam::" + account + ":root";
    principal.user_id = account;
    principal.account = std::move(account);
    principal.access_key_id = std::move(access_key_id);
    return principal;
}

Principal anonymous(const std::string& account) {
    Principal principal;
    principal.kind = Principal::Kind::anonymous;
    principal.account = account;
    return principal;
}

/// Throws unless the caller holds the secret of `credentials`.
void check_signature(Passage& passage, const contracts::Credentials& credentials) {
    const auto dialect = passage.dialect();
    const auto now = passage.call.now();
    if (credentials.expires && *credentials.expires <= now) auth::throw_expired_session_token(dialect);
    if (!credentials.session_token.empty() && credentials.session_token != passage.signature->session_token) {
        auth::throw_bad_session_token(dialect);
    }
    auth::verify(*passage.request, *passage.signature, credentials.secret_access_key, passage.service().signing_name,
                 now, dialect, passage.shard.signing_keys);
    if (auth::is_aws_chunked(passage.signature->payload)) {
        passage.signing_key = passage.shard.signing_keys.get(credentials.secret_access_key, passage.signature->scope);
    }
}

void accept_anonymous(Passage& passage) {
    const auto& settings = passage.door.settings;
    const bool checks = settings.signatures == SignatureMode::check;
    // Unsigned requests to buckets and queues are legal: the resource's policy decides about them.
    const bool open_service = passage.dialect() == auth::Dialect::s3 || passage.service().name == "sqs";
    const bool policy_decides = open_service && settings.authorisation == AuthorisationMode::enforce;
    if (checks && !passage.operation().anonymous && !policy_decides)
        auth::throw_missing_authentication(passage.dialect());
    const bool trusted = !checks && settings.authorisation == AuthorisationMode::off;
    passage.call.principal = trusted ? root_of(settings.default_account, "") : anonymous(settings.default_account);
}

}  // namespace

auth::Dialect Passage::dialect() const {
    switch (route.protocol) {
        case contracts::Protocol::rest_xml:
            return route.entry && route.entry->service->name != "s3" ? auth::Dialect::query : auth::Dialect::s3;
        case contracts::Protocol::aws_query: return auth::Dialect::query;
        case contracts::Protocol::ec2_query: return auth::Dialect::ec2;
        case contracts::Protocol::rest_json: return auth::Dialect::rest_json;
        default: return auth::Dialect::json;
    }
}

Task<void> authenticate(Passage& passage) {
    if (!passage.request) co_return;  // a neighbour calls in the name that its own caller has
    auto& door = passage.door;
    auto& call = passage.call;
    const bool checks = door.settings.signatures == SignatureMode::check;
    if (checks) passage.signature = auth::read_signature(*passage.request, passage.dialect());

    const auto& key = passage.claim.access_key_id;
    if (key.empty()) {
        accept_anonymous(passage);
    } else if (is_account(key) || !looks_issued(key) || !door.identities) {
        if (checks && !is_account(key) && key != "test") auth::throw_unknown_key(passage.dialect());
        call.principal = root_of(is_account(key) ? key : door.settings.default_account, key);
        if (checks) {
            contracts::Credentials known;
            known.secret_access_key = door.settings.default_secret;
            check_signature(passage, known);
        }
    } else {
        auto credentials = co_await door.identities->find(key);
        if (!credentials && checks) auth::throw_unknown_key(passage.dialect());
        if (credentials && checks) check_signature(passage, *credentials);
        call.principal = credentials ? std::move(credentials->principal) : root_of(door.settings.default_account, key);
        call.principal.access_key_id = key;
    }
    call.account = call.principal.account;
}

}  // namespace cumulet::dispatch
