#include "services/dynamodb/backups/arn.h"

namespace cumulet::dynamodb {

BackupArn BackupArn::parse(const Call& call, const std::string& text) {
    const auto arn = Arn::parse(text);
    const auto invalid = [] { return aws::validation_error("Invalid Backup ARN"); };
    if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with("table/")) throw invalid();
    const auto rest = arn->resource.substr(6);
    const auto slash = rest.find("/backup/");
    if (slash == std::string::npos) throw invalid();
    if (arn->account != call.account) throw aws::access_denied("Access is denied");
    return {.text = text,
            .scope = Scope(arn->account, arn->region),
            .table = rest.substr(0, slash),
            .id = rest.substr(slash + 8)};
}

Task<Backup> load_backup(store::Transaction& tx, Scope scope, BackupArn arn) {
    auto backup = co_await find_backup(tx, std::move(scope), arn.table, arn.id);
    if (!backup) throw aws::dynamodb::BackupNotFoundException(fmt::format("Backup not found: {}", arn.text));
    co_return std::move(*backup);
}

}  // namespace cumulet::dynamodb
