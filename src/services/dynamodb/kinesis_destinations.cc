// Kinesis streams that a table's changes are to go to: kept and described, and not written to.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DisableKinesisStreamingDestination.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateKinesisStreamingDestination.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeKinesisStreamingDestination.html
#include "base/bytes.h"
#include "services/dynamodb/beside.h"
#include "services/dynamodb/service.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_destinations = 100;
constexpr std::string_view usual_precision = "MILLISECOND";

struct Destination {
    bool active = true;
    std::string precision;  ///< "" where none was asked for: MILLISECOND

    static Destination read(std::string_view value) {
        store::RecordReader reader(value);
        const bool active = reader.boolean();
        return {.active = active, .precision = reader.text()};
    }
    std::string bytes() const { return store::RecordWriter(1).boolean(active).text(precision).take(); }
};

Task<std::optional<Destination>> find_destination(store::Transaction& tx, Scope scope, std::string table,
                                                  std::string stream) {
    const auto found = co_await find_beside(tx, std::move(scope), kinesis_kind, std::move(table), std::move(stream));
    if (!found) co_return std::nullopt;
    co_return Destination::read(found->value);
}

/// `operation`: "Enable"; `states`: those in which it may be called.
[[noreturn]] void refuse_state(std::string_view operation, std::string_view verb, std::string_view states) {
    throw aws::validation_error(
        fmt::format("Table is not in a valid state to {0} Kinesis Streaming Destination:{1}KinesisStreamingDestination "
                    "must be {2} to perform {3} operation.",
                    to_lower(operation), operation, states, verb));
}

}  // namespace

Task<KinesisStreamingDestinationOutput> Service::enable_kinesis_streaming_destination(
    Call& call, KinesisStreamingDestinationInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto& configuration = request.EnableKinesisStreamingConfiguration;
    const auto precision = configuration ? configuration->ApproximateCreationDateTimePrecision : std::nullopt;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_named_schema(tx, scope, name);
        // A table sends to one stream at a time.
        for (const auto& each : co_await list_beside(tx, scope, kinesis_kind, name, "", most_destinations)) {
            if (Destination::read(each.value).active) refuse_state("Enable", "ENABLE", "DISABLED or ENABLE_FAILED");
        }
        const Destination made{.precision = precision.value_or("")};
        put_beside(tx, scope, kinesis_kind, {.table = name, .name = request.StreamArn, .value = made.bytes()});
    });
    co_return KinesisStreamingDestinationOutput{.TableName = name,
                                                .StreamArn = request.StreamArn,
                                                .DestinationStatus = "ENABLING",
                                                .EnableKinesisStreamingConfiguration = configuration};
}

Task<KinesisStreamingDestinationOutput> Service::disable_kinesis_streaming_destination(
    Call& call, KinesisStreamingDestinationInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_named_schema(tx, scope, name);
        auto known = co_await find_destination(tx, scope, name, request.StreamArn);
        if (!known || !known->active) refuse_state("Disable", "DISABLE", "ACTIVE");
        known->active = false;
        put_beside(tx, scope, kinesis_kind, {.table = name, .name = request.StreamArn, .value = known->bytes()});
    });
    co_return KinesisStreamingDestinationOutput{
        .TableName = name, .StreamArn = request.StreamArn, .DestinationStatus = "DISABLING"};
}

Task<UpdateKinesisStreamingDestinationOutput> Service::update_kinesis_streaming_destination(
    Call& call, UpdateKinesisStreamingDestinationInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto& configuration = request.UpdateKinesisStreamingConfiguration;
    if (!configuration || !configuration->ApproximateCreationDateTimePrecision) {
        throw aws::validation_error(
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot "
            "be null or contain only null values");
    }
    const auto& precision = *configuration->ApproximateCreationDateTimePrecision;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto table = co_await load_named_table(tx, scope, name);
        auto known = co_await find_destination(tx, scope, name, request.StreamArn);
        if (!known || !known->active) refuse_state("Update", "UPDATE", "ACTIVE");
        if ((known->precision.empty() ? usual_precision : known->precision) == precision) {
            throw aws::validation_error(fmt::format(
                "Invalid Request: Precision is already set to the desired value of {} for tableId: {}, kcdStreamArn: "
                "{}",
                precision, table.description.TableId.value_or(""), request.StreamArn));
        }
        known->precision = precision;
        put_beside(tx, scope, kinesis_kind, {.table = name, .name = request.StreamArn, .value = known->bytes()});
    });
    co_return UpdateKinesisStreamingDestinationOutput{.TableName = name,
                                                      .StreamArn = request.StreamArn,
                                                      .DestinationStatus = "UPDATING",
                                                      .UpdateKinesisStreamingConfiguration = configuration};
}

Task<DescribeKinesisStreamingDestinationOutput> Service::describe_kinesis_streaming_destination(
    Call& call, DescribeKinesisStreamingDestinationInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Beside>> {
        co_await load_named_schema(tx, scope, name);
        co_return co_await list_beside(tx, scope, kinesis_kind, name, "", most_destinations);
    });
    DescribeKinesisStreamingDestinationOutput output{.TableName = name};
    auto& destinations = output.KinesisDataStreamDestinations.emplace();
    for (const auto& each : found) {
        const auto destination = Destination::read(each.value);
        auto& described = destinations.emplace_back();
        described.StreamArn = each.name;
        described.DestinationStatus = destination.active ? "ACTIVE" : "DISABLED";
        if (!destination.precision.empty()) described.ApproximateCreationDateTimePrecision = destination.precision;
    }
    co_return output;
}

}  // namespace cumulet::dynamodb
