#include "base/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/openssl.h"

namespace cumulet {
namespace {

using namespace openssl;

using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Signature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

constexpr size_t coordinate_bytes = 32;  // of P-256
constexpr size_t smallest_modulus_bytes = 256;

Number to_number(std::string_view bytes) {
    return Number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
}

openssl::Key make_key(const char* kind, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) <= 0)
        return nullptr;
    return openssl::Key(key);
}

openssl::Key rsa_key(const std::string& modulus, const std::string& exponent) {
    if (modulus.size() < smallest_modulus_bytes || modulus.size() > 1024 || exponent.empty() || exponent.size() > 8)
        return nullptr;
    const auto n = to_number(modulus);
    const auto e = to_number(exponent);
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    return make_key("RSA", builder.get());
}

openssl::Key elliptic_key(const std::string& x, const std::string& y) {
    if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) return nullptr;
    const auto point = "\x04" + x + y;
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return make_key("EC", builder.get());
}

/// OpenSSL takes ECDSA signatures in DER, tokens have the two numbers one after the other.
std::string to_der(std::string_view raw) {
    if (raw.size() != 2 * coordinate_bytes) return "";
    const Signature signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), to_number(raw.substr(0, coordinate_bytes)).release(),
                   to_number(raw.substr(coordinate_bytes)).release());
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return "";
    std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    return bytes;
}

std::string member_bytes(const json::object& key, std::string_view name) {
    return from_base64url(string_or(key, name)).value_or("");
}

std::optional<json::object> object_in(std::string_view encoded) {
    const auto text = from_base64url(encoded);
    if (!text) return std::nullopt;
    auto value = parse_json(*text, 32);
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(value->as_object());
}

}  // namespace

struct JsonWebKeys::Key {
    std::string id;
    std::string algorithm;  ///< "RS256" or "ES256"
    openssl::Key key;
};

std::optional<std::string> from_base64url(std::string_view text) {
    std::string plain(text);
    if (plain.find_first_of("+/=") != std::string::npos) return std::nullopt;
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return from_base64(plain);
}

std::optional<Jwt> Jwt::parse(std::string_view text) {
    const auto first = text.find('.');
    const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (text.size() > max_bytes || second == std::string_view::npos || text.find('.', second + 1) != text.npos)
        return std::nullopt;
    auto header = object_in(text.substr(0, first));
    auto claims = object_in(text.substr(first + 1, second - first - 1));
    auto signature = from_base64url(text.substr(second + 1));
    if (!header || !claims || !signature) return std::nullopt;
    return Jwt{std::move(*header), std::move(*claims), std::string(text.substr(0, second)), std::move(*signature)};
}

std::optional<Time> Jwt::time(std::string_view claim) const {
    const auto* value = claims.if_contains(claim);
    if (!value || !value->is_number()) return std::nullopt;
    const auto seconds = value->to_number<double>();
    if (!(seconds >= 0 && seconds < 253'402'300'800)) return std::nullopt;  // year 10000
    return from_epoch_seconds(seconds);
}

bool Jwt::current(Time now, Duration leeway) const {
    const auto expires = time("exp");
    if (!expires || now >= *expires + leeway) return false;
    const auto begins = time("nbf");
    return claims.contains("nbf") ? begins && now + leeway >= *begins : true;
}

std::vector<std::string> Jwt::scopes() const {
    std::vector<std::string> scopes;
    const auto add = [&](std::string_view text) {
        while (!text.empty()) {
            const auto end = std::min(text.find(' '), text.size());
            if (end > 0) scopes.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    };
    for (const auto* name : {"scope", "scp"}) {
        const auto* value = claims.if_contains(name);
        if (value && value->is_string()) add(value->as_string());
        if (!value || !value->is_array()) continue;
        for (const auto& each : value->as_array())
            if (each.is_string()) scopes.emplace_back(each.as_string());
    }
    return scopes;
}

bool Jwt::in_scope(const std::vector<std::string>& wanted) const {
    if (wanted.empty()) return true;
    const auto have = scopes();
    return std::ranges::find_first_of(have, wanted) != have.end();
}

std::vector<std::string> Jwt::audiences() const {
    std::vector<std::string> audiences;
    for (const auto* name : {"aud", "client_id"}) {
        const auto* value = claims.if_contains(name);
        if (value && value->is_string()) audiences.emplace_back(value->as_string());
        if (!value || !value->is_array()) continue;
        for (const auto& each : value->as_array())
            if (each.is_string()) audiences.emplace_back(each.as_string());
    }
    return audiences;
}

std::optional<JsonWebKeys> JsonWebKeys::parse(std::string_view text) {
    const auto document = parse_json(text, 32);
    const auto* keys = document ? find(*document, "keys") : nullptr;
    if (!keys || !keys->is_array() || keys->as_array().size() > most_keys) return std::nullopt;
    JsonWebKeys set;
    for (const auto& each : keys->as_array()) {
        const auto* object = each.if_object();
        if (!object || string_or(*object, "use", "sig") != "sig") continue;
        auto key = std::make_shared<Key>();
        key->id = string_or(*object, "kid");
        const auto kind = string_or(*object, "kty");
        if (kind == "RSA") {
            key->algorithm = "RS256";
            key->key = rsa_key(member_bytes(*object, "n"), member_bytes(*object, "e"));
        } else if (kind == "EC" && string_or(*object, "crv") == "P-256") {
            key->algorithm = "ES256";
            key->key = elliptic_key(member_bytes(*object, "x"), member_bytes(*object, "y"));
        }
        if (key->key && string_or(*object, "alg", key->algorithm) == key->algorithm)
            set.keys_.push_back(std::move(key));
    }
    return set;
}

std::vector<std::shared_ptr<const JsonWebKeys::Key>> JsonWebKeys::candidates(const Jwt& token) const {
    const auto id = string_or(token.header, "kid");
    const auto algorithm = string_or(token.header, "alg");
    std::vector<std::shared_ptr<const Key>> fitting;
    for (const auto& key : keys_)
        if (key->algorithm == algorithm && (id.empty() || key->id == id)) fitting.push_back(key);
    return fitting;
}

bool JsonWebKeys::knows(const Jwt& token) const { return !candidates(token).empty(); }

bool JsonWebKeys::verify(const Jwt& token) const {
    for (const auto& key : candidates(token)) {
        const auto signature = key->algorithm == "ES256" ? to_der(token.signature) : token.signature;
        const DigestContext context(EVP_MD_CTX_new());
        if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->key.get()) == 1 &&
            EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                             reinterpret_cast<const unsigned char*>(token.signed_text.data()),
                             token.signed_text.size()) == 1)
            return true;
    }
    return false;
}

}  // namespace cumulet
