// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-vector-indexes
#include "services/dynamodb/vectors/definition.h"

namespace cumulet::dynamodb {

namespace {

namespace model = aws::dynamodb;

using Definitions = std::vector<model::AttributeDefinition>;
using Description = model::VectorIndexDescription;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

const model::AttributeDefinition* definition_of(const Definitions& definitions, std::string_view name) {
    const auto found = std::ranges::find(definitions, name, &model::AttributeDefinition::AttributeName);
    return found == definitions.end() ? nullptr : &*found;
}

AttributeType type_of(const model::AttributeDefinition& definition) {
    const auto& type = definition.AttributeType;
    return type == "S" ? AttributeType::S : type == "N" ? AttributeType::N : AttributeType::B;
}

/// Takes the search schema over into `index`.
void add_search_schema(VectorSchema& index, const std::vector<model::SearchSchemaElement>& schema,
                       const Definitions& definitions) {
    for (const auto& [name, kind] : schema) {
        const auto* definition = definition_of(definitions, name);
        if (!definition) invalid("One element in SearchSchema is not defined in attribute definitions");
        // Unverified: the words of the three refusals here.
        if (index.element(name)) invalid(fmt::format("Duplicate attribute in SearchSchema: {}", name));
        const VectorSchema::Element element{.name = name, .type = type_of(*definition)};
        if (kind == "INLINE_FILTER") {
            index.filters.push_back(element);
        } else {
            if (index.hash) invalid("SearchSchema must not have more than one HASH element");
            index.hash = element;
        }
    }
    if (index.filters.size() > max_inline_filters) {
        invalid(fmt::format("SearchSchema must not have more than {} INLINE_FILTER elements", max_inline_filters));
    }
}

/// A vector is no key, and all indexes of one attribute hold vectors of one length.
void check_attribute(const DescribedTable& table, const VectorSchema& index, const Definitions& definitions) {
    if (definition_of(definitions, index.attribute)) {
        invalid(
            fmt::format("Conflicting attribute definition for '{}'. An attribute cannot be defined in "
                        "AttributeDefinitions when used as a VectorAttribute.",
                        index.attribute));
    }
    for (const auto& other : table.vectors) {
        if (other.attribute != index.attribute || other.dimensions == index.dimensions) continue;
        invalid(
            fmt::format("Conflicting attribute definition for '{}'. All VectorIndexes on the same vector attribute "
                        "must use the same dimensions.",
                        index.attribute));
    }
}

/// `Wanted` is a VectorIndex or a CreateVectorIndexAction: they have the same members.
template <typename Wanted>
void add(DescribedTable& table, const Wanted& wanted, const Definitions& definitions) {
    VectorSchema index{.name = wanted.IndexName, .attribute = wanted.VectorAttribute.AttributeName};
    if (wanted.Dimensions < 1 || wanted.Dimensions > max_dimensions) {
        invalid(fmt::format("Number of dimensions must be between 1 and {} inclusive.", max_dimensions));
    }
    index.dimensions = static_cast<size_t>(wanted.Dimensions);
    index.distance = distance_named(wanted.DistanceFunction);
    if (wanted.SearchSchema) add_search_schema(index, *wanted.SearchSchema, definitions);
    check_attribute(table, index, definitions);
    index.projection = projection_kind(wanted.Projection);
    index.non_key = projected_names(wanted.Projection);

    auto& entries = table.description.VectorIndexes;
    if (!entries) entries.emplace();
    entries->push_back({.IndexName = wanted.IndexName,
                        .SearchSchema = wanted.SearchSchema,
                        .Projection = wanted.Projection,
                        .VectorAttribute = wanted.VectorAttribute,
                        .Dimensions = wanted.Dimensions,
                        .DistanceFunction = wanted.DistanceFunction,
                        .IndexStatus = "ACTIVE",
                        .IndexSizeBytes = 0,
                        .ItemCount = 0});
    table.vectors.push_back(std::move(index));
}

/// The role that an attribute has in a key of the table or an index; "" if in none.
std::string_view role_of(const DescribedTable& table, std::string_view attribute) {
    const auto role_in = [&](const KeySchema& key) -> std::string_view {
        return !key.names(attribute) ? "" : key.is_hash(attribute) ? "HASH" : "RANGE";
    };
    auto role = role_in(table.key);
    for (const auto& index : table.indexes) {
        if (role.empty()) role = role_in(index.key);
    }
    return role;
}

/// What is a key's attribute already cannot become a vector.
void check_not_key(const DescribedTable& table, const model::CreateVectorIndexAction& wanted) {
    const auto& name = wanted.VectorAttribute.AttributeName;
    const auto role = role_of(table, name);
    if (role.empty()) return;
    invalid(fmt::format(
        "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
        "Existing schema: Schema:[SchemaElement: key{{{}:{}:{}}}] New schema: VectorIndexSchema:[VectorAttribute: "
        "key{{{}:L:{}}}]",
        name, definition_of(*table.description.AttributeDefinitions, name)->AttributeType, role, name,
        wanted.Dimensions));
}

/// The request's definitions of the search schema's attributes join the table's.
void merge_definitions(DescribedTable& table, const model::CreateVectorIndexAction& wanted, const Definitions& given) {
    if (!wanted.SearchSchema) return;
    auto& definitions = *table.description.AttributeDefinitions;
    for (const auto& [name, kind] : *wanted.SearchSchema) {
        const auto* definition = definition_of(given, name);
        if (!definition) continue;  // refused when the schema is read
        const auto* existing = definition_of(definitions, name);
        if (existing && existing->AttributeType != definition->AttributeType) {
            // Unverified: the words of the new schema.
            invalid(fmt::format(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously "
                "defined. Existing schema: Schema:[SchemaElement: key{{{}:{}:{}}}] New schema: "
                "VectorIndexSchema:[SchemaElement: key{{{}:{}:{}}}]",
                name, existing->AttributeType, role_of(table, name), name, definition->AttributeType, kind));
        }
        if (!existing) definitions.push_back(*definition);
    }
    std::ranges::sort(definitions, {}, &model::AttributeDefinition::AttributeName);
}

}  // namespace

void add_vector_indexes(DescribedTable& table, const model::CreateTableInput& request) {
    if (!request.VectorIndexes) return;
    // Unverified: the words.
    if (request.VectorIndexes->empty()) invalid("List of VectorIndexes is empty");
    if (request.BillingMode != "PAY_PER_REQUEST") {
        invalid("Vector indexes are only supported for PAY_PER_REQUEST tables");
    }
    if (request.VectorIndexes->size() > max_vector_indexes) {
        invalid(fmt::format("VectorIndex count exceeds the per-table limit of {}", max_vector_indexes));
    }
    for (const auto& wanted : *request.VectorIndexes) add(table, wanted, *table.description.AttributeDefinitions);
}

void begin_vector_index(DescribedTable& table, const model::CreateVectorIndexAction& wanted,
                        const std::optional<Definitions>& given) {
    const auto has_name = [&](const auto& index) { return index.name == wanted.IndexName; };
    if (std::ranges::any_of(table.indexes, has_name) || std::ranges::any_of(table.vectors, has_name)) {
        throw aws::validation_error("Attempting to create an index which already exists");
    }
    const auto& billing = table.description.BillingModeSummary;
    if (!billing || billing->BillingMode != "PAY_PER_REQUEST") {
        invalid("Vector indexes are only supported for PAY_PER_REQUEST tables");
    }
    if (table.vectors.size() >= max_vector_indexes) {
        throw model::LimitExceededException(
            fmt::format("Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table limit of {}",
                        max_vector_indexes));
    }
    const auto definitions = given.value_or(Definitions());
    check_not_key(table, wanted);
    merge_definitions(table, wanted, definitions);
    add(table, wanted, definitions);
    table.vectors.back().readable = false;
    auto& described = table.description.VectorIndexes->back();
    described.IndexStatus = "CREATING";
    described.Backfilling = true;
}

void check_each_vector_change(const std::vector<model::VectorIndexUpdate>& changes) {
    // Unverified: the words, which are those for global indexes.
    if (changes.empty()) invalid("List of VectorIndexUpdates is empty");
    for (const auto& change : changes) {
        if (change.Create && change.Delete) {
            invalid("Only one vector index action is allowed per VectorIndexUpdate object");
        }
        if (!change.Create && !change.Delete) {
            invalid("One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null");
        }
    }
}

}  // namespace cumulet::dynamodb
