#include "services/dynamodb/transfer/items.h"

#include "base/bytes.h"
#include "services/dynamodb/transfer/ion.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_record_bytes = 4 << 20;  // several times the largest item, in any notation
constexpr size_t most_fields = 4096;

std::string micros_of(Time time) { return std::to_string(time.time_since_epoch().count()); }

void append_json_change(std::string& out, const ExportedChange& change) {
    out += fmt::format(R"({{"Metadata":{{"WriteTimestampMicros":{{"N":"{}"}}}},"Keys":{})", micros_of(change.written),
                       change.key.json());
    if (change.before) out += R"(,"OldImage":)" + change.before->json();
    if (change.after) out += R"(,"NewImage":)" + change.after->json();
    out += "}\n";
}

void append_ion_change(std::string& out, const ExportedChange& change) {
    out += fmt::format("$ion_1_0 {{Record:{{Metadata:{{WriteTimestampMicros:{}.}},Keys:", micros_of(change.written));
    append_ion(out, change.key.view());
    const auto image = [&](std::string_view name, const std::optional<AttributeMap>& item) {
        if (!item) return;
        out += name;
        append_ion(out, item->view());
    };
    image(",OldImage:", change.before);
    image(",NewImage:", change.after);
    out += "}}\n";
}

ImportedItem bad(std::string error, bool hopeless = false) { return {.error = std::move(error), .hopeless = hopeless}; }

/// A value of a CSV file: a string, except for keys.
AttributeValue csv_value(const std::string& field, AttributeType type) {
    if (type == AttributeType::S) return AttributeValue::S(field);
    if (type == AttributeType::N) return AttributeValue::N(contracts::Decimal::parse(field));
    auto bytes = from_base64(field);
    if (!bytes) throw aws::validation_error("a binary value is no Base64");
    return AttributeValue::B(*bytes);
}

}  // namespace

void append_exported(std::string& out, std::string_view format, const AttributeMap& item) {
    if (format == "ION") {
        out += "$ion_1_0 {Item:";
        append_ion(out, item.view());
    } else {
        out += "{\"Item\":" + item.json();
    }
    out += "}\n";
}

void append_exported(std::string& out, std::string_view format, const ExportedChange& change) {
    if (format == "ION")
        append_ion_change(out, change);
    else
        append_json_change(out, change);
}

std::optional<ImportedItem> ItemReader::next(bool complete) {
    while (auto record = next_record(complete)) {
        if (options_.format == "CSV" && options_.header.empty()) {
            options_.header = fields_of(*record);
            continue;
        }
        return read(*record);
    }
    return std::nullopt;
}

/// The next lines that belong together, without the last line's end. Empty lines are skipped.
std::optional<std::string> ItemReader::next_record(bool complete) {
    while (true) {
        const auto end = text_.find('\n', read_);
        if (end == std::string::npos && (!complete || read_ == text_.size())) {
            text_.erase(0, std::exchange(read_, 0));
            if (!complete || pending_.empty()) return std::nullopt;
            return std::exchange(pending_, "");
        }
        const auto stop = std::min(end, text_.size());
        std::string_view line(text_.data() + read_, stop - read_);
        read_ = std::min(stop + 1, text_.size());
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (pending_.empty() && line.find_first_not_of(" \t") == std::string_view::npos) continue;
        if (!pending_.empty()) pending_ += '\n';
        pending_ += line;
        if (is_whole(pending_) || pending_.size() > most_record_bytes) return std::exchange(pending_, "");
    }
}

bool ItemReader::is_whole(const std::string& record) const {
    if (options_.format == "CSV") return std::ranges::count(record, '"') % 2 == 0;
    if (options_.format != "ION") return true;
    try {
        std::string_view rest(record);
        return read_ion(rest).has_value();
    } catch (const BadIon&) {
        return false;
    }
}

ImportedItem ItemReader::read(const std::string& record) {
    if (record.size() > most_record_bytes) return bad("an item is too long", true);
    if (options_.format == "CSV") return read_csv(record);
    return options_.format == "ION" ? read_ion_record(record) : read_json(record);
}

ImportedItem ItemReader::read_json(const std::string& record) {
    const auto parsed = parse_json(record);
    if (!parsed) return bad(parsed.error(), true);
    const auto* item = parsed->is_object() ? parsed->as_object().if_contains("Item") : nullptr;
    if (!item) return bad("a line holds no \"Item\"");
    try {
        return {.item = AttributeMap::from_json(json::serialize(*item))};
    } catch (const aws::Error& error) {
        return bad(error.message);
    }
}

ImportedItem ItemReader::read_ion_record(const std::string& record) {
    try {
        std::string_view rest(record);
        const auto value = read_ion(rest);
        const auto item = value && value->view().is(AttributeType::M) ? value->view().find("Item") : AttributeView();
        if (!item.is(AttributeType::M)) return bad("a struct holds no \"Item\"");
        return {.item = AttributeMap(item)};
    } catch (const BadIon& error) {
        return bad(error.what(), true);
    }
}

ImportedItem ItemReader::read_csv(const std::string& record) {
    const auto fields = fields_of(record);
    if (fields.size() > options_.header.size()) return bad("a line has more values than the header has names");
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    try {
        for (size_t at = 0; at < fields.size(); ++at) {
            const auto& name = options_.header[at];
            const auto key = options_.key_types.find(name);
            // Unverified: a value that is empty makes an empty string, and no value where a key cannot be empty.
            if (fields[at].empty() && key != options_.key_types.end()) continue;
            writer.key(name);
            writer.value(
                csv_value(fields[at], key == options_.key_types.end() ? AttributeType::S : key->second).view());
        }
    } catch (const aws::Error& error) {
        return bad(error.message);
    }
    writer.end();
    return {.item = AttributeMap::from_bytes(std::move(bytes))};
}

std::vector<std::string> ItemReader::fields_of(const std::string& record) const {
    std::vector<std::string> fields{""};
    bool quoted = false;
    for (size_t at = 0; at < record.size(); ++at) {
        const char c = record[at];
        if (c == '"') {
            const bool doubled = quoted && at + 1 < record.size() && record[at + 1] == '"';
            if (doubled)
                fields.back().push_back(record[++at]);
            else
                quoted = !quoted;
        } else if (c == options_.delimiter && !quoted && fields.size() < most_fields) {
            fields.emplace_back();
        } else {
            fields.back().push_back(c);
        }
    }
    return fields;
}

}  // namespace cumulet::dynamodb
