#include "services/sns/sms_storage.h"

#include "store/record.h"

namespace cumulet::sns {
namespace {

using store::Key;
using store::Range;

Key of_place(const Place& place, std::string_view collection) {
    return Key(place.account, place.region, std::string_view("sns"), collection);
}

Range after_in(const Place& place, std::string_view collection, const std::string& after) {
    auto range = Range::prefix(of_place(place, collection));
    if (!after.empty()) range.begin = Range::prefix(of_place(place, collection) << after).end;
    return range;
}

SandboxNumber decode_sandbox_number(std::string number, std::string_view bytes) {
    store::RecordReader reader(bytes);
    SandboxNumber decoded{.number = std::move(number), .code = reader.text()};
    decoded.verified = reader.boolean();
    if (reader.version() < 2) return decoded;
    decoded.tried = reader.time();
    for (auto left = reader.number(); left > 0; --left) decoded.codes_sent.push_back(reader.time());
    return decoded;
}

}  // namespace

Task<std::map<std::string, std::string>> find_sms_attributes(store::Transaction& tx, Place place) {
    const auto bytes = co_await tx.get(of_place(place, "sms"));
    if (!bytes) co_return std::map<std::string, std::string>();
    co_return store::RecordReader(*bytes).texts();
}

void save_sms_attributes(store::Transaction& tx, const Place& place,
                         const std::map<std::string, std::string>& attributes) {
    tx.put(of_place(place, "sms"), store::RecordWriter(1).texts(attributes).take());
}

Task<bool> is_opted_out(store::Transaction& tx, Place place, std::string number) {
    co_return (co_await tx.get(of_place(place, "opted-out") << number)).has_value();
}

void opt_out(store::Transaction& tx, const Place& place, std::string_view number) {
    tx.put(of_place(place, "opted-out") << number, "");
}

void opt_in(store::Transaction& tx, const Place& place, std::string_view number) {
    tx.erase(of_place(place, "opted-out") << number);
}

Task<std::vector<std::string>> list_opted_out(store::Transaction& tx, Place place, std::string after, size_t limit) {
    std::vector<std::string> numbers;
    const Key all = of_place(place, "opted-out");
    for (const auto& entry : co_await tx.scan(after_in(place, "opted-out", after), {.limit = limit}))
        numbers.push_back(store::KeyReader(entry.key, all.bytes()).text());
    co_return numbers;
}

Task<std::optional<SandboxNumber>> find_sandbox_number(store::Transaction& tx, Place place, std::string number) {
    const auto bytes = co_await tx.get(of_place(place, "sandbox") << number);
    if (!bytes) co_return std::nullopt;
    co_return decode_sandbox_number(std::move(number), *bytes);
}

void save_sandbox_number(store::Transaction& tx, const Place& place, const SandboxNumber& number) {
    store::RecordWriter record(2);
    record.text(number.code).boolean(number.verified).time(number.tried);
    record.number(static_cast<int64_t>(number.codes_sent.size()));
    for (const auto sent : number.codes_sent) record.time(sent);
    tx.put(of_place(place, "sandbox") << number.number, record.take());
}

void erase_sandbox_number(store::Transaction& tx, const Place& place, std::string_view number) {
    tx.erase(of_place(place, "sandbox") << number);
}

Task<std::vector<SandboxNumber>> list_sandbox_numbers(store::Transaction& tx, Place place, std::string after,
                                                      size_t limit) {
    std::vector<SandboxNumber> numbers;
    const Key all = of_place(place, "sandbox");
    for (const auto& entry : co_await tx.scan(after_in(place, "sandbox", after), {.limit = limit}))
        numbers.push_back(decode_sandbox_number(store::KeyReader(entry.key, all.bytes()).text(), entry.value));
    co_return numbers;
}

}  // namespace cumulet::sns
