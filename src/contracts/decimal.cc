#include "contracts/decimal.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "contracts/error.h"

namespace cumulet::contracts {

namespace {

constexpr int smallest_exponent = -130;
constexpr int largest_exponent = 125;
constexpr char negative_mark = 1;
constexpr char zero_mark = 2;
constexpr char positive_mark = 3;

bool is_digit(char character) { return character >= '0' && character <= '9'; }

[[noreturn]] void refuse(std::string_view text, Wording wording) {
    if (text.empty() && wording == Wording::older) {
        throw aws::validation_error("The parameter cannot be converted to a numeric value");
    }
    throw aws::validation_error(fmt::format("The parameter cannot be converted to a numeric value: {}", text));
}

[[noreturn]] void refuse_overflow() {
    throw aws::validation_error(
        "Number overflow. Attempting to store a number with magnitude larger than supported range");
}

[[noreturn]] void refuse_underflow() {
    throw aws::validation_error(
        "Number underflow. Attempting to store a number with magnitude smaller than supported range");
}

void check_magnitude(int64_t exponent) {
    if (exponent > largest_exponent) refuse_overflow();
    if (exponent < smallest_exponent) refuse_underflow();
}

bool fits_32_bits(int64_t number) { return number == static_cast<int32_t>(number); }

/// The power of ten after 'e'; nothing if it is no number of 64 bits.
std::optional<int64_t> parse_exponent(std::string_view text) {
    if (text.starts_with("+-")) return std::nullopt;
    if (text.starts_with('+')) text.remove_prefix(1);
    int64_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    // Far from both ends, so that digits before and behind the point can be added.
    constexpr int64_t enough = std::numeric_limits<int64_t>::max() / 2;
    return std::clamp(exponent, -enough, enough);
}

/// The older layer reads numbers as Java does: exponent and scale have 32 bits, and digits before the point may wrap.
void check_as_java(int64_t power, int64_t scale, int64_t exponent, std::string_view text) {
    if (!fits_32_bits(power) || !fits_32_bits(scale)) refuse(text, Wording::older);
    if (!fits_32_bits(exponent + 1)) refuse_underflow();
}

}  // namespace

Decimal Decimal::parse(std::string_view text, Wording wording) {
    std::string_view rest = text;
    bool negative = false;
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
        negative = rest.front() == '-';
        rest.remove_prefix(1);
    }
    int64_t power = 0;
    if (const auto mark = rest.find_first_of("eE"); mark != std::string_view::npos) {
        const auto exponent = parse_exponent(rest.substr(mark + 1));
        if (!exponent) refuse(text, wording);
        power = *exponent;
        rest = rest.substr(0, mark);
    }
    // Significant digits beyond the limit are kept only as far as needed to notice that they are too many.
    std::array<uint8_t, max_digits + 1> digits;
    size_t count = 0;
    bool seen_digit = false, seen_point = false;
    int64_t integer_digits = 0;  // before the point, counted from the first significant one
    int64_t fraction_digits = 0;
    int64_t leading_zeros = 0;  // between the point and the first significant digit
    size_t dropped_zeros = 0;
    for (const char character : rest) {
        if (character == '.') {
            if (seen_point) refuse(text, wording);
            seen_point = true;
            continue;
        }
        if (!is_digit(character)) refuse(text, wording);
        seen_digit = true;
        fraction_digits += seen_point ? 1 : 0;
        if (count == 0 && character == '0') {
            leading_zeros += seen_point ? 1 : 0;
            continue;
        }
        if (!seen_point) ++integer_digits;
        if (character == '0') {
            ++dropped_zeros;  // written only once a digit follows that is not zero
            continue;
        }
        for (; dropped_zeros > 0 && count < digits.size(); --dropped_zeros) digits[count++] = 0;
        dropped_zeros = 0;
        if (count < digits.size())
            digits[count++] = static_cast<uint8_t>(character - '0');
        else
            digits.back() = 9;  // more digits than any number has: stay too long when zeros are stripped
    }
    if (!seen_digit) refuse(text, wording);
    const bool zero = count == 0;
    int64_t exponent = power + (integer_digits > 0 ? integer_digits - 1 : -leading_zeros - 1);
    if (zero) exponent = power - fraction_digits;
    if (wording == Wording::older) check_as_java(power, fraction_digits - power, exponent, text);
    if (zero) check_magnitude(exponent);
    return normalised(negative, exponent, digits.data(), count);
}

Decimal Decimal::from_integer(int64_t value) {
    std::array<char, 24> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return parse({text.data(), static_cast<size_t>(end - text.data())});
}

Decimal Decimal::normalised(bool negative, int64_t exponent, const uint8_t* digits, size_t count) {
    while (count > 0 && *digits == 0) ++digits, --count, --exponent;
    while (count > 0 && digits[count - 1] == 0) --count;
    Decimal number;
    if (count == 0) return number;
    check_magnitude(exponent);
    if (count > max_digits)
        throw aws::validation_error("Attempting to store more than 38 significant digits in a Number");
    number.negative_ = negative;
    number.exponent_ = static_cast<int16_t>(exponent);
    number.count_ = static_cast<uint8_t>(count);
    std::copy_n(digits, count, number.digits_.begin());
    return number;
}

