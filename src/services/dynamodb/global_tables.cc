// Global tables of version 2017.11.29, which AWS no longer lets anybody begin with.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateGlobalTable.html
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

[[noreturn]] void refuse_unknown(const std::string& name) {
    throw GlobalTableNotFoundException(fmt::format("Global table with name '{}' does not exist.", name));
}

}  // namespace

Task<CreateGlobalTableOutput> Service::create_global_table(Call&, CreateGlobalTableInput) {
    throw aws::validation_error(
        "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version "
        "2019.11.21, instead of version 2017.11.29 (Legacy).");
}

Task<DescribeGlobalTableOutput> Service::describe_global_table(Call&, DescribeGlobalTableInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<DescribeGlobalTableSettingsOutput> Service::describe_global_table_settings(
    Call&, DescribeGlobalTableSettingsInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<UpdateGlobalTableOutput> Service::update_global_table(Call&, UpdateGlobalTableInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<UpdateGlobalTableSettingsOutput> Service::update_global_table_settings(Call&,
                                                                            UpdateGlobalTableSettingsInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<ListGlobalTablesOutput> Service::list_global_tables(Call&, ListGlobalTablesInput) {
    co_return ListGlobalTablesOutput{.GlobalTables = std::vector<GlobalTable>()};
}

}  // namespace cumulet::dynamodb
