// Client certificates, which API Gateway shows to endpoints over TLS: generate, get, list, update, delete.
// https://docs.aws.amazon.com/apigateway/latest/api/API_GenerateClientCertificate.html

#include "base/rsa.h"
#include "runtime/blocking_pool.h"
#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {{"/description", "replace"}};
constexpr PatchTable table{rules};

constexpr std::string_view common_name = "ApiGateway";
constexpr auto certificate_life = std::chrono::days(365);

struct KeyAndCertificate {
    std::string key_pem;
    std::string certificate_pem;
};

KeyAndCertificate generate(Time now) {
    const auto key = RsaKey::generate();
    return {key.pem(), key.certificate(common_name, now, now + certificate_life)};
}

/// Throws BadRequestException while a stage shows the certificate.
Task<void> check_unused(store::Transaction& tx, Place place, std::string id) {
    for (const auto& api : co_await all_items<RestApi>(tx, place)) {
        place.owner = *api.id;
        for (const auto& stage : co_await all_items<Stage>(tx, place)) {
            if (stage.clientCertificateId != id) continue;
            // Unverified: the words.
            throw BadRequestException(
                fmt::format("Client certificate {} is in use by the stage {}:{}", id, *api.id, *stage.stageName));
        }
    }
}

}  // namespace

Task<ClientCertificate> Service::generate_client_certificate(Call& call, GenerateClientCertificateRequest request) {
    ClientCertificate certificate;
    certificate.clientCertificateId = new_id(call.random(), 6);
    certificate.description = request.description;
    certificate.tags = request.tags;
    certificate.createdDate = call.now();
    certificate.expirationDate = call.now() + certificate_life;
    const auto make = [now = call.now()] { return generate(now); };
    const auto made = threads_ ? co_await threads_->run(make) : make();
    certificate.pemEncodedCertificate = made.certificate_pem;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<ClientCertificate>(tx, place_of(call));
        save_item(tx, place_of(call), certificate);
        save_certificate_key(tx, place_of(call), *certificate.clientCertificateId, made.key_pem);
    });
    co_return certificate;
}

Task<ClientCertificate> Service::get_client_certificate(Call& call, GetClientCertificateRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ClientCertificate> {
        return load_item<ClientCertificate>(tx, place_of(call), request.clientCertificateId);
    });
}

Task<ClientCertificates> Service::get_client_certificates(Call& call, GetClientCertificatesRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<ClientCertificate>> {
        return list_items<ClientCertificate>(tx, place_of(call), request.limit, request.position);
    });
    co_return ClientCertificates{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<ClientCertificate> Service::update_client_certificate(Call& call, UpdateClientCertificateRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ClientCertificate> {
        const auto before = co_await load_item<ClientCertificate>(tx, place_of(call), request.clientCertificateId);
        auto certificate = patched(before, "GetClientCertificate", table, request.patchOperations);
        save_item(tx, place_of(call), certificate);
        co_return certificate;
    });
}

Task<DeleteClientCertificateResponse> Service::delete_client_certificate(Call& call,
                                                                         DeleteClientCertificateRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<ClientCertificate>(tx, place_of(call), request.clientCertificateId);
        co_await check_unused(tx, place_of(call), request.clientCertificateId);
        erase_item<ClientCertificate>(tx, place_of(call), request.clientCertificateId);
        erase_certificate_key(tx, place_of(call), request.clientCertificateId);
    });
    co_return DeleteClientCertificateResponse{};
}

}  // namespace cumulet::apigateway
