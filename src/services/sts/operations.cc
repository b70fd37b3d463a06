// GetCallerIdentity, AssumeRole.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

#include "auth/policy.h"
#include "base/bytes.h"
#include "services/sts/service.h"

namespace cumulet::sts {

using namespace aws::sts;

namespace {

/// The role's name, and its account. Throws ValidationError.
std::pair<std::string, std::string> parse_role_arn(const std::string& text) {
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
        throw aws::Error("ValidationError", fmt::format("{} is invalid", text), 400);
    }
    return {arn->resource.substr(arn->resource.rfind('/') + 1), arn->account};
}

aws::Error not_allowed(const Call& call, const std::string& role_arn) {
    const auto& caller =
        call.principal.arn.empty() ? fmt::format("arn:aws:iam::{}:root", call.account) : call.principal.arn;
    return aws::Error(
        "AccessDenied",
        fmt::format("User: {} is not authorized to perform: sts:AssumeRole on resource: {}", caller, role_arn), 403);
}

/// True if the role's trust policy lets the caller in. The owner of the account may always act as its roles, so that a
/// laptop's test credentials can.
bool trusted(const Call& call, const std::string& trust_policy, const std::string& role_arn) {
    if (call.principal.kind == Principal::Kind::root) return true;
    const auto policy = auth::Policy::parse(trust_policy, auth::PolicyKind::trust);
    const auth::ConditionContext context;
    const auth::AccessRequest request{
        .action = "sts:AssumeRole",
        .resource = role_arn,
        .resource_account = parse_role_arn(role_arn).second,
        .requester = {.arn = call.principal.arn, .account = call.principal.account, .service = call.principal.service},
        .context = &context};
    // What the caller's own policies allow was dispatch's question.
    const auto speaks = [&](const auth::Statement& statement) {
        return auth::match_principal(statement, request.requester) != auth::PrincipalMatch::none &&
               auth::applies(statement, request, policy.has_variables());
    };
    const auto denies = [&](const auth::Statement& statement) { return !statement.allow && speaks(statement); };
    const auto allows = [&](const auth::Statement& statement) { return statement.allow && speaks(statement); };
    return std::ranges::none_of(policy.statements, denies) && std::ranges::any_of(policy.statements, allows);
}

void refuse_unsupported(const AssumeRoleRequest& request) {
    const auto refuse = [](bool given, std::string_view name) {
        if (given) throw aws::not_implemented("sts", "AssumeRole", name);
    };
    refuse(request.Tags && !request.Tags->empty(), "Tags");
    refuse(request.ExternalId.has_value(), "ExternalId");
    refuse(request.SerialNumber || request.TokenCode, "multi-factor authentication");
    refuse(request.SourceIdentity.has_value(), "SourceIdentity");
    refuse(request.PolicyArns && !request.PolicyArns->empty(), "PolicyArns");
}

}  // namespace

Task<GetCallerIdentityResponse> Service::get_caller_identity(Call& call, GetCallerIdentityRequest) {
    const auto& principal = call.principal;
    GetCallerIdentityResponse response;
    response.Account = call.account;
    response.Arn = principal.arn.empty() ? fmt::format("arn:aws:iam::{}:root", call.account) : principal.arn;
    response.UserId = principal.user_id.empty() ? call.account : principal.user_id;
    co_return response;
}

Task<AssumeRoleResponse> Service::assume_role(Call& call, AssumeRoleRequest request) {
    refuse_unsupported(request);
    const auto [role_name, account] = parse_role_arn(request.RoleArn);
    Call in_account = call;  // the role may be another account's
    in_account.account = account;
    // It is STS that looks at the role: whoever assumes it needs no permission to read it.
    in_account.principal = {.kind = Principal::Kind::service, .account = account, .service = "sts.amazonaws.com"};
    std::optional<aws::iam::GetRoleResponse> found;
    try {
        found = co_await iam_.get_role(in_account, {role_name});
    } catch (const aws::iam::NoSuchEntityException&) {
        // AWS does not tell whether the role exists
    }
    if (!found || found->Role.Arn != request.RoleArn) throw not_allowed(call, request.RoleArn);
    const auto& role = found->Role;
    if (!trusted(call, percent_decode(role.AssumeRolePolicyDocument.value_or("")), request.RoleArn)) {
        throw not_allowed(call, request.RoleArn);
    }
    const auto duration = request.DurationSeconds.value_or(3600);
    if (duration > role.MaxSessionDuration.value_or(3600)) {
        throw aws::Error("ValidationError",
                         "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400);
    }
    if (request.Policy) auth::Policy::parse(*request.Policy, auth::PolicyKind::identity);

    Session session;
    session.access_key_id = "ASIA" + call.random().text(16);
    session.secret_access_key = to_base64(call.random().bytes(30));
    session.session_token = to_base64(call.random().bytes(96));
    session.account = account;
    session.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, role_name, request.RoleSessionName);
    session.user_id = fmt::format("{}:{}", role.RoleId, request.RoleSessionName);
    session.expires = call.now() + std::chrono::seconds(duration);
    if (request.Policy) session.policies.push_back(*request.Policy);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        save_session(tx, session);
        co_return;
    });

    AssumeRoleResponse response;
    response.Credentials = {.AccessKeyId = session.access_key_id,
                            .SecretAccessKey = session.secret_access_key,
                            .SessionToken = session.session_token,
                            .Expiration = session.expires};
    response.AssumedRoleUser = {.AssumedRoleId = session.user_id, .Arn = session.arn};
    co_return response;
}

Task<std::optional<contracts::Credentials>> Service::find_credentials(std::string access_key_id) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<contracts::Credentials>> {
        const auto session = co_await find_session(tx, access_key_id);
        if (!session) co_return std::nullopt;
        contracts::Credentials credentials;
        credentials.secret_access_key = session->secret_access_key;
        credentials.session_token = session->session_token;
        credentials.expires = session->expires;
        credentials.principal = {.kind = Principal::Kind::assumed_role,
                                 .account = session->account,
                                 .arn = session->arn,
                                 .user_id = session->user_id,
                                 .access_key_id = session->access_key_id,
                                 .service = ""};
        co_return credentials;
    });
}

Task<std::vector<std::string>> Service::session_policies(std::string access_key_id) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<std::string>> {
        const auto session = co_await find_session(tx, access_key_id);
        co_return session ? session->policies : std::vector<std::string>();
    });
}

std::string Service::resource_of(const Call&, const contracts::Operation& operation, const void* input) const {
    if (operation.name != "AssumeRole") return "*";
    return static_cast<const AssumeRoleRequest*>(input)->RoleArn;
}

}  // namespace cumulet::sts
