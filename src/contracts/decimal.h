// Decimal: DynamoDB's numbers, exact, up to 38 significant digits, from 1E-130 to 9.99…E+125.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cumulet::contracts {

/// The words in which a value is refused. DynamoDB has two: those of BatchWriteItem, Scan, transactions and PartiQL are
/// the older ones.
enum class Wording : uint8_t { current, older };

/// A sign, digits d1.d2d3… and a power of ten; d1 is not 0 and the last digit is not 0, so equal numbers are equal
/// fields.
///
/// Its stored form sorts as the numbers do and ends itself, so that it may stand inside a key:
///     zero      02
///     positive  03, exponent + 130, then pairs of digits + 1 (01 to 64 hex), then 00
///     negative  01, and the bytes of its positive counterpart after the first, each complemented
class Decimal {
  public:
    static constexpr int max_digits = 38;
    static constexpr size_t max_stored_bytes = 22;

    Decimal() = default;
    /// Throws aws::Error (ValidationException) with DynamoDB's words if `text` is no number, too large, too small, or
    /// has more digits than a number may have.
    static Decimal parse(std::string_view text, Wording wording = Wording::current);
    static Decimal from_integer(int64_t value);
    /// Reads a stored form.
    static Decimal load(std::string_view stored);

    void append_stored(std::string& out) const;
    /// Plain notation, as DynamoDB prints numbers: "100", "-0.5", never an exponent.
    void append_text(std::string& out) const;
    std::string text() const;

    /// Exact; throws aws::Error where the result is no number that DynamoDB can store.
    Decimal operator+(const Decimal& other) const;
    Decimal operator-(const Decimal& other) const { return *this + other.negated(); }
    Decimal negated() const;

    bool is_zero() const { return count_ == 0; }
    /// Bytes that the number counts for in an item's size.
    size_t size_bytes() const;

    friend bool operator==(const Decimal&, const Decimal&) = default;
    std::strong_ordering operator<=>(const Decimal& other) const;

  private:
    /// Takes `count` digits from `digits` as d1.d2…×10^exponent; strips zeros, checks the bounds.
    static Decimal normalised(bool negative, int64_t exponent, const uint8_t* digits, size_t count);

    bool negative_ = false;
    int16_t exponent_ = 0;  // of the first digit
    uint8_t count_ = 0;     // 0: the number is zero
    std::array<uint8_t, max_digits> digits_{};
};

}  // namespace cumulet::contracts
