// S3's checksums: computed while bytes pass, compared, and joined over the parts of an upload.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include "base/hash.h"
#include "contracts/s3.h"

namespace cumulet::s3 {

struct Checksum {
    std::string algorithm;  ///< "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"; "" for none
    std::string value;      ///< Base64; of a COMPOSITE followed by "-" and the number of parts
    std::string type;       ///< "FULL_OBJECT", "COMPOSITE"

    friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// What S3 computes where the caller chose nothing.
inline constexpr std::string_view default_algorithm = "CRC64NVME";
inline constexpr std::string_view algorithms[] = {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"};

bool known_algorithm(std::string_view algorithm);

/// A checksum fed piece by piece.
class Summer {
  public:
    explicit Summer(std::string_view algorithm);
    void add(std::string_view bytes);
    /// The checksum's raw bytes. Call once.
    std::string finish();
    const std::string& algorithm() const { return algorithm_; }

  private:
    std::string algorithm_;
    uint64_t crc_ = 0;
    std::optional<Hasher> hasher_;
};

/// True for the checksums whose value over a whole follows from those of its pieces.
bool joins(std::string_view algorithm);
/// The raw checksum of two pieces in a row, from the checksums of both; `joins(algorithm)`.
std::string join(std::string_view algorithm, std::string_view first, std::string_view second,
                 uint64_t second_size_bytes);

/// The type that an upload has if its creator did not say. Throws InvalidRequest for a type that `algorithm` cannot
/// have.
std::string checksum_type(std::string_view algorithm, const std::optional<std::string>& wanted);

/// Throws InvalidRequest if `value` is not the Base64 of a checksum of that algorithm.
void check_checksum_value(std::string_view algorithm, std::string_view value);

/// The members of the contract that carry checksums.
template <typename Fields>
std::vector<Checksum> checksums_in(const Fields& fields) {
    std::vector<Checksum> found;
    const auto look = [&](std::string_view algorithm, const std::optional<std::string>& value) {
        if (value) found.push_back({std::string(algorithm), *value, ""});
    };
    look("CRC32", fields.ChecksumCRC32);
    look("CRC32C", fields.ChecksumCRC32C);
    look("CRC64NVME", fields.ChecksumCRC64NVME);
    look("SHA1", fields.ChecksumSHA1);
    look("SHA256", fields.ChecksumSHA256);
    return found;
}

/// True if `fields` carries a checksum of an algorithm that is not built.
template <typename Fields>
bool has_other_checksum(const Fields& fields) {
    return fields.ChecksumSHA512 || fields.ChecksumMD5 || fields.ChecksumXXHASH64 || fields.ChecksumXXHASH3 ||
           fields.ChecksumXXHASH128;
}

template <typename Fields>
void set_checksum(Fields& fields, const Checksum& checksum) {
    if (checksum.algorithm == "CRC32") fields.ChecksumCRC32 = checksum.value;
    if (checksum.algorithm == "CRC32C") fields.ChecksumCRC32C = checksum.value;
    if (checksum.algorithm == "CRC64NVME") fields.ChecksumCRC64NVME = checksum.value;
    if (checksum.algorithm == "SHA1") fields.ChecksumSHA1 = checksum.value;
    if (checksum.algorithm == "SHA256") fields.ChecksumSHA256 = checksum.value;
    if constexpr (requires { fields.ChecksumType; }) {
        if (!checksum.type.empty()) fields.ChecksumType = checksum.type;
    }
}

}  // namespace cumulet::s3
