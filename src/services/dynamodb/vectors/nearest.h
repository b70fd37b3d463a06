// Which vectors are nearest to another: exactly, by looking at every one. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/dynamodb/vectors/schema.h"

namespace cumulet::dynamodb {

/// How a vector compares to the wanted one, as AWS scores it: computed at double precision from 32-bit numbers, and
/// held to what 32 bits can say. COSINE: 0 (the same direction) to 2; of a vector without length it is 1. EUCLIDEAN:
/// the distance. DOT_PRODUCT: the product.
class Scorer {
  public:
    Scorer(Distance distance, std::vector<float> wanted);
    /// `vector` has as many numbers of 32 bits as the wanted one, and needs no alignment.
    double score(std::string_view vector) const;
    /// True if a vector with the score `a` stands before one with the score `b`.
    bool nearer(double a, double b) const { return distance_ == Distance::dot_product ? a > b : a < b; }

  private:
    Distance distance_;
    std::vector<float> wanted_;
    double wanted_square_ = 0;
};

/// One of the nearest, and what is known of it.
struct Near {
    double score = 0;
    std::string entry;
};

/// The `limit` nearest of all that are offered; of equal scores those that came first.
class Nearest {
  public:
    Nearest(const Scorer& scorer, size_t limit) : scorer_(&scorer), limit_(limit) {}
    /// True if something with this score is among the nearest so far.
    bool wants(double score) const { return heap_.size() < limit_ || scorer_->nearer(score, heap_.front().score); }
    /// Adds what `wants` wants.
    void add(double score, std::string entry);
    /// The nearest first.
    std::vector<Near> take() &&;

  private:
    struct Place : Near {
        size_t order = 0;
    };
    auto before() const {
        return [this](const Place& a, const Place& b) {
            return a.score == b.score ? a.order < b.order : scorer_->nearer(a.score, b.score);
        };
    }
    const Scorer* scorer_;
    size_t limit_;
    size_t offered_ = 0;
    std::vector<Place> heap_;  // the farthest first
};

}  // namespace cumulet::dynamodb
