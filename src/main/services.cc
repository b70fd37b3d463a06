#include "main/services.h"

#include "main/http_sender.h"
#include "main/identities.h"
#include "services/apigateway/key_admission.h"
#include "services/apigateway/service.h"
#include "services/apigateway/surface.h"
#include "services/apigatewayv2/domains/domain_surface.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/surface.h"
#include "services/apigatewayv2/websocket/connections_api.h"
#include "services/cloudformation/service.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/streams/service.h"
#include "services/lambda/service.h"
#include "services/logs/service.h"
#include "services/s3/service.h"
#include "services/sns/certified_signer.h"
#include "services/sns/http_courier.h"
#include "services/sns/service.h"
#include "services/sqs/peek.h"
#include "services/sqs/service.h"

namespace cumulet {
namespace {

/// What CloudFormation may create: every service's resource types.
std::vector<std::unique_ptr<contracts::ResourceType>> all_resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> all;
    const auto add = [&](std::vector<std::unique_ptr<contracts::ResourceType>> types) {
        std::ranges::move(types, std::back_inserter(all));
    };
    add(apigateway::resource_types(door));
    add(apigatewayv2::resource_types(door));
    add(dynamodb::resource_types(door));
    add(iam::resource_types(door));
    add(lambda::resource_types(door));
    add(logs::resource_types(door));
    add(s3::resource_types(door));
    add(sns::resource_types(door));
    add(sqs::resource_types(door));
    return all;
}

/// The door, where policies decide at all.
contracts::Gate* deciding_gate(dispatch::Door& door) {
    return door.settings().authorisation == dispatch::AuthorisationMode::off ? nullptr : &door;
}

}  // namespace

struct Services::All {
    explicit All(Foundation foundation)
        : exclusive(foundation.exclusive),
          domains(foundation.store, foundation.door),
          apigateway(foundation.store, &rest_apis,
                     {.domains = &domains, .has_other_api = apigatewayv2::has_api, .threads = &foundation.threads}),
          apigatewayv2(foundation.store, foundation.door, domains, apigateway::has_api),
          api_keys(foundation.store),
          http_apis(foundation.store, {.door = foundation.door,
                                       .gate = &foundation.door,
                                       .http = &http_sender,
                                       .wire = &foundation.door,
                                       .metrics = &foundation.metrics,
                                       .keys = &api_keys}),
          rest_apis(foundation.store, {.door = foundation.door,
                                       .wire = &foundation.door,
                                       .gate = &foundation.door,
                                       .http = &http_sender,
                                       .metrics = &foundation.metrics,
                                       .others = &http_apis,
                                       .keys = &api_keys,
                                       .assumes_roles = foundation.door.settings().authorisation ==
                                                        dispatch::AuthorisationMode::enforce}),
          connections(http_apis.web_sockets().connections()),
          custom_domains(domains, rest_apis),
          cloudformation(foundation.store, foundation.door, all_resource_types(foundation.door)),
          dynamodb(foundation.store, {.door = &foundation.door,
                                      .gate = deciding_gate(foundation.door),
                                      .shared = !foundation.exclusive,
                                      .throttling = foundation.table_throttling}),
          dynamodbstreams(foundation.store),
          iam(foundation.store),
          lambda(foundation.store, foundation.packages, foundation.door, foundation.threads, foundation.clock,
                 {.folder = foundation.functions,
                  .gate = &foundation.door,
                  .metrics = &foundation.metrics,
                  .settings = foundation.lambda,
                  .shared = !foundation.exclusive}),
          logs(foundation.store),
          s3(foundation.store, foundation.objects, foundation.door, !foundation.exclusive),
          sns_signer(foundation.store, foundation.threads, foundation.clock),
          sns_http(http_sender, &sns_signer),
          sns(foundation.store, foundation.door, foundation.metrics,
              {.shared = !foundation.exclusive, .http = &sns_http, .signer = &sns_signer}),
          sqs(foundation.store, foundation.queues, &foundation.metrics),
          queue_peek(foundation.store),
          sts(foundation.store, foundation.door),
          identities(iam, sts) {
        auto& door = foundation.door;
        door.add(aws::apigateway::service, apigateway);
        door.add(aws::apigatewaymanagementapi::service, connections);
        door.add(aws::apigatewayv2::service, apigatewayv2);
        door.add(aws::cloudformation::service, cloudformation);
        door.add(aws::dynamodb::service, dynamodb);
        door.add(aws::dynamodbstreams::service, dynamodbstreams);
        door.add(aws::iam::service, iam);
        door.add(aws::lambda::service, lambda);
        door.add(aws::logs::service, logs);
        door.add(aws::s3::service, s3);
        door.add(aws::sns::service, sns);
        door.add(aws::sqs::service, sqs);
        door.add(aws::sts::service, sts);
        door.set_identities(identities);
        door.set_named_surface(custom_domains);
        door.add_health([this] { return lambda.warnings(); });
        door.add_path_surface(std::string(lambda::Service::code_prefix), lambda.code_surface());
        door.add_path_surface(std::string(dynamodb::Service::expired_path), dynamodb.developer_surface());
        for (const auto prefix : sns::Service::developer_prefixes)
            door.add_path_surface(std::string(prefix), sns.developer_surface());
        door.add_path_surface(std::string(sqs::Peek::path), queue_peek);
        door.add_host_surface(std::string(lambda::UrlSurface::host_label), lambda.urls());
        door.add_path_surface(std::string(lambda::UrlSurface::path_prefix), lambda.urls());
        door.add_path_surface(std::string(sns::CertifiedSigner::path_prefix), sns_signer.certificate_surface());
        door.add_host_surface(std::string(apigatewayv2::Surface::host_label), rest_apis);
        for (const auto prefix : apigatewayv2::Surface::path_prefixes)
            door.add_path_surface(std::string(prefix), rest_apis);
    }

