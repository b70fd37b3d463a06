#include "services/sts/storage.h"

#include "store/record.h"

namespace cumulet::sts {
namespace {

store::Key session_key(const std::string& access_key_id) {
    return store::Key(std::string_view(""), std::string_view("global"), std::string_view("sts"),
                      std::string_view("session"))
           << access_key_id;
}

}  // namespace

Task<std::optional<Session>> find_session(store::Transaction& tx, std::string access_key_id) {
    const auto bytes = co_await tx.get(session_key(access_key_id));
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Session session;
    session.access_key_id = std::move(access_key_id);
    session.secret_access_key = reader.text();
    session.session_token = reader.text();
    session.account = reader.text();
    session.arn = reader.text();
    session.user_id = reader.text();
    session.expires = reader.time();
    for (auto left = reader.number(); left > 0; --left) session.policies.push_back(reader.text());
    co_return session;
}

void save_session(store::Transaction& tx, const Session& session) {
    store::RecordWriter writer(1);
    writer.text(session.secret_access_key).text(session.session_token).text(session.account).text(session.arn);
    writer.text(session.user_id).time(session.expires).number(static_cast<int64_t>(session.policies.size()));
    for (const auto& document : session.policies) writer.text(document);
    tx.put(session_key(session.access_key_id), writer.take());
}

}  // namespace cumulet::sts
