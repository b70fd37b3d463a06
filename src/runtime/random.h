// Randomness, handed in. System: the kernel's generator, buffered. Seeded: the same sequence for the same seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace cumulet {

/// Owned by one reactor; not thread-safe.
class Random {
  public:
    /// Unpredictable, fit for secrets.
    Random();
    /// Repeatable, fit for simulation only.
    explicit Random(uint64_t seed);

    uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    uint64_t below(uint64_t bound);
    /// Uniform in [0, 1).
    double fraction();
    std::string bytes(size_t count);
    /// "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx" (RFC 9562 version 4).
    std::string uuid();
    std::string hex(size_t digits);
    /// `count` characters, each drawn from `alphabet`.
    std::string text(size_t count, std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

  private:
    void refill();

    bool seeded_ = false;
    std::array<uint64_t, 4> state_{};
    std::array<uint64_t, 512> buffer_{};
    size_t position_ = 512;
};

}  // namespace cumulet