    const bool exclusive;
    HttpSender http_sender;
    apigatewayv2::Domains domains;
    apigateway::Service apigateway;
    apigatewayv2::Service apigatewayv2;
    apigateway::KeyAdmission api_keys;
    apigatewayv2::Surface http_apis;
    apigateway::Surface rest_apis;
    apigatewayv2::ConnectionsApi connections;
    apigatewayv2::DomainSurface custom_domains;
    cloudformation::Service cloudformation;
    dynamodb::Service dynamodb;
    dynamodb::Streams dynamodbstreams;
    iam::Service iam;
    lambda::Service lambda;
    logs::Service logs;
    s3::Service s3;
    sns::CertifiedSigner sns_signer;
    sns::HttpCourier sns_http;
    sns::Service sns;
    sqs::Service sqs;
    sqs::Peek queue_peek;
    sts::Service sts;
    Identities identities;
};

Services::Services(Foundation foundation) : all_(std::make_unique<All>(foundation)) {}
Services::~Services() = default;

Task<void> Services::prepare() {
    if (!all_->exclusive) co_return;
    co_await all_->s3.sweep();
    co_await all_->s3.recover();
    co_await all_->sns.prepare();
}

Task<void> Services::start(std::string endpoint) {
    all_->lambda.start(std::move(endpoint));
    all_->s3.start();
    all_->sns.start();
    co_await all_->dynamodb.start();
    all_->sqs.start();
    co_await all_->cloudformation.start();
}

Task<void> Services::send_away() { co_await all_->http_apis.web_sockets().stop(); }

Task<bool> Services::asks_certificate(std::string host_name) {
    return all_->custom_domains.asks_certificate(std::move(host_name));
}

Task<void> Services::stop() {
    co_await all_->cloudformation.stop();
    co_await all_->s3.stop();
    co_await all_->sns.stop();
    co_await all_->dynamodb.stop();
    co_await all_->lambda.stop();
    co_await all_->sqs.stop();
    co_await all_->http_apis.stop();  // after what they wait for
    co_await all_->rest_apis.stop();
}

}  // namespace cumulet