Decimal Decimal::load(std::string_view stored) {
    Decimal number;
    if (stored.empty() || stored[0] == zero_mark) return number;
    number.negative_ = stored[0] == negative_mark;
    const uint8_t flip = number.negative_ ? 0xff : 0;
    const auto byte = [&](size_t index) { return static_cast<uint8_t>(static_cast<uint8_t>(stored[index]) ^ flip); };
    number.exponent_ = static_cast<int16_t>(byte(1) + smallest_exponent);
    for (size_t index = 2; index < stored.size() && byte(index) != 0 && number.count_ < max_digits; ++index) {
        const int pair = byte(index) - 1;
        number.digits_[number.count_++] = static_cast<uint8_t>(pair / 10);
        if (number.count_ < max_digits) number.digits_[number.count_++] = static_cast<uint8_t>(pair % 10);
    }
    while (number.count_ > 0 && number.digits_[number.count_ - 1] == 0) --number.count_;
    return number;
}

void Decimal::append_stored(std::string& out) const {
    if (is_zero()) {
        out.push_back(zero_mark);
        return;
    }
    const uint8_t flip = negative_ ? 0xff : 0;
    const auto append = [&](int byte) { out.push_back(static_cast<char>(static_cast<uint8_t>(byte) ^ flip)); };
    out.push_back(negative_ ? negative_mark : positive_mark);
    append(exponent_ - smallest_exponent);
    for (int index = 0; index < count_; index += 2) {
        append(digits_[index] * 10 + (index + 1 < count_ ? digits_[index + 1] : 0) + 1);
    }
    append(0);
}

void Decimal::append_text(std::string& out) const {
    if (is_zero()) {
        out.push_back('0');
        return;
    }
    if (negative_) out.push_back('-');
    if (exponent_ < 0) {
        out.append("0.");
        out.append(static_cast<size_t>(-exponent_ - 1), '0');
        for (int index = 0; index < count_; ++index) out.push_back(static_cast<char>('0' + digits_[index]));
        return;
    }
    for (int index = 0; index < count_; ++index) {
        if (index == exponent_ + 1) out.push_back('.');
        out.push_back(static_cast<char>('0' + digits_[index]));
    }
    if (count_ <= exponent_) out.append(static_cast<size_t>(exponent_ + 1 - count_), '0');
}

std::string Decimal::text() const {
    std::string out;
    append_text(out);
    return out;
}

Decimal Decimal::negated() const {
    Decimal number = *this;
    if (!is_zero()) number.negative_ = !negative_;
    return number;
}

Decimal Decimal::operator+(const Decimal& other) const {
    if (is_zero()) return other;
    if (other.is_zero()) return *this;
    // Both are laid out on one grid of powers of ten, highest first, with a place for the carry before it.
    const int highest = std::max(exponent_, other.exponent_);
    const int lowest = std::min(exponent_ - count_, other.exponent_ - other.count_) + 1;
    const int width = highest - lowest + 2;
    std::array<int8_t, largest_exponent - smallest_exponent + max_digits + 3> sum{};
    const auto lay = [&](const Decimal& number, int sign) {
        for (int index = 0; index < number.count_; ++index) {
            sum[static_cast<size_t>(highest - number.exponent_ + 1 + index)] +=
                static_cast<int8_t>(sign * number.digits_[static_cast<size_t>(index)]);
        }
    };
    const bool this_larger = [&] {
        if (exponent_ != other.exponent_) return exponent_ > other.exponent_;
        return digits_ >= other.digits_;
    }();
    const Decimal& larger = this_larger ? *this : other;
    lay(larger, 1);
    lay(this_larger ? other : *this, negative_ == other.negative_ ? 1 : -1);
    for (int index = width - 1; index > 0; --index) {
        auto& digit = sum[static_cast<size_t>(index)];
        auto& next = sum[static_cast<size_t>(index - 1)];
        if (digit > 9)
            digit -= 10, ++next;
        else if (digit < 0)
            digit += 10, --next;
    }
    std::array<uint8_t, sum.size()> digits{};
    std::copy_n(sum.begin(), width, digits.begin());
    const auto nonzero = [](uint8_t digit) { return digit != 0; };
    const auto first = std::ranges::find_if(digits, nonzero);
    const auto last = std::find_if(digits.rbegin(), digits.rend(), nonzero).base();
    if (last - first > max_digits) refuse_overflow();  // AWS calls a sum of too many digits too large
    return normalised(larger.negative_, highest + 1, digits.data(), static_cast<size_t>(width));
}

size_t Decimal::size_bytes() const { return 1 + static_cast<size_t>(count_ + 1) / 2 + (negative_ ? 1 : 0); }

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
    const auto sign = [](const Decimal& number) { return number.is_zero() ? 0 : number.negative_ ? -1 : 1; };
    if (sign(*this) != sign(other)) return sign(*this) <=> sign(other);
    auto order = exponent_ <=> other.exponent_;
    // Unused digits are zero, so the whole arrays compare as the digits do.
    if (order == 0) order = digits_ <=> other.digits_;
    return negative_ ? 0 <=> order : order;
}

}  // namespace cumulet::contracts
