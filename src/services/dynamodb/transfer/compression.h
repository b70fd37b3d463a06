// Compressed bytes, piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace cumulet::dynamodb {

/// Makes a GZIP file, piece by piece.
class Gzip {
  public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    void add(std::string_view piece) { feed(piece, false); }
    /// The whole file. Call once.
    std::string finish();

  private:
    void feed(std::string_view piece, bool last);
    struct State;
    std::unique_ptr<State> state_;
};

/// What does not follow its format.
struct BadArchive : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Decompressor {
  public:
    virtual ~Decompressor() = default;
    /// What `piece` adds to the text. Throws BadArchive.
    virtual std::string add(std::string_view piece) = 0;
    /// Throws BadArchive if the text is not complete.
    virtual void finish() {}
};

/// `type`: GZIP, ZSTD, NONE.
std::unique_ptr<Decompressor> decompressor(std::string_view type);

}  // namespace cumulet::dynamodb
