// SearchVectors: the items of a vector index that are nearest to a vector.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SearchVectors.html
#include <cstring>

#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/vectors/nearest.h"
#include "services/dynamodb/vectors/rows.h"
#include "services/dynamodb/vectors/search_condition.h"
#include "store/paging.h"

namespace cumulet::dynamodb {

namespace {

constexpr int32_t most_nearest = 100;
constexpr store::ScanOptions page{.limit = 1000, .max_bytes = 1 << 20};
constexpr size_t max_answer_bytes = 16 << 20;

std::vector<float> search_vector(const std::vector<AttributeValue>& given) {
    std::vector<float> vector;
    for (const auto& number : given) {
        // What is no number at all says so itself.
        number.check();
        const auto value = number.view().is(AttributeType::N) ? float_of(number.view()) : std::nullopt;
        if (!value) {
            throw aws::validation_error(
                "Search vector contains invalid values. All values in the search vector must be a 32-bit "
                "floating-point number attribute");
        }
        vector.push_back(*value);
    }
    return vector;
}

void check_dimensions(const std::vector<float>& vector, const VectorSchema& index) {
    if (vector.size() == index.dimensions) return;
    throw aws::validation_error(fmt::format("Input search vector dimension {} does not match vector index dimension {}",
                                            vector.size(), index.dimensions));
}

/// What a search looks for. Pointers are to what outlives it.
struct Search {
    const VectorSchema* index;
    const Condition* condition;
    const Scorer* scorer;
    size_t limit;
};

/// The rows of a range that were looked at.
struct Looked {
    Nearest nearest;
    size_t metered_bytes = 0;
};

void look_at(Looked& looked, const Search& search, const std::vector<store::Entry>& rows) {
    for (const auto& stored : rows) {
        const VectorRow row(*search.index, stored.value);
        looked.metered_bytes += metered_bytes(*search.index, row.rest);
        if (search.condition && !holds(*search.condition, row.rest)) continue;
        const double score = search.scorer->score(row.vector);
        if (looked.nearest.wants(score)) looked.nearest.add(score, stored.value);
    }
}

/// Page by page, each in a transaction of its own: nobody who writes meanwhile is in the way, or held up.
Task<Looked> look_through(store::Store& store, store::Range range, Search search) {
    Looked looked{.nearest = Nearest(*search.scorer, search.limit)};
    while (true) {
        const auto rows = co_await store.transact([&](store::Transaction& tx) { return tx.scan(range, page); });
        look_at(looked, search, rows);
        if (!store::cut_short(rows, page)) co_return looked;
        range = store::rest_after(std::move(range), rows.back().key, page.order);
        co_await Reactor::current().yield();
    }
}

/// The item that a row answers with: without the vector, unless it is asked for and the index projects it.
AttributeMap item_of(const VectorSchema& index, std::string_view row_bytes,
                     const std::optional<std::vector<Path>>& projection) {
    const VectorRow row(index, row_bytes);
    if (!projection) return AttributeMap(row.rest);
    const bool asked =
        std::ranges::any_of(*projection, [&](const Path& path) { return path[0].name == index.attribute; });
    if (!asked || !index.projects_vector()) return project(*projection, row.rest);
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    for (const auto& member : row.rest.members()) {
        writer.key(member.name);
        writer.value(member.value);
    }
    writer.key(index.attribute);
    writer.begin(AttributeType::L);
    for (size_t at = 0; at < index.dimensions; ++at) {
        float number;
        std::memcpy(&number, row.vector.data() + at * sizeof number, sizeof number);
        writer.number(Decimal::parse(fmt::format("{}", number)));
    }
    writer.end();
    writer.end();
    return project(*projection, AttributeView(bytes));
}

}  // namespace

Task<SearchVectorsOutput> Service::search_vectors(Call& call, SearchVectorsInput request) {
    const Parameter conditioned{"SearchConditionExpression", request.SearchConditionExpression.has_value()};
    const Parameter projected{"ProjectionExpression", request.ProjectionExpression.has_value()};
    if (request.TopK > most_nearest) {
        throw aws::validation_error(
            fmt::format("Provided TopK value '{}' is out of valid range. The value must be between 1 and {} inclusive",
                        request.TopK, most_nearest));
    }
    check_placeholder_use(request, {conditioned}, {projected});
    auto placeholders = placeholders_of(request);
    const auto condition = condition_of(conditioned.name, request.SearchConditionExpression, placeholders);
    const auto projection = projection_of(request.ProjectionExpression, placeholders);
    placeholders.check_all_used();
    const auto vector = search_vector(request.SearchVector);
    const Scope scope(call);
    const auto name = table_name(request.TableName);

    const auto index = co_await store_.transact([&](store::Transaction& tx) -> Task<VectorSchema> {
        co_return (co_await load_table(tx, scope, name)).vector_index(request.IndexName);
    });
    check_dimensions(vector, index);
    const auto partition = searched_partition(pointer(condition), index);
    const Scorer scorer(index.distance, vector);
    auto looked = co_await look_through(store_, vector_range(scope, index, partition),
                                        {.index = &index,
                                         .condition = pointer(condition),
                                         .scorer = &scorer,
                                         .limit = static_cast<size_t>(request.TopK)});

    SearchVectorsOutput output{.SearchResults = std::vector<SearchResultItem>()};
    size_t answer_bytes = 0;
    for (const auto& near : std::move(looked.nearest).take()) {
        auto item = item_of(index, near.entry, projection);
        answer_bytes += item.size_bytes();
        if (answer_bytes > max_answer_bytes) {
            // Unverified: what AWS says of an answer that is too large.
            throw aws::validation_error("The response of SearchVectors exceeds the limit of 16 MB");
        }
        output.SearchResults->push_back({.Item = std::move(item), .Score = near.score});
    }
    if (wants_capacity(request.ReturnConsumedCapacity)) {
        const auto bytes = std::max(looked.metered_bytes, least_metered_bytes);
        output.ConsumedCapacity = {.VectorSearchRequestBytes = static_cast<double>(bytes)};
    }
    co_return output;
}

}  // namespace cumulet::dynamodb
