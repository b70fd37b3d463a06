// ImportTable, DescribeImport and ListImports.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ImportTable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeImport.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListImports.html
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/transfer/arn.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_imports_listed = 25;

CreateTableInput table_request(const TableCreationParameters& wanted) {
    CreateTableInput request{.AttributeDefinitions = wanted.AttributeDefinitions,
                             .TableName = wanted.TableName,
                             .KeySchema = wanted.KeySchema,
                             .GlobalSecondaryIndexes = wanted.GlobalSecondaryIndexes,
                             .BillingMode = wanted.BillingMode,
                             .ProvisionedThroughput = wanted.ProvisionedThroughput,
                             .SSESpecification = wanted.SSESpecification,
                             .OnDemandThroughput = wanted.OnDemandThroughput};
    request.VectorIndexes = wanted.VectorIndexes;
    return request;
}

ImportTableDescription describe(Call& call, const ImportTableInput& request, const DescribedTable& table,
                                const std::string& id) {
    auto source = request.S3BucketSource;
    if (!source.S3BucketOwner) source.S3BucketOwner = call.account;
    return {.ImportArn = call.arn("dynamodb", fmt::format("table/{}/import/{}", table.name, id)),
            .ImportStatus = "IN_PROGRESS",
            .TableArn = table.description.TableArn,
            .TableId = table.description.TableId,
            .ClientToken = request.ClientToken.value_or(call.random().uuid()),
            .S3BucketSource = std::move(source),
            .ErrorCount = 0,
            .CloudWatchLogGroupArn = call.arn("logs", "log-group:/aws-dynamodb/imports:*"),
            .InputFormat = request.InputFormat,
            .InputFormatOptions = request.InputFormatOptions,
            .InputCompressionType = request.InputCompressionType.value_or("NONE"),
            .TableCreationParameters = request.TableCreationParameters,
            .StartTime = call.now(),
            .ProcessedSizeBytes = 0,
            .ProcessedItemCount = 0,
            .ImportedItemCount = 0};
}

}  // namespace

Task<ImportTableOutput> Service::import_table(Call& call, ImportTableInput request) {
    if (request.InputFormatOptions && request.InputFormat != "CSV") {
        throw aws::validation_error(  // Unverified: the words
            "One or more parameter values were invalid: InputFormatOptions can only be given for the format CSV");
    }
    const Scope scope(call);
    auto described = table_of(table_request(request.TableCreationParameters), call.region, call.account);
    describe_arns(call, described, call.random().uuid());
    described.creating = true;
    described.description.TableStatus = "CREATING";
    const auto token = request.ClientToken.value_or("");
    const auto digest = digest_of("ImportTable", &request);

    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<ImportTableDescription> {
        begun.reset();
        if (const auto known = co_await find_transfer(tx, scope, "import", token, call.now())) {
            if (known->digest != digest) {
                throw ImportConflictException(
                    "Import conflict: Duplicate request detected with conflicting parameters");
            }
            co_return (co_await find_import(tx, scope, known->id))->description;
        }
        if (co_await find_schema(tx, scope, described.name)) {
            throw ResourceInUseException(fmt::format("Table already exists: {}", described.name));
        }
        DescribedTable table = described;
        co_await save_numbered(tx, scope, table);
        Import imported{.id = new_transfer_id(call), .table_name = table.name, .principal = call.principal};
        imported.description = describe(call, request, table, imported.id);
        save_import(tx, scope, imported);
        begun = worker_.plan(tx, {.kind = "import", .scope = scope, .subject = table.name, .detail = imported.id});
        if (!token.empty()) {
            save_transfer(tx, scope, "import", token,
                          {.digest = digest,
                           .id = imported.id,
                           .table_name = table.name,
                           .until = call.now() + token_counts_for});
        }
        co_return std::move(imported.description);
    });
    if (begun) worker_.begin(std::move(*begun));
    co_return ImportTableOutput{.ImportTableDescription = std::move(description)};
}

Task<DescribeImportOutput> Service::describe_import(Call& call, DescribeImportInput request) {
    const auto arn = TransferArn::parse(call, "import", request.ImportArn);
    auto imported = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Import>> {
        co_return co_await find_import(tx, Scope(call), arn.id);
    });
    if (!imported || arn.region != call.region || arn.table != imported->table_name) {
        throw ImportNotFoundException(fmt::format("Import not found: {}", request.ImportArn));
    }
    co_return DescribeImportOutput{.ImportTableDescription = std::move(imported->description)};
}

Task<ListImportsOutput> Service::list_imports(Call& call, ListImportsInput request) {
    const Scope scope(call);
    const auto limit = static_cast<size_t>(request.PageSize.value_or(most_imports_listed));
    const auto after = request.NextToken ? place_of(*request.NextToken) : std::string();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListImportsOutput> {
        ListImportsOutput output{.ImportSummaryList = std::vector<ImportSummary>()};
        auto imports = co_await dynamodb::list_imports(tx, scope, after, limit + 1);
        if (imports.size() > limit) {
            imports.pop_back();
            output.NextToken = page_token(imports.back().id);
        }
        for (const auto& imported : imports) {
            const auto& description = imported.description;
            if (request.TableArn && description.TableArn != request.TableArn) continue;
            output.ImportSummaryList->push_back({.ImportArn = description.ImportArn,
                                                 .ImportStatus = description.ImportStatus,
                                                 .TableArn = description.TableArn,
                                                 .S3BucketSource = description.S3BucketSource,
                                                 .CloudWatchLogGroupArn = description.CloudWatchLogGroupArn,
                                                 .InputFormat = description.InputFormat,
                                                 .StartTime = description.StartTime,
                                                 .EndTime = description.EndTime});
        }
        co_return output;
    });
}

}  // namespace cumulet::dynamodb
