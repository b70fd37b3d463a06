#include "services/sns/http_authentication.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/text.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_challenges = 20;

/// Takes the text up to the next comma that is not quoted.
std::string_view take_item(std::string_view& rest) {
    bool quoted = false;
    size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ','); ++end) {
        if (rest[end] == '"') quoted = !quoted;
        if (quoted && rest[end] == '\\') ++end;
    }
    end = std::min(end, rest.size());
    const auto item = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return item;
}

std::string unquoted(std::string_view text) {
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::string(text);
    std::string plain;
    for (size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) ++i;
        plain.push_back(text[i]);
    }
    return plain;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + '"';
}

/// `item` is `name=value`, or `scheme name=value`, or a scheme alone.
void read_item(std::vector<Challenge>& challenges, std::string_view item) {
    const auto equals = item.find('=');
    auto name = trimmed(item.substr(0, equals));
    const auto blank = name.find_last_of(" \t");
    if (equals == item.npos || blank != name.npos) {
        if (challenges.size() == most_challenges) return;
        challenges.push_back({.scheme = to_lower(trimmed(name.substr(0, name.find_first_of(" \t"))))});
        if (equals == item.npos) return;
        name.remove_prefix(blank + 1);
    }
    if (challenges.empty()) return;
    challenges.back().parameters[to_lower(name)] = unquoted(trimmed(item.substr(equals + 1)));
}

/// How a Digest challenge wants to be answered.
struct Digest {
    std::string (*hash)(std::string_view) = md5_hex;
    bool of_session = false;
    std::string quality;  ///< of protection: "auth", "auth-int", "" as RFC 2069 had it

    static std::optional<Digest> of(const Challenge& challenge);
};

std::optional<Digest> Digest::of(const Challenge& challenge) {
    Digest digest;
    auto algorithm = to_lower(challenge.parameter("algorithm"));
    if (algorithm.ends_with("-sess")) {
        digest.of_session = true;
        algorithm.resize(algorithm.size() - 5);
    }
    if (algorithm == "sha-256") {
        digest.hash = sha256_hex;
    } else if (!algorithm.empty() && algorithm != "md5") {
        return std::nullopt;
    }
    const auto offered = challenge.parameter("qop");
    std::string_view rest = offered;
    while (!rest.empty()) {
        const auto quality = to_lower(take_item(rest));
        if (quality == "auth" || (quality == "auth-int" && digest.quality.empty())) digest.quality = quality;
    }
    if (!offered.empty() && digest.quality.empty()) return std::nullopt;
    return digest;
}

std::string answer(const Challenge& challenge, const Digest& digest, std::string_view credentials,
                   const http::Request& request, std::string_view client_nonce) {
    constexpr std::string_view count = "00000001";  // every answer is the first with its nonce
    const auto& hash = digest.hash;
    const auto user = credentials.substr(0, credentials.find(':'));
    const auto password = credentials.substr(std::min(user.size() + 1, credentials.size()));
    const auto realm = challenge.parameter("realm");
    const auto nonce = challenge.parameter("nonce");
    auto secret = hash(fmt::format("{}:{}:{}", user, realm, password));
    if (digest.of_session) secret = hash(fmt::format("{}:{}:{}", secret, nonce, client_nonce));
    auto what = fmt::format("{}:{}", request.method, request.target);
    if (digest.quality == "auth-int") what += ":" + hash(request.body);
    const auto middle =
        digest.quality.empty() ? nonce : fmt::format("{}:{}:{}:{}", nonce, count, client_nonce, digest.quality);
    const auto response = hash(fmt::format("{}:{}:{}", secret, middle, hash(what)));

    auto field = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"", quoted(user),
                             quoted(realm), quoted(nonce), quoted(request.target), response);
    if (const auto algorithm = challenge.parameter("algorithm"); !algorithm.empty())
        field += ", algorithm=" + algorithm;
    if (const auto opaque = challenge.parameter("opaque"); !opaque.empty()) field += ", opaque=" + quoted(opaque);
    if (!digest.quality.empty()) field += fmt::format(", qop={}, nc={}", digest.quality, count);
    if (!digest.quality.empty() || digest.of_session) field += ", cnonce=" + quoted(client_nonce);
    return field;
}

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
}

std::vector<Challenge> challenges_of(const http::Headers& headers) {
    std::vector<Challenge> challenges;
    for (auto rest : headers.all("www-authenticate")) {
        while (!rest.empty()) {
            if (const auto item = take_item(rest); !item.empty()) read_item(challenges, item);
        }
    }
    return challenges;
}

std::optional<std::string> authorization_for(const std::vector<Challenge>& challenges, std::string_view credentials,
                                             const http::Request& request, std::string_view client_nonce) {
    const Challenge* chosen = nullptr;
    std::optional<Digest> chosen_digest;
    bool basic = false;
    for (const auto& challenge : challenges) {
        basic = basic || challenge.scheme == "basic";
        if (challenge.scheme != "digest") continue;
        const auto digest = Digest::of(challenge);
        if (!digest || (chosen && digest->hash == md5_hex)) continue;
        chosen = &challenge;
        chosen_digest = digest;
    }
    if (chosen) return answer(*chosen, *chosen_digest, credentials, request, client_nonce);
    if (!basic) return std::nullopt;
    std::string both(credentials);
    if (!credentials.contains(':')) both += ':';
    return "Basic " + to_base64(both);
}

}  // namespace cumulet::sns
