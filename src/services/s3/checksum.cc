#include "services/s3/checksum.h"

#include "base/bytes.h"
#include "services/s3/errors.h"

namespace cumulet::s3 {
namespace {

// CRCs are polynomials over one bit, lowest power in the highest bit. Shifting a CRC over n bytes multiplies it by
// x to the 8n, modulo the CRC's polynomial.
template <typename Word>
Word multiply(Word a, Word b, Word polynomial) {
    Word product = 0;
    for (Word bit = Word(1) << (sizeof(Word) * 8 - 1); bit; bit >>= 1) {
        if (a & bit) product ^= b;
        b = b & 1 ? (b >> 1) ^ polynomial : b >> 1;
    }
    return product;
}

template <typename Word>
Word shifted(Word crc, uint64_t size_bytes, Word polynomial) {
    Word power = Word(1) << (sizeof(Word) * 8 - 1 - 8);  // x^8
    for (; size_bytes; size_bytes >>= 1) {
        if (size_bytes & 1) crc = multiply(power, crc, polynomial);
        power = multiply(power, power, polynomial);
    }
    return crc;
}

uint64_t number(std::string_view big_endian_bytes) {
    uint64_t value = 0;
    for (const char byte : big_endian_bytes) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
}

size_t size_of(std::string_view algorithm) {
    if (algorithm == "SHA1") return 20;
    if (algorithm == "SHA256") return 32;
    return algorithm == "CRC64NVME" ? 8 : 4;
}

}  // namespace

bool known_algorithm(std::string_view algorithm) {
    return std::ranges::find(algorithms, algorithm) != std::end(algorithms);
}

Summer::Summer(std::string_view algorithm) : algorithm_(algorithm) {
    if (algorithm == "SHA1") hasher_.emplace(Hasher::Algorithm::sha1);
    if (algorithm == "SHA256") hasher_.emplace(Hasher::Algorithm::sha256);
}

void Summer::add(std::string_view bytes) {
    if (hasher_) {
        hasher_->add(bytes);
    } else if (algorithm_ == "CRC64NVME") {
        crc_ = crc64nvme(bytes, crc_);
    } else if (algorithm_ == "CRC32C") {
        crc_ = crc32c(bytes, static_cast<uint32_t>(crc_));
    } else {
        crc_ = crc32(bytes, static_cast<uint32_t>(crc_));
    }
}

std::string Summer::finish() {
    if (hasher_) return hasher_->finish();
    return algorithm_ == "CRC64NVME" ? big_endian(crc_) : big_endian(static_cast<uint32_t>(crc_));
}

bool joins(std::string_view algorithm) { return algorithm.starts_with("CRC"); }

std::string join(std::string_view algorithm, std::string_view first, std::string_view second,
                 uint64_t second_size_bytes) {
    if (algorithm == "CRC64NVME") {
        return big_endian(shifted<uint64_t>(number(first), second_size_bytes, 0x9A6C9329AC4BC9B5) ^ number(second));
    }
    const uint32_t polynomial = algorithm == "CRC32C" ? 0x82F63B78 : 0xEDB88320;
    return big_endian(shifted<uint32_t>(static_cast<uint32_t>(number(first)), second_size_bytes, polynomial) ^
                      static_cast<uint32_t>(number(second)));
}

std::string checksum_type(std::string_view algorithm, const std::optional<std::string>& wanted) {
    const std::string usual = algorithm == "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
    if (!wanted || *wanted == usual) return usual;
    if (*wanted == "FULL_OBJECT" && joins(algorithm)) return *wanted;
    throw invalid_request(fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.", *wanted,
                                      to_lower(algorithm)));
}

void check_checksum_value(std::string_view algorithm, std::string_view value) {
    const auto raw = from_base64(value);
    if (raw && raw->size() == size_of(algorithm)) return;
    throw invalid_request(fmt::format("Value for x-amz-checksum-{} header is invalid.", to_lower(algorithm)));
}

}  // namespace cumulet::s3
