#include "services/dynamodb/transfer/storage.h"

#include "contracts/reflect.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;

Key base(const Scope& scope) { return Key(scope.account, scope.region, "dynamodb"); }
Key export_key(const Scope& scope, std::string_view table_name, std::string_view id) {
    return base(scope) << "export" << table_name << id;
}
Key import_key(const Scope& scope, std::string_view id) { return base(scope) << "import" << id; }
Key token_key(const Scope& scope, std::string_view kind, std::string_view token) {
    return base(scope) << "transfer token" << kind << token;
}

const contracts::Shape& export_shape() { return *aws::dynamodb::service.find("DescribeExport")->output; }
const contracts::Shape& import_shape() { return *aws::dynamodb::service.find("DescribeImport")->output; }

void write(store::RecordWriter& writer, const Principal& principal) {
    writer.number(static_cast<int64_t>(principal.kind)).text(principal.account).text(principal.arn);
    writer.text(principal.user_id).text(principal.access_key_id).text(principal.service);
}

Principal read_principal(store::RecordReader& reader) {
    Principal principal{.kind = static_cast<Principal::Kind>(reader.number())};
    principal.account = reader.text();
    principal.arn = reader.text();
    principal.user_id = reader.text();
    principal.access_key_id = reader.text();
    principal.service = reader.text();
    return principal;
}

Export read_export(std::string_view record) {
    store::RecordReader reader(record);
    Export exported{.table_name = reader.text(), .id = reader.text(), .principal = read_principal(reader)};
    exported.number = static_cast<uint64_t>(reader.number());
    exported.log = static_cast<uint64_t>(reader.number());
    exported.table_number = static_cast<uint64_t>(reader.number());
    for (auto left = reader.number(); left > 0; --left) exported.files.push_back(reader.text());
    aws::dynamodb::DescribeExportOutput described;
    contracts::from_json(export_shape(), &described, json::parse(reader.view()));
    exported.description = std::move(*described.ExportDescription);
    return exported;
}

Import read_import(std::string_view record) {
    store::RecordReader reader(record);
    Import imported{.id = reader.text(), .table_name = reader.text(), .principal = read_principal(reader)};
    imported.object = reader.text();
    imported.records = reader.number();
    imported.object_read = reader.boolean();
    aws::dynamodb::DescribeImportOutput described;
    contracts::from_json(import_shape(), &described, json::parse(reader.view()));
    imported.description = std::move(described.ImportTableDescription);
    return imported;
}

}  // namespace

Task<std::optional<Export>> find_export(store::Transaction& tx, Scope scope, std::string table_name, std::string id) {
    const auto record = co_await tx.get(export_key(scope, table_name, id));
    if (!record) co_return std::nullopt;
    co_return read_export(*record);
}

void save_export(store::Transaction& tx, const Scope& scope, const Export& exported) {
    store::RecordWriter writer(1);
    writer.text(exported.table_name).text(exported.id);
    write(writer, exported.principal);
    writer.number(static_cast<int64_t>(exported.number)).number(static_cast<int64_t>(exported.log));
    writer.number(static_cast<int64_t>(exported.table_number)).number(static_cast<int64_t>(exported.files.size()));
    for (const auto& line : exported.files) writer.text(line);
    const aws::dynamodb::DescribeExportOutput described{.ExportDescription = exported.description};
    writer.text(json::serialize(contracts::to_json(export_shape(), &described)));
    tx.put(export_key(scope, exported.table_name, exported.id), writer.take());
}

Task<std::vector<Export>> list_exports(store::Transaction& tx, Scope scope, std::string table_name,
                                       std::pair<std::string, std::string> after, size_t limit) {
    Key prefix = base(scope) << "export";
    if (!table_name.empty()) prefix << table_name;
    const auto range =
        range_behind(prefix, after.second.empty() ? "" : export_key(scope, after.first, after.second).bytes());
    std::vector<Export> exports;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) exports.push_back(read_export(entry.value));
    co_return exports;
}

Task<std::optional<Import>> find_import(store::Transaction& tx, Scope scope, std::string id) {
    const auto record = co_await tx.get(import_key(scope, id));
    if (!record) co_return std::nullopt;
    co_return read_import(*record);
}

void save_import(store::Transaction& tx, const Scope& scope, const Import& imported) {
    store::RecordWriter writer(1);
    writer.text(imported.id).text(imported.table_name);
    write(writer, imported.principal);
    writer.text(imported.object).number(imported.records).boolean(imported.object_read);
    const aws::dynamodb::DescribeImportOutput described{.ImportTableDescription = imported.description};
    writer.text(json::serialize(contracts::to_json(import_shape(), &described)));
    tx.put(import_key(scope, imported.id), writer.take());
}

Task<std::vector<Import>> list_imports(store::Transaction& tx, Scope scope, std::string after, size_t limit) {
    const auto range = range_behind(base(scope) << "import", after.empty() ? "" : import_key(scope, after).bytes());
    std::vector<Import> imports;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) imports.push_back(read_import(entry.value));
    co_return imports;
}

Task<std::optional<TransferToken>> find_transfer(store::Transaction& tx, Scope scope, std::string kind,
                                                 std::string token, Time now) {
    if (token.empty()) co_return std::nullopt;
    const auto record = co_await tx.get(token_key(scope, kind, token));
    if (!record) co_return std::nullopt;
    store::RecordReader reader(*record);
    TransferToken transfer{.digest = reader.text(), .id = reader.text(), .table_name = reader.text()};
    transfer.until = reader.time();
    if (transfer.until <= now) co_return std::nullopt;
    co_return transfer;
}

void save_transfer(store::Transaction& tx, const Scope& scope, std::string_view kind, std::string_view token,
                   const TransferToken& transfer) {
    store::RecordWriter writer(1);
    writer.text(transfer.digest).text(transfer.id).text(transfer.table_name).time(transfer.until);
    tx.put(token_key(scope, kind, token), writer.take());
}

}  // namespace cumulet::dynamodb
