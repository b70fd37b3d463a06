// JSON Web Tokens: reading them, and checking signatures against an issuer's keys. Pure: keys and time are arguments.
// https://www.rfc-editor.org/rfc/rfc7519  https://www.rfc-editor.org/rfc/rfc7517
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace cumulet {

/// Base64 with '-' and '_', without padding.
std::optional<std::string> from_base64url(std::string_view text);

/// A token as it was sent; nothing of it is true before its signature was checked.
struct Jwt {
    static constexpr size_t max_bytes = 16 << 10;

    json::object header;
    json::object claims;
    std::string signed_text;  ///< header and claims as they were signed
    std::string signature;    ///< raw

    /// Nothing unless `text` has three parts, of which two are JSON objects.
    static std::optional<Jwt> parse(std::string_view text);
    /// The instant of a claim such as "exp"; nothing if it is no number.
    std::optional<Time> time(std::string_view claim) const;
    /// False before "nbf" and from "exp" on, and without "exp".
    bool current(Time now, Duration leeway = {}) const;
    /// The values of "scope" (in one text) and "scp", one by one.
    std::vector<std::string> scopes() const;
    /// True if it has one of the scopes, or none is wanted.
    bool in_scope(const std::vector<std::string>& wanted) const;
    /// The values of "aud", which is a text or a list, and of "client_id".
    std::vector<std::string> audiences() const;
};

/// An issuer's public keys. Copies share them; any thread may use one.
class JsonWebKeys {
  public:
    static constexpr size_t most_keys = 100;

    /// Reads {"keys": [...]}; keys of kinds that are not known are left out. Nothing if it is malformed.
    static std::optional<JsonWebKeys> parse(std::string_view text);

    /// True if a key of the set has the token's "kid", or, where it has none, any key fits.
    bool knows(const Jwt& token) const;
    /// RS256 and ES256 with a key of the set; any other algorithm, "none" among them, is false.
    bool verify(const Jwt& token) const;

  private:
    struct Key;
    std::vector<std::shared_ptr<const Key>> candidates(const Jwt& token) const;
    std::vector<std::shared_ptr<const Key>> keys_;
};

}  // namespace cumulet
