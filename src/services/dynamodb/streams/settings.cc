#include "services/dynamodb/streams/settings.h"

namespace cumulet::dynamodb {

void check_stream(const std::optional<aws::dynamodb::StreamSpecification>& wanted) {
    if (!wanted || wanted->StreamEnabled == wanted->StreamViewType.has_value()) return;
    // AWS names the member by another name.
    throw aws::validation_error(
        wanted->StreamEnabled
            ? "One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required"
            : "One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must not be "
              "specified");
}

Task<void> update_stream(store::Transaction& tx, Scope scope, DescribedTable& table,
                         aws::dynamodb::StreamSpecification wanted) {
    if (wanted.StreamEnabled && table.stream) {
        throw aws::validation_error(fmt::format("Table already has an enabled stream: TableName: {}", table.name));
    }
    if (!wanted.StreamEnabled && !table.stream) {
        throw aws::validation_error(fmt::format("Table has no stream to disable: TableName: {}", table.name));
    }
    if (!wanted.StreamEnabled && !table.replicas.empty()) {
        // Unverified: the words.
        throw aws::validation_error(
            fmt::format("Disabling the stream is not allowed for a Global Table: TableName: {}", table.name));
    }
    if (wanted.StreamEnabled) {
        co_await open_stream(tx, scope, table, *wanted.StreamViewType);
    } else {
        co_await close_stream(tx, scope, table);
    }
}

}  // namespace cumulet::dynamodb
