#include "contracts/http_sender.h"

namespace cumulet::contracts {

std::optional<HttpTarget> HttpTarget::parse(std::string_view url) {
    size_t begin = 0;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) begin = scheme.size();
    }
    const auto end = std::min(url.find_first_of("/?#", begin), url.size());
    // What stands in front of an '@' would be credentials, which are not for the wire.
    if (begin == 0 || end == begin || url.substr(begin, end - begin).find_first_of("@ \r\n\t") != url.npos) return {};
    HttpTarget parsed{.origin = std::string(url.substr(0, end)), .target = ""};
    const auto rest = url.substr(end, url.find('#') - end);
    if (rest.find_first_of(" \r\n\t") != rest.npos) return {};
    if (!rest.starts_with('/')) parsed.target = "/";
    parsed.target += rest;
    return parsed;
}

}  // namespace cumulet::contracts
