#include "runtime/random.h"

#include <sys/random.h>

#include <bit>
#include <stdexcept>

namespace cumulet {
namespace {

// SplitMix64, which spreads one seed over the state of xoshiro256**.
uint64_t split_mix(uint64_t& state) {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

constexpr std::string_view hex_digits = "0123456789abcdef";

}  // namespace

Random::Random() = default;

Random::Random(uint64_t seed) : seeded_(true) {
    for (auto& word : state_) word = split_mix(seed);
}

void Random::refill() {
    auto* bytes = reinterpret_cast<char*>(buffer_.data());
    const size_t size_bytes = sizeof(buffer_);
    for (size_t filled = 0; filled < size_bytes;) {
        const ssize_t got = getrandom(bytes + filled, size_bytes - filled, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            throw std::runtime_error("getrandom failed");
        }
        filled += static_cast<size_t>(got);
    }
    position_ = 0;
}

uint64_t Random::next() {
    if (!seeded_) {
        if (position_ == buffer_.size()) refill();
        return std::exchange(buffer_[position_++], 0);
    }
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

uint64_t Random::below(uint64_t bound) {
    // Lemire's method: the high half of a product, with the biased low values refused.
    const uint64_t threshold = -bound % bound;
    while (true) {
        const auto product = static_cast<unsigned __int128>(next()) * bound;
        if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
    }
}

double Random::fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string Random::bytes(size_t count) {
    std::string result(count, '\0');
    for (size_t i = 0; i < count; i += 8) {
        const uint64_t word = next();
        std::memcpy(result.data() + i, &word, std::min<size_t>(8, count - i));
    }
    return result;
}

std::string Random::uuid() {
    const uint64_t high = (next() & ~0xf000ull) | 0x4000ull;
    const uint64_t low = (next() & ~(3ull << 62)) | (2ull << 62);
    std::string text(36, '-');
    constexpr int places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    for (int i = 0; i < 16; ++i) {
        const uint64_t word = i < 8 ? high : low;
        const auto byte = static_cast<uint8_t>(word >> (56 - 8 * (i % 8)));
        text[places[i]] = hex_digits[byte >> 4];
        text[places[i] + 1] = hex_digits[byte & 15];
    }
    return text;
}

std::string Random::hex(size_t digits) {
    std::string result(digits, '0');
    uint64_t word = 0;
    for (size_t i = 0; i < digits; ++i) {
        if (i % 16 == 0) word = next();
        result[i] = hex_digits[word & 15];
        word >>= 4;
    }
    return result;
}

std::string Random::text(size_t count, std::string_view alphabet) {
    std::string result(count, '\0');
    for (auto& character : result) character = alphabet[below(alphabet.size())];
    return result;
}

}  // namespace cumulet
