#include "runtime/byte_stream.h"

namespace cumulet {
namespace {

class OnePiece final : public ByteStream {
  public:
    explicit OnePiece(std::string bytes) : bytes_(std::move(bytes)) {}
    Task<std::optional<std::string>> read() override {
        if (bytes_.empty()) co_return std::nullopt;
        co_return std::exchange(bytes_, {});
    }

  private:
    std::string bytes_;
};

}  // namespace

std::shared_ptr<ByteStream> stream_of(std::string bytes) { return std::make_shared<OnePiece>(std::move(bytes)); }

Task<std::string> read_all(std::shared_ptr<ByteStream> stream, size_t max_bytes) {
    std::string result;
    while (auto piece = co_await stream->read()) {
        if (result.size() + piece->size() > max_bytes) {
            stream->cancel();
            throw StreamTooLong(fmt::format("longer than {} bytes", max_bytes));
        }
        result += *piece;
    }
    co_return result;
}

}  // namespace cumulet
