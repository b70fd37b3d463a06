// Applications of push services and the devices that have them: names, attributes and their rules. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
#pragma once

#include "services/sns/topic.h"

namespace cumulet::sns {

/// An application as its ARN names it: arn:aws:sns:<region>:<account>:app/<platform>/<name>
struct PlatformApplicationAddress {
    Place place;
    std::string platform;  ///< "GCM", "APNS"
    std::string name;

    std::string arn() const {
        return fmt::format("arn:aws:sns:{}:{}:app/{}/{}", place.region, place.account, platform, name);
    }
};

struct PlatformApplication {
    PlatformApplicationAddress address;
    std::map<std::string, std::string> attributes;  ///< credentials too

    const std::string& attribute(std::string_view name) const;
    bool enabled() const { return attribute("Enabled") != "false"; }
    /// What GetPlatformApplicationAttributes answers: no credentials.
    std::map<std::string, std::string> shown_attributes() const;
};

/// A device's endpoint: arn:aws:sns:<region>:<account>:endpoint/<platform>/<application>/<id>
struct PlatformEndpointAddress {
    PlatformApplicationAddress application;
    std::string id;

    std::string arn() const {
        return fmt::format("arn:aws:sns:{}:{}:endpoint/{}/{}/{}", application.place.region, application.place.account,
                           application.platform, application.name, id);
    }
};

struct PlatformEndpoint {
    PlatformEndpointAddress address;
    std::map<std::string, std::string> attributes;  ///< Token, Enabled, CustomUserData where there is any

    const std::string& token() const { return attributes.at("Token"); }
    bool enabled() const { return attributes.at("Enabled") != "false"; }
};

/// Throw InvalidParameterException unless `arn` names such a thing; `parameter` is what AWS calls it.
PlatformApplicationAddress parse_application_arn(std::string_view arn, std::string_view parameter);
PlatformEndpointAddress parse_endpoint_arn(std::string_view arn, std::string_view parameter);
/// True for the ARN of a device's endpoint.
bool is_endpoint_arn(std::string_view arn);

/// Throws InvalidParameterException unless such an application may be made.
void check_application(const std::string& name, const std::string& platform,
                       const std::map<std::string, std::string>& attributes);
void check_application_attributes(const std::map<std::string, std::string>& attributes);
/// The endpoint with its attributes changed. Throws InvalidParameterException.
void set_endpoint_attributes(PlatformEndpoint& endpoint, const std::map<std::string, std::string>& wanted);
/// Throws InvalidParameterException if `existing`, which has the token of a new endpoint, differs from what is wanted.
void check_same_endpoint(const PlatformEndpoint& existing, const std::map<std::string, std::string>& wanted);

}  // namespace cumulet::sns
