#include "services/dynamodb/streams/settings.h"

namespace cumulet::dynamodb {

void check_stream(StreamOf whose, const std::optional<aws::dynamodb::StreamSpecification>& wanted) {
    if (!wanted || wanted->StreamEnabled == wanted->StreamViewType.has_value()) return;
    const bool enabled = wanted->StreamEnabled;
    std::string_view reason;  // AWS calls the member by another name
    if (whose == StreamOf::new_table) {
        reason = enabled ? "Table is being created with a stream enabled, UpdateViewType is required"
                         : "Table is being created with a stream disabled, UpdateViewType should not be specified";
    } else {
        reason = enabled ? "If stream is being enabled then UpdateViewType is required"
                         : "If stream is being disabled, then UpdateViewType must not be specified";
    }
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", reason));
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
