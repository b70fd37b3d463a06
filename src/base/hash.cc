#include "base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cstring>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cumulet {
namespace {

using Algorithm = Hasher::Algorithm;

/// The digests of this process: looking one up in OpenSSL 3 costs more than hashing a short text.
const EVP_MD* digest_of(Algorithm algorithm) {
    static const EVP_MD* const digests[] = {EVP_MD_fetch(nullptr, "MD5", nullptr),
                                            EVP_MD_fetch(nullptr, "SHA1", nullptr),
                                            EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    const auto* digest = digests[size_t(algorithm)];
    if (!digest) throw std::runtime_error("OpenSSL lacks a digest that AWS's protocols need");
    return digest;
}

struct Context {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(context); }
};

std::string digest(Algorithm algorithm, std::string_view bytes) {
    // One context per algorithm: starting again with the digest it already has skips OpenSSL's set-up.
    thread_local Context contexts[3];
    auto* context = contexts[size_t(algorithm)].context;
    const auto* kind = digest_of(algorithm);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestInit_ex2(context, kind, nullptr) != 1 || EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context, out, &length) != 1) {
        throw std::runtime_error("OpenSSL could not compute a digest");
    }
    return {reinterpret_cast<const char*>(out), length};
}

/// Tables for eight bytes a step of a reflected CRC.
template <typename Word>
using Tables = std::array<std::array<Word, 256>, 8>;

template <typename Word, Word polynomial>
constexpr Tables<Word> make_tables() {
    Tables<Word> tables{};
    for (unsigned i = 0; i < 256; ++i) {
        Word value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? polynomial : 0);
        tables[0][i] = value;
    }
    for (size_t slice = 1; slice < 8; ++slice) {
        for (unsigned i = 0; i < 256; ++i) {
            const Word previous = tables[slice - 1][i];
            tables[slice][i] = (previous >> 8) ^ tables[0][previous & 0xFF];
        }
    }
    return tables;
}

template <typename Word>
Word checksum(const Tables<Word>& tables, std::string_view bytes, Word seed) {
    Word crc = ~seed;
    while (bytes.size() >= 8) {
        uint64_t word;
        std::memcpy(&word, bytes.data(), 8);
        word ^= crc;
        crc = 0;
        for (size_t slice = 0; slice < 8; ++slice) crc ^= tables[7 - slice][word >> (8 * slice) & 0xFF];
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<uint8_t>(c)) & 0xFF];
    return ~crc;
}

template <typename Word>
std::string bytes_of(Word value) {
    if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(std::string_view bytes, uint32_t seed) {
    uint64_t crc = uint32_t(~seed);
    while (bytes.size() >= 8) {
        uint64_t word;
        std::memcpy(&word, bytes.data(), 8);
        crc = _mm_crc32_u64(crc, word);
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) crc = _mm_crc32_u8(uint32_t(crc), static_cast<uint8_t>(c));
    return ~uint32_t(crc);
}
#endif

uint64_t mix(uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return uint64_t(product) ^ uint64_t(product >> 64);
}

uint64_t word_at(const char* bytes) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    return word;
}

}  // namespace

std::string md5(std::string_view bytes) { return digest(Algorithm::md5, bytes); }
std::string md5_hex(std::string_view bytes) { return to_hex(md5(bytes)); }
std::string sha1(std::string_view bytes) { return digest(Algorithm::sha1, bytes); }
std::string sha256(std::string_view bytes) { return digest(Algorithm::sha256, bytes); }
std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    // RFC 2104 over the cached digest: OpenSSL's own HMAC allocates and fetches at each call.
    constexpr size_t block = 64;
    const std::string short_key = key.size() > block ? sha256(key) : std::string(key);
    std::string inner(block, '\x36');
    std::string outer(block, '\x5c');
    for (size_t i = 0; i < short_key.size(); ++i) {
        inner[i] ^= short_key[i];
        outer[i] ^= short_key[i];
    }
    inner += bytes;
    outer += sha256(inner);
    return sha256(outer);
}

uint32_t crc32(std::string_view bytes, uint32_t seed) {
    static constexpr auto tables = make_tables<uint32_t, 0xEDB88320>();
    return checksum(tables, bytes, seed);
}

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2");
    if (has_instruction) return crc32c_by_instruction(bytes, seed);
#endif
    static constexpr auto tables = make_tables<uint32_t, 0x82F63B78>();
    return checksum(tables, bytes, seed);
}

uint64_t crc64nvme(std::string_view bytes, uint64_t seed) {
    static constexpr auto tables = make_tables<uint64_t, 0x9A6C9329AC4BC9B5>();
    return checksum(tables, bytes, seed);
}

std::string big_endian(uint32_t value) { return bytes_of(value); }
std::string big_endian(uint64_t value) { return bytes_of(value); }

struct Hasher::State {
    Context context;
};

Hasher::Hasher(Algorithm algorithm) : state_(std::make_unique<State>()) {
    if (EVP_DigestInit_ex2(state_->context.context, digest_of(algorithm), nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not start a digest");
    }
}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::add(std::string_view bytes) { EVP_DigestUpdate(state_->context.context, bytes.data(), bytes.size()); }

std::string Hasher::finish() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(state_->context.context, out, &length);
    return {reinterpret_cast<const char*>(out), length};
}

uint64_t hash64(std::string_view bytes, uint64_t seed) {
    // Multiply-and-fold, sixteen bytes a step; the last step overlaps the one before it.
    constexpr uint64_t k0 = 0x9E3779B97F4A7C15, k1 = 0xD6E8FEB86659FD93, k2 = 0xA0761D6478BD642F;
    uint64_t state = seed ^ mix(seed ^ k0, bytes.size() ^ k1);
    const char* at = bytes.data();
    size_t left = bytes.size();
    if (left > 16) {
        for (; left > 16; left -= 16, at += 16) state = mix(word_at(at) ^ k1, word_at(at + 8) ^ state);
        return mix(mix(word_at(at + left - 16) ^ k2, word_at(at + left - 8) ^ state), k0 ^ bytes.size());
    }
    uint64_t low = 0, high = 0;
    if (left >= 8) {
        low = word_at(at);
        high = word_at(at + left - 8);
    } else {
        for (size_t i = 0; i < left; ++i) low = low << 8 | static_cast<uint8_t>(at[i]);
    }
    return mix(mix(low ^ k2, high ^ state), k0 ^ bytes.size());
}

}  // namespace cumulet
