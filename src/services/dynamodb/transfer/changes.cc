#include "services/dynamodb/transfer/changes.h"

namespace cumulet::dynamodb {

namespace {

AttributeMap entry_of(const ExportedChange& change) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    writer.key("written");
    writer.string(std::to_string(change.written.time_since_epoch().count()));
    const auto add = [&](std::string_view name, const AttributeMap& map) {
        writer.key(name);
        writer.value(map.view());
    };
    add("key", change.key);
    if (change.before) add("before", *change.before);
    if (change.after) add("after", *change.after);
    writer.end();
    return AttributeMap::from_bytes(std::move(bytes));
}

Task<std::optional<ExportedChange>> find_change(store::Transaction& tx, std::string place) {
    const auto entry = co_await load_item(tx, std::move(place));
    if (!entry) co_return std::nullopt;
    co_return change_in(entry->view());
}

/// The items that changed until `as_of`, oldest change first.
Task<void> gather_items(store::Transaction& tx, Copy& gathering, Time from) {
    const auto changes =
        co_await changes_between(tx, gathering.source, gathering.history, from, gathering.as_of, gathering.cursor);
    if (changes.empty()) {
        gathering.stage = CopyStage::history;
        gathering.cursor.clear();
        co_return;
    }
    const Table source{.number = gathering.source_number, .key = gathering.target.key};
    for (const auto& past : changes) {
        const auto place = item_key(gathering.source, gathering.target, past.item.view());
        auto change = co_await find_change(tx, place);
        if (!change) {
            change = ExportedChange{.key = gathering.target.key_of(past.item)};
            if (past.existed) change->before = past.item;
            change->after = co_await load_item(tx, item_key(gathering.source, source, past.item.view()));
        }
        change->written = past.changed;
        tx.put(place, std::string(entry_of(*change).bytes()));
    }
    gathering.cursor = changes.back().key;
}

Task<void> undo_later(store::Transaction& tx, Copy& gathering) {
    // Including the moment `as_of` itself, which is the first that does not belong to the export.
    const auto past =
        co_await past_items(tx, gathering.source, gathering.history, gathering.as_of - Duration(1), gathering.cursor);
    if (past.empty()) {
        gathering.stage = CopyStage::done;
        co_return;
    }
    for (const auto& each : past) {
        const auto place = item_key(gathering.source, gathering.target, each.item.view());
        auto change = co_await find_change(tx, place);
        if (!change) continue;
        change->after.reset();
        if (each.existed) change->after = each.item;
        tx.put(place, std::string(entry_of(*change).bytes()));
    }
    gathering.cursor = past.back().key;
}

}  // namespace

Copy changes_of(Scope scope, const DescribedTable& table, uint64_t number, Time to) {
    Copy gathering{.source = std::move(scope), .source_table = table.name, .source_number = table.number};
    gathering.history = table.recovery->log;
    gathering.as_of = to;
    gathering.target.number = number;
    gathering.target.key = table.key;
    return gathering;
}

Task<Copy> gather_some(store::Transaction& tx, Copy gathering, Time from) {
    if (gathering.stage == CopyStage::items)
        co_await gather_items(tx, gathering, from);
    else
        co_await undo_later(tx, gathering);
    co_return gathering;
}

ExportedChange change_in(AttributeView entry) {
    ExportedChange change{.written = Time(Duration(std::stoll(std::string(entry.find("written").content())))),
                          .key = AttributeMap(entry.find("key"))};
    if (const auto before = entry.find("before")) change.before = AttributeMap(before);
    if (const auto after = entry.find("after")) change.after = AttributeMap(after);
    return change;
}

}  // namespace cumulet::dynamodb
