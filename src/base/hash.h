// Digests (OpenSSL, fetched once per process) and checksums. Results are raw bytes unless the name says hex.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cumulet {

std::string md5(std::string_view bytes);
std::string md5_hex(std::string_view bytes);
std::string sha1(std::string_view bytes);
std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);

/// CRC-32 (IEEE), CRC-32C (Castagnoli) and CRC-64/NVME, as S3's flexible checksums use them; `seed` is the value so
/// far.
uint32_t crc32(std::string_view bytes, uint32_t seed = 0);
uint32_t crc32c(std::string_view bytes, uint32_t seed = 0);
uint64_t crc64nvme(std::string_view bytes, uint64_t seed = 0);
/// The checksum as big-endian bytes, the form that S3's headers carry in Base64.
std::string big_endian(uint32_t value);
std::string big_endian(uint64_t value);

/// A digest fed piece by piece.
class Hasher {
  public:
    enum class Algorithm { md5, sha1, sha256 };
    explicit Hasher(Algorithm algorithm);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void add(std::string_view bytes);
    /// The digest of all that was added. Call once.
    std::string finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A fast, well mixed hash for tables in memory; not stable between versions, never stored.
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);

}  // namespace cumulet
