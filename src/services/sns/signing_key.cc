#include "services/sns/storage.h"
#include "store/record.h"

namespace cumulet::sns {
namespace {

store::Key signing_key() {
    return store::Key(std::string_view(), std::string_view(), std::string_view("sns"), std::string_view("signing-key"));
}

}  // namespace

Task<std::optional<SigningKey>> find_signing_key(store::Transaction& tx) {
    const auto bytes = co_await tx.get(signing_key());
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    SigningKey key;
    key.key_pem = reader.text();
    key.certificate_pem = reader.text();
    co_return key;
}

void save_signing_key(store::Transaction& tx, const SigningKey& key) {
    tx.put(signing_key(), store::RecordWriter(1).text(key.key_pem).text(key.certificate_pem).take());
}

}  // namespace cumulet::sns
