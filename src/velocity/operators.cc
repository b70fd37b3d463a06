#include "velocity/operators.h"

#include <cmath>

#include "velocity/methods.h"

namespace cumulet::velocity {
namespace {

using Kind = Expression::Kind;

Value compute(Kind kind, double left, double right) {
    switch (kind) {
        case Kind::add: return left + right;
        case Kind::subtract: return left - right;
        case Kind::multiply: return left * right;
        case Kind::divide: return right == 0 ? Value() : Value(left / right);
        default: return right == 0 ? Value() : Value(std::fmod(left, right));
    }
}

/// What overflows goes on as a real number.
Value compute(Kind kind, int64_t left, int64_t right) {
    int64_t result = 0;
    switch (kind) {
        case Kind::add:
            if (!__builtin_add_overflow(left, right, &result)) return result;
            break;
        case Kind::subtract:
            if (!__builtin_sub_overflow(left, right, &result)) return result;
            break;
        case Kind::multiply:
            if (!__builtin_mul_overflow(left, right, &result)) return result;
            break;
        default:
            if (right == 0) return {};
            if (right == -1) return kind == Kind::divide ? compute(Kind::subtract, int64_t{0}, left) : Value(0);
            return kind == Kind::divide ? left / right : left % right;
    }
    return compute(kind, static_cast<double>(left), static_cast<double>(right));
}

Value arithmetic(Kind kind, const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) {
        if (left.integer() && right.integer()) return compute(kind, *left.integer(), *right.integer());
        return compute(kind, left.to_double(), right.to_double());
    }
    const bool joins = kind == Kind::add && (left.string() || right.string()) && !left.is_null() && !right.is_null();
    if (!joins) return {};
    auto text = to_text(left) + to_text(right);
    return text.size() > max_text_bytes ? Value() : Value(std::move(text));
}

Value order(Kind kind, const Value& left, const Value& right) {
    if (!left.is_number() || !right.is_number()) return false;
    const auto ordering = left.to_double() <=> right.to_double();
    switch (kind) {
        case Kind::less: return ordering < 0;
        case Kind::less_or_equal: return ordering <= 0;
        case Kind::greater: return ordering > 0;
        default: return ordering >= 0;
    }
}

}  // namespace

Value apply_operator(Kind kind, const Value& left, const Value& right) {
    switch (kind) {
        case Kind::equal: return left.equals(right);
        case Kind::unequal: return !left.equals(right);
        case Kind::less:
        case Kind::less_or_equal:
        case Kind::greater:
        case Kind::greater_or_equal: return order(kind, left, right);
        default: return arithmetic(kind, left, right);
    }
}

}  // namespace cumulet::velocity
