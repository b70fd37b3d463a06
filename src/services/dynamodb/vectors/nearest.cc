#include "services/dynamodb/vectors/nearest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace cumulet::dynamodb {

namespace {

/// Sums of several at a time, so that a compiler may do them in parallel; the order of additions is fixed.
constexpr size_t lanes = 8;
using Sums = std::array<double, lanes>;

/// Adds to the lanes what `term` says of each pair of numbers.
template <typename Term>
double sum_of(const float* wanted, const char* vector, size_t count, Term term) {
    Sums sums{};
    std::array<float, lanes> block;
    size_t at = 0;
    for (; at + lanes <= count; at += lanes) {
        std::memcpy(block.data(), vector + at * sizeof(float), sizeof block);
        for (size_t lane = 0; lane < lanes; ++lane) sums[lane] += term(wanted[at + lane], block[lane]);
    }
    for (; at < count; ++at) {
        float number;
        std::memcpy(&number, vector + at * sizeof(float), sizeof number);
        sums[0] += term(wanted[at], number);
    }
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

double product(double a, double b) { return a * b; }

double square_of(const char* vector, size_t count, const float* any) {
    return sum_of(any, vector, count, [](double, double number) { return number * number; });
}

}  // namespace

Scorer::Scorer(Distance distance, std::vector<float> wanted) : distance_(distance), wanted_(std::move(wanted)) {
    const auto* bytes = reinterpret_cast<const char*>(wanted_.data());
    wanted_square_ = square_of(bytes, wanted_.size(), wanted_.data());
}

double Scorer::score(std::string_view vector) const {
    const float* wanted = wanted_.data();
    const size_t count = wanted_.size();
    double score = 0;
    if (distance_ == Distance::euclidean) {
        score = std::sqrt(sum_of(wanted, vector.data(), count, [](double a, double b) { return (a - b) * (a - b); }));
    } else {
        score = sum_of(wanted, vector.data(), count, product);
    }
    if (distance_ == Distance::cosine) {
        const double square = square_of(vector.data(), count, wanted);
        if (square == 0 || wanted_square_ == 0) return 1;
        // The root of a square is exact, so that a vector's distance to itself is 0.
        return std::clamp(1 - score / std::sqrt(square * wanted_square_), 0.0, 2.0);
    }
    constexpr double most = std::numeric_limits<float>::max();
    return std::clamp(score, -most, most);
}

void Nearest::add(double score, std::string entry) {
    if (heap_.size() == limit_) {
        std::ranges::pop_heap(heap_, before());
        heap_.pop_back();
    }
    heap_.push_back({{.score = score, .entry = std::move(entry)}, offered_++});
    std::ranges::push_heap(heap_, before());
}

std::vector<Near> Nearest::take() && {
    std::ranges::sort(heap_, before());
    std::vector<Near> nearest;
    for (auto& place : heap_) nearest.push_back({.score = place.score, .entry = std::move(place.entry)});
    return nearest;
}

}  // namespace cumulet::dynamodb
