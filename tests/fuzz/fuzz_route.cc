// Routing and the reading of signatures: any method, target, fields and body find a route or name what is missing.
#include <cstddef>
#include <cstdint>

#include "auth/sigv4.h"
#include "contracts/error.h"
#include "contracts/lambda.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "contracts/sts.h"
#include "dispatch/route.h"

using namespace cumulet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static contracts::AnyApi api;
    static const dispatch::Catalog catalog = [] {
        dispatch::Catalog services;
        for (const auto* service : {&aws::sqs::service, &aws::s3::service, &aws::lambda::service, &aws::sts::service}) {
            services.add(*service, api);
        }
        return services;
    }();
    // One line each: method, target, host, authorization, x-amz-target, content-type; the rest is the body.
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = [&] {
        const auto end = text.find('\n');
        const auto taken = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        return std::string(taken);
    };
    http::Request request;
    request.method = line();
    request.set_target(line());
    for (const auto* name : {"Host", "Authorization", "X-Amz-Target", "Content-Type"}) {
        auto value = line();
        if (!value.empty()) request.headers.add(name, std::move(value));
    }
    request.body = text;

    const auto claim = auth::read_claim(request);
    const auto route = dispatch::find_route(catalog, request, claim, "cumulet.test");
    if (route.operation && !route.entry) __builtin_trap();
    for (const auto dialect : {auth::Dialect::json, auth::Dialect::query, auth::Dialect::s3}) {
        try {
            const auto signature = auth::read_signature(request, dialect);
            auth::SigningKeys keys;
            if (signature) auth::verify(request, *signature, "secret", signature->scope.service, Time{}, dialect, keys);
        } catch (const aws::Error&) {
        }
    }
    return 0;
}
