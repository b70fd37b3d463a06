#include "services/lambda/layer.h"

#include <charconv>

#include "contracts/reflect.h"
#include "services/lambda/fault.h"
#include "services/lambda/package.h"

namespace cumulet::lambda {
namespace {

const contracts::Shape& layer_shape() {
    static const contracts::Shape& shape = *aws::lambda::service.find("GetLayerVersion")->output;
    return shape;
}

bool names(const std::optional<std::vector<std::string>>& list, const std::optional<std::string>& wanted) {
    return !wanted || !list || list->empty() || std::ranges::find(*list, *wanted) != list->end();
}

}  // namespace

std::string LayerName::layer_arn() const { return fmt::format("arn:aws:lambda:{}:{}:layer:{}", region, account, name); }

std::string LayerName::version_arn() const { return fmt::format("{}:{}", layer_arn(), version); }

LayerName parse_layer_name(const Call& call, std::string_view text) {
    LayerName found{.account = call.account, .region = call.region, .name = std::string(text)};
    if (!text.starts_with("arn:")) return found;
    constexpr std::string_view marker = "layer:";
    const auto arn = Arn::parse(text);
    if (!arn || arn->service != "lambda" || !arn->resource.starts_with(marker)) {
        throw invalid("Invalid layer ARN: " + std::string(text));
    }
    found.account = arn->account;
    found.region = arn->region;
    found.name = arn->resource.substr(marker.size());
    if (const auto colon = found.name.find(':'); colon != found.name.npos) {
        const auto number = std::string_view(found.name).substr(colon + 1);
        std::from_chars(number.data(), number.data() + number.size(), found.version);
        found.name.resize(colon);
    }
    return found;
}

std::string LayerVersion::text() const {
    return json::serialize(json::object{{"shown", contracts::to_json(layer_shape(), &shown)},
                                        {"blob", blob},
                                        {"unzipped", unzipped_bytes},
                                        {"secret", secret},
                                        {"policy", policy},
                                        {"deleted", deleted}});
}

LayerVersion LayerVersion::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    LayerVersion layer{.shown = {},
                       .blob = std::string(string_or(record, "blob")),
                       .unzipped_bytes = record.at("unzipped").as_int64(),
                       .secret = std::string(string_or(record, "secret")),
                       .policy = std::string(string_or(record, "policy")),
                       .deleted = record.at("deleted").as_bool()};
    contracts::from_json(layer_shape(), &layer.shown, record.at("shown"));
    return layer;
}

bool LayerVersion::suits(const std::optional<std::string>& runtime,
                         const std::optional<std::string>& architecture) const {
    return names(shown.CompatibleRuntimes, runtime) && names(shown.CompatibleArchitectures, architecture);
}

aws::lambda::LayerVersionsListItem LayerVersion::listed() const {
    return {.LayerVersionArn = shown.LayerVersionArn,
            .Version = shown.Version,
            .Description = shown.Description,
            .CreatedDate = shown.CreatedDate,
            .CompatibleArchitectures = shown.CompatibleArchitectures,
            .CompatibleRuntimes = shown.CompatibleRuntimes,
            .LicenseInfo = shown.LicenseInfo};
}

void check_layers(const Call& call, const std::vector<LayerName>& layers) {
    if (layers.size() > most_layers) throw invalid("Cannot reference more than 5 layers.");
    for (auto layer = layers.begin(); layer != layers.end(); ++layer) {
        if (layer->region != call.region) {
            throw invalid(fmt::format(
                "Layers are not in the same region as the function. Layers are expected to be in region {}.",
                call.region));
        }
        const auto same = [&](const LayerName& other) { return other.layer_arn() == layer->layer_arn(); };
        if (const auto other = std::find_if(layers.begin(), layer, same); other != layer) {
            throw invalid(fmt::format(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {} "
                "and {} are versions of the same layer.",
                other->version_arn(), layer->version_arn()));
        }
    }
}

void check_combined_size(int64_t unzipped_bytes) {
    if (unzipped_bytes <= most_unzipped_bytes) return;
    throw invalid(
        fmt::format("Function code combined with layers exceeds the maximum allowed size of {} bytes. The "
                    "actual size is {} bytes.",
                    most_unzipped_bytes, unzipped_bytes));
}

}  // namespace cumulet::lambda
