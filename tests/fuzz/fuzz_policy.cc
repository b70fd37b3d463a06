// Policy documents: whatever a caller stores is either refused with IAM's error or can be evaluated.
#include <cstddef>
#include <cstdint>

#include "auth/policy.h"
#include "contracts/error.h"

using namespace cumulet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const auth::ConditionContext context = [] {
        auth::ConditionContext values;
        values.set("aws:username", "ann");
        values.set("aws:SourceIp", "10.1.2.3");
        values.set("aws:CurrentTime", "2026-11-23T00:55:00Z");
        values.set("s3:max-keys", "10");
        values.set("aws:TagKeys", std::vector<std::string>{"a", "b"});
        return values;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto kind : {auth::PolicyKind::identity, auth::PolicyKind::resource, auth::PolicyKind::trust}) {
        try {
            const auto policy = auth::Policy::parse(text, kind, "fuzzed");
            const auth::Policy* const policies[] = {&policy};
            const auth::AccessRequest request{
                .action = "s3:GetObject",
                .resource = "arn:aws:s3:::bucket/a/b",
                .resource_account = "",
                .requester = {.arn = "arn:aws:iam::111122223333:user/ann", .account = "111122223333", .service = ""},
                .context = &context};
            auth::evaluate(request, {.identity = policies, .resource = &policy}).text();
        } catch (const aws::Error& error) {
            if (error.code != "MalformedPolicyDocument") __builtin_trap();
        }
    }
    return 0;
}
