// The keys of push applications and devices; nothing else knows them. All begin with (account, region, "sns").
//
//   "application"   platform, name                          PlatformApplication
//   "device"        platform, application, id               PlatformEndpoint
//   "device-token"  platform, application, token's digest   id of the endpoint that has it
#pragma once

#include "services/sns/platform.h"
#include "store/store.h"

namespace cumulet::sns {

Task<std::optional<PlatformApplication>> find_application(store::Transaction& tx, PlatformApplicationAddress address);
/// Throws NotFoundException.
Task<PlatformApplication> load_application(store::Transaction& tx, PlatformApplicationAddress address);
void save_application(store::Transaction& tx, const PlatformApplication& application);
/// With all of its endpoints.
void erase_application(store::Transaction& tx, const PlatformApplicationAddress& address);
/// Those whose ARNs come after `after`'s, at most `limit`. `after`: a position that the page before ended with, or "".
struct ApplicationPage {
    std::vector<PlatformApplication> applications;
    std::string next;  ///< "" at the end
};
Task<ApplicationPage> list_applications(store::Transaction& tx, Place place, std::string after, size_t limit);

Task<std::optional<PlatformEndpoint>> find_endpoint(store::Transaction& tx, PlatformEndpointAddress address);
/// Throws NotFoundException.
Task<PlatformEndpoint> load_endpoint(store::Transaction& tx, PlatformEndpointAddress address);
/// The endpoint of an application that has the token.
Task<std::optional<PlatformEndpoint>> find_by_device_token(store::Transaction& tx, PlatformApplicationAddress address,
                                                           std::string token);
void save_endpoint(store::Transaction& tx, const PlatformEndpoint& endpoint);
void erase_endpoint(store::Transaction& tx, const PlatformEndpoint& endpoint);
struct EndpointPage {
    std::vector<PlatformEndpoint> endpoints;
    std::string next;  ///< "" at the end
};
Task<EndpointPage> list_endpoints(store::Transaction& tx, PlatformApplicationAddress address, std::string after,
                                  size_t limit);

}  // namespace cumulet::sns
