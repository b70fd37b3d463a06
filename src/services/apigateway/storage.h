// The keys of API Gateway's REST APIs; nothing else knows them. What stands in a collection is a record of AWS's own
// shape. "Owner" is the API that a record belongs to, the usage plan of its keys, "<API>/<version>" of the
// documentation's parts as they were in a version, or "".
//
//   ("", "global", "apigateway", "address") api id                              Address: whose API, and its version
//   (account, region, "apigateway", collection) owner, id                       RestApi, Resource, Stage, ...
//   (account, region, "apigateway", "deployed") api id, deployment id, collection, id   the same as it was deployed
//   (account, region, "apigateway", "account")                                 Account
//   (account, region, "apigateway", "certificate key") certificate id           PEM of the private key
//   (account, region, "apigateway", "key value") value                          id of the API key that has it
//   (account, region, "apigateway", "plan of key") key id, plan id              ""
//   (account, region, "apigateway", "usage") plan id, key id, day               requests of that day
//   (account, region, "apigateway", "extra quota") plan id, key id              what UpdateUsage granted beyond the
//   quota
//
// Whoever calls an API has no account, so addresses stand outside all of them. Every change of what an API's stages
// serve changes the version in its address: what was compiled in memory is current while that version stands.
#pragma once

#include "contracts/apigateway.h"
#include "runtime/call.h"
#include "store/store.h"

namespace cumulet::apigateway {

using aws::apigateway::ApiKey;
using aws::apigateway::Authorizer;
using aws::apigateway::BasePathMapping;
using aws::apigateway::ClientCertificate;
using aws::apigateway::Deployment;
using aws::apigateway::DocumentationPart;
using aws::apigateway::DocumentationVersion;
using aws::apigateway::DomainName;
using aws::apigateway::DomainNameAccessAssociation;
using aws::apigateway::GatewayResponse;
using aws::apigateway::Integration;
using aws::apigateway::IntegrationResponse;
using aws::apigateway::Method;
using aws::apigateway::MethodResponse;
using aws::apigateway::Model;
using aws::apigateway::RequestValidator;
using aws::apigateway::Resource;
using aws::apigateway::RestApi;
using aws::apigateway::Stage;
using aws::apigateway::UsagePlan;
using aws::apigateway::UsagePlanKey;
using aws::apigateway::VpcLink;

/// Whose records are meant.
struct Place {
    std::string account;
    std::string region;
    std::string owner;  ///< "" for what belongs to the account itself
};

struct Address {
    Place place;           ///< its owner is the API
    uint64_t version = 0;  ///< a random number, another after each change
};

/// What an API consists of: as it is edited, or as it was deployed.
struct Definition {
    RestApi api;
    std::vector<Resource> resources;
    std::vector<Model> models;
    std::vector<RequestValidator> validators;
    std::vector<Authorizer> authorizers;
    std::vector<GatewayResponse> responses;
    std::vector<DocumentationPart> documentation;  ///< that a document brought; deployments have none
};

template <typename T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> position;
};

Place place_of(const Call& call, std::string owner = "");

Task<std::optional<Address>> find_address(store::Transaction& tx, std::string api_id);
/// Says that the API's stages serve something else now.
void save_address(store::Transaction& tx, const Place& place, uint64_t version);

/// The caller's API. Throws NotFoundException.
Task<RestApi> load_api(store::Transaction& tx, Place place);
void save_api(store::Transaction& tx, const Place& place, const RestApi& api);
/// Removes the API and all that belongs to it.
void erase_api(store::Transaction& tx, const Place& place);

// T is any of the records above but Method, Integration and their responses, which stand in their Resource, and RestApi
// where an owner is asked for.

template <typename T>
Task<std::optional<T>> find_item(store::Transaction& tx, Place place, std::string id);
/// Throws NotFoundException in AWS's words for that kind.
template <typename T>
Task<T> load_item(store::Transaction& tx, Place place, std::string id);
template <typename T>
void save_item(store::Transaction& tx, const Place& place, const T& item);
template <typename T>
void erase_item(store::Transaction& tx, const Place& place, const std::string& id);
/// All of an owner, ordered by their ids, which are names where AWS has names for ids.
template <typename T>
Task<std::vector<T>> all_items(store::Transaction& tx, Place place);
/// Throws BadRequestException for a limit or a position that is none.
template <typename T>
Task<Page<T>> list_items(store::Transaction& tx, Place place, std::optional<int32_t> limit,
                         std::optional<std::string> position);
/// Throws LimitExceededException where the owner has as many of them as AWS allows.
template <typename T>
Task<void> check_room(store::Transaction& tx, Place place);

/// One page of what is in memory. Throws BadRequestException.
template <typename T>
Page<T> page_of(std::vector<T> all, std::optional<int32_t> limit, const std::optional<std::string>& position);

/// What is being edited (deployment id ""), or what that deployment deployed.
Task<Definition> read_definition(store::Transaction& tx, Place place, std::string deployment_id);
/// Adds all of them to what is being edited, but not the API itself.
void save_definition(store::Transaction& tx, const Place& place, const Definition& definition);
/// Keeps what is being edited as that deployment.
Task<void> save_deployed(store::Transaction& tx, Place place, std::string deployment_id);
void erase_deployed(store::Transaction& tx, const Place& place, const std::string& deployment_id);
/// Removes resources, models, validators, authorizers and gateway responses that are being edited.
void erase_definition(store::Transaction& tx, const Place& place);

/// Empty where nothing was set.
Task<aws::apigateway::Account> find_account(store::Transaction& tx, Place place);
void save_account(store::Transaction& tx, const Place& place, const aws::apigateway::Account& account);

/// Where the parts of a documentation version are kept, as they were when it was made.
Place place_of_version(Place place, const std::string& version);

/// The certificate and its key in PEM, "" without an id. Throws BadRequestException for one that is not there.
Task<std::string> certificate_and_key(store::Transaction& tx, Place place, std::optional<std::string> id);
void save_certificate_key(store::Transaction& tx, const Place& place, const std::string& id, const std::string& pem);
void erase_certificate_key(store::Transaction& tx, const Place& place, const std::string& id);

Task<std::optional<std::string>> find_key_id(store::Transaction& tx, Place place, std::string value);
void save_key_value(store::Transaction& tx, const Place& place, const std::string& value, const std::string& key_id);
void erase_key_value(store::Transaction& tx, const Place& place, const std::string& value);

Task<std::vector<std::string>> plans_of_key(store::Transaction& tx, Place place, std::string key_id);
void save_plan_of_key(store::Transaction& tx, const Place& place, const std::string& key_id,
                      const std::string& plan_id);
void erase_plan_of_key(store::Transaction& tx, const Place& place, const std::string& key_id,
                       const std::string& plan_id);

/// Days since 1970 and the requests that were made in them, from `first` to before `end`.
Task<std::vector<std::pair<int64_t, int64_t>>> read_usage(store::Transaction& tx, Place place, std::string plan_id,
                                                          std::string key_id, int64_t first, int64_t end);
void save_usage(store::Transaction& tx, const Place& place, const std::string& plan_id, const std::string& key_id,
                int64_t day, int64_t requests);
void erase_usage(store::Transaction& tx, const Place& place, const std::string& plan_id);
Task<int64_t> read_extra_quota(store::Transaction& tx, Place place, std::string plan_id, std::string key_id);
void save_extra_quota(store::Transaction& tx, const Place& place, const std::string& plan_id, const std::string& key_id,
                      int64_t requests);

}  // namespace cumulet::apigateway
