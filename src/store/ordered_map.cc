#include "store/ordered_map.h"

#include <bit>
#include <cstring>

namespace cumulet::store {
namespace {

constexpr size_t width = 64;

size_t common_bytes(std::string_view a, std::string_view b) {
    const size_t most = std::min(a.size(), b.size());
    size_t common = 0;
    while (common < most && a[common] == b[common]) ++common;
    return common;
}

/// Eight bytes of `key` from `offset`, such that numbers order as the bytes do; zeros where the key ends.
uint64_t tail_of(std::string_view key, size_t offset) {
    uint64_t tail = 0;
    if (offset >= key.size()) return tail;
    std::memcpy(&tail, key.data() + offset, std::min<size_t>(8, key.size() - offset));
    return std::endian::native == std::endian::little ? __builtin_bswap64(tail) : tail;
}

}  // namespace

/// A key and a value in one piece of memory.
struct OrderedMap::Record {
    uint32_t key_bytes;
    uint32_t value_bytes;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
    std::string_view key() const { return {bytes(), key_bytes}; }
    std::string_view value() const { return {bytes() + key_bytes, value_bytes}; }

    static Record* make(std::string_view key, std::string_view value) {
        auto* record = static_cast<Record*>(::operator new(sizeof(Record) + key.size() + value.size()));
        record->key_bytes = static_cast<uint32_t>(key.size());
        record->value_bytes = static_cast<uint32_t>(value.size());
        std::memcpy(record->bytes(), key.data(), key.size());
        record->set_value(value);
        return record;
    }
    void set_value(std::string_view value) {
        if (!value.empty()) std::memcpy(bytes() + key_bytes, value.data(), value.size());
    }
    static void free(Record* record) { ::operator delete(record); }
};

struct OrderedMap::Node {
    explicit Node(bool leaf) : leaf(leaf) {}

    const bool leaf;
    uint16_t count = 0;
    uint32_t common = 0;    // bytes that all keys begin with
    uint64_t tails[width];  // the bytes behind
    Record* keys[width];    // rows of a leaf; of an inner node, where each child but the first begins

    /// The first index whose key is not before `key`.
    size_t lower_bound(std::string_view key, bool& found) const {
        found = false;
        if (count == 0) return 0;
        const uint64_t tail = tail_of(key, common);
        size_t index = static_cast<size_t>(std::lower_bound(tails, tails + count, tail) - tails);
        // Any key of the node knows the common bytes; this one is wanted next anyway.
        const auto near = keys[std::min<size_t>(index, count - 1u)]->key();
        const int order = std::memcmp(key.data(), near.data(), std::min<size_t>(key.size(), common));
        if (order != 0) return order < 0 ? 0 : count;
        if (key.size() < common) return 0;
        for (; index < count && tails[index] == tail; ++index) {
            const int compared = keys[index]->key().compare(key);
            found = compared == 0;
            if (compared >= 0) break;
        }
        return index;
    }
    /// Learns the common bytes anew.
    void refresh() {
        if (count == 0) return;
        common = static_cast<uint32_t>(common_bytes(keys[0]->key(), keys[count - 1]->key()));
        for (size_t i = 0; i < count; ++i) tails[i] = tail_of(keys[i]->key(), common);
    }
    void add_key(size_t index, Record* record) {
        std::memmove(keys + index + 1, keys + index, (count - index) * sizeof(keys[0]));
        std::memmove(tails + index + 1, tails + index, (count - index) * sizeof(tails[0]));
        keys[index] = record;
        ++count;
        const bool at_an_end = index == 0 || index + 1u == count;
        if (at_an_end && (count == 2 || common_bytes(keys[0]->key(), keys[count - 1]->key()) < common)) {
            refresh();
        } else if (count == 1) {
            refresh();
        } else {
            tails[index] = tail_of(record->key(), common);
        }
    }
    void drop_key(size_t index) {
        --count;
        std::memmove(keys + index, keys + index + 1, (count - index) * sizeof(keys[0]));
        std::memmove(tails + index, tails + index + 1, (count - index) * sizeof(tails[0]));
    }
};

struct OrderedMap::Leaf : Node {
    Leaf() : Node(true) {}
    Leaf* previous = nullptr;
    Leaf* next = nullptr;

    void link_after(Leaf* leaf) {
        previous = leaf;
        next = leaf->next;
        leaf->next = this;
        if (next) next->previous = this;
    }
    void unlink() {
        if (previous) previous->next = next;
        if (next) next->previous = previous;
    }
};

struct OrderedMap::Inner : Node {
    Inner() : Node(false) {}
    Node* children[width];

    size_t child_for(std::string_view key) const {
        bool found;
        const size_t index = lower_bound(key, found);
        return found ? index : index == 0 ? 0 : index - 1;
    }
    void add_child(size_t index, Record* begin, Node* child) {
        std::memmove(children + index + 1, children + index, (count - index) * sizeof(children[0]));
        children[index] = child;
        add_key(index, begin);
    }
    void begin_at(size_t index, std::string_view key) {
        Record::free(std::exchange(keys[index], Record::make(key, {})));
        refresh();
    }
    void drop_child(size_t index) {
        Record::free(keys[index]);
        std::memmove(children + index, children + index + 1, (count - index - 1u) * sizeof(children[0]));
        drop_key(index);
    }
};

OrderedMap::Place OrderedMap::locate(std::string_view key) const {
    Node* node = root_;
    if (!node) return {nullptr, 0, false};
    while (!node->leaf) {
        auto* inner = static_cast<Inner*>(node);
        node = inner->children[inner->child_for(key)];
    }
    bool found;
    const size_t index = node->lower_bound(key, found);
    return {static_cast<Leaf*>(node), index, found};
}

std::optional<std::string_view> OrderedMap::find(std::string_view key) const {
    const auto place = locate(key);
    if (!place.found) return std::nullopt;
    return place.leaf->keys[place.index]->value();
}

void OrderedMap::put(std::string_view key, std::string_view value) {
    const auto place = locate(key);
    if (place.found) {
        auto*& record = place.leaf->keys[place.index];
        bytes_ += value.size() - record->value_bytes;
        if (record->value_bytes == value.size()) {
            record->set_value(value);
        } else {
            Record::free(std::exchange(record, Record::make(key, value)));
        }
        return;
    }
    ++size_;
    bytes_ += key.size() + value.size();
    if (place.leaf && place.leaf->count < width) {
        place.leaf->add_key(place.index, Record::make(key, value));
        return;
    }
    if (!root_) root_ = new Leaf;
    Node* right = insert(root_, key, value);
    if (!right) return;
    auto* above = new Inner;
    above->add_child(0, Record::make(root_->keys[0]->key(), {}), root_);
    above->add_child(1, Record::make(right->keys[0]->key(), {}), right);
    root_ = above;
}

/// Inserts below `node`. Where it must be split, the new node to its right is returned.
OrderedMap::Node* OrderedMap::insert(Node* node, std::string_view key, std::string_view value) {
    size_t index;
    Record* record;
    Node* child = nullptr;
    if (node->leaf) {
        bool found;
        index = node->lower_bound(key, found);
        record = Record::make(key, value);
    } else {
        auto* inner = static_cast<Inner*>(node);
        index = inner->child_for(key);
        child = insert(inner->children[index], key, value);
        if (!child) return nullptr;
        record = Record::make(child->keys[0]->key(), {});
        // The first child takes what comes before its own beginning, too.
        if (record->key() <= inner->keys[index]->key()) inner->begin_at(index, inner->children[index]->keys[0]->key());
        ++index;
    }
    const auto add = [&](Node* to, size_t at) {
        if (to->leaf) {
            to->add_key(at, record);
        } else {
            static_cast<Inner*>(to)->add_child(at, record, child);
        }
    };
    if (node->count < width) {
        add(node, index);
        return nullptr;
    }
    // What grows at its end is split at its end, so that nodes stay full.
    const size_t kept = index == width ? width : width / 2;
    Node* right = node->leaf ? static_cast<Node*>(new Leaf) : new Inner;
    right->count = static_cast<uint16_t>(width - kept);
    std::memcpy(right->keys, node->keys + kept, right->count * sizeof(node->keys[0]));
    node->count = static_cast<uint16_t>(kept);
    if (node->leaf) {
        static_cast<Leaf*>(right)->link_after(static_cast<Leaf*>(node));
    } else {
        std::memcpy(static_cast<Inner*>(right)->children, static_cast<Inner*>(node)->children + kept,
                    right->count * sizeof(Node*));
    }
    node->refresh();
    right->refresh();
    if (index < kept || (index == kept && kept < width)) {
        add(node, index);
    } else {
        add(right, index - kept);
    }
    return right;
}

void OrderedMap::erase(std::string_view key) {
    if (!root_ || !locate(key).found) return;
    if (remove(root_, key)) {
        free_tree(std::exchange(root_, nullptr));
        return;
    }
    while (!root_->leaf && root_->count == 1) {
        auto* inner = static_cast<Inner*>(root_);
        root_ = inner->children[0];
        Record::free(inner->keys[0]);
        delete inner;
    }
}

/// Removes a key that is there. True if the node is empty now.
bool OrderedMap::remove(Node* node, std::string_view key) {
    if (node->leaf) {
        bool found;
        const size_t index = node->lower_bound(key, found);
        Record* record = node->keys[index];
        --size_;
        bytes_ -= record->key_bytes + record->value_bytes;
        node->drop_key(index);
        Record::free(record);
        return node->count == 0;
    }
    auto* inner = static_cast<Inner*>(node);
    const size_t index = inner->child_for(key);
    Node* child = inner->children[index];
    if (remove(child, key)) {
        if (child->leaf) static_cast<Leaf*>(child)->unlink();
        inner->drop_child(index);
        free_tree(child);
    } else if (child->count < width / 4) {
        merge_small(inner, index);
    }
    return inner->count == 0;
}

/// Joins a child with its right neighbour where both fit well into one.
void OrderedMap::merge_small(Inner* parent, size_t index) {
    if (index + 1u >= parent->count) return;
    Node* left = parent->children[index];
    Node* right = parent->children[index + 1];
    if (left->count + right->count > width * 3 / 4) return;
    if (!right->leaf) static_cast<Inner*>(right)->begin_at(0, parent->keys[index + 1]->key());
    std::memcpy(left->keys + left->count, right->keys, right->count * sizeof(left->keys[0]));
    if (left->leaf) {
        static_cast<Leaf*>(right)->unlink();
    } else {
        std::memcpy(static_cast<Inner*>(left)->children + left->count, static_cast<Inner*>(right)->children,
                    right->count * sizeof(Node*));
    }
    left->count = static_cast<uint16_t>(left->count + right->count);
    right->count = 0;
    left->refresh();
    parent->drop_child(index + 1);
    free_tree(right);
}

void OrderedMap::erase_range(const Range& range) {
    constexpr size_t at_once = 1024;
    std::vector<std::string> keys;
    while (true) {
        keys.clear();
        auto [leaf, index, found] = locate(range.begin);
        for (; leaf && keys.size() < at_once; leaf = leaf->next, index = 0) {
            for (; index < leaf->count && range.contains(leaf->keys[index]->key()); ++index) {
                keys.emplace_back(leaf->keys[index]->key());
            }
            if (index < leaf->count) break;
        }
        for (const auto& key : keys) erase(key);
        if (keys.size() < at_once) return;
    }
}

std::string OrderedMap::erase_last(size_t bytes) {
    std::string last;
    while (bytes_ > bytes) {
        Node* node = root_;
        while (!node->leaf) node = static_cast<Inner*>(node)->children[node->count - 1];
        last.assign(node->keys[node->count - 1]->key());
        erase(last);
    }
    return last;
}

void OrderedMap::apply(const WriteSet& writes) {
    for (const auto& range : writes.erased_ranges()) erase_range(range);
    for (const auto& [key, value] : writes.writes()) {
        if (value) {
            put(key, *value);
        } else {
            erase(key);
        }
    }
}

void OrderedMap::scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) const {
    size_t bytes = 0;
    const auto take = [&](const Record& record) {
        rows.push_back({std::string(record.key()), std::string(record.value())});
        bytes += record.key_bytes + record.value_bytes;
        return rows.size() < options.limit && bytes <= options.max_bytes;
    };
    if (options.order == Order::ascending) {
        auto [leaf, index, found] = locate(range.begin);
        for (; leaf; leaf = leaf->next, index = 0) {
            for (; index < leaf->count; ++index) {
                if (!range.contains(leaf->keys[index]->key()) || !take(*leaf->keys[index])) return;
            }
        }
        return;
    }
    // An end that no key reaches stands for none.
    static const std::string after_all(WriteSet::max_key_bytes + 1, '\xff');
    auto [leaf, index, found] = locate(range.end.empty() ? after_all : range.end);
    for (; leaf; leaf = leaf->previous, index = leaf ? leaf->count : 0) {
        for (; index > 0; --index) {
            if (leaf->keys[index - 1]->key() < range.begin || !take(*leaf->keys[index - 1])) return;
        }
    }
}

size_t OrderedMap::count(const Range& range) const {
    size_t rows = 0;
    auto [leaf, index, found] = locate(range.begin);
    for (; leaf; leaf = leaf->next, index = 0) {
        if (index == leaf->count) continue;
        if (range.contains(leaf->keys[leaf->count - 1]->key())) {
            rows += leaf->count - index;
            continue;
        }
        for (; index < leaf->count && range.contains(leaf->keys[index]->key()); ++index) ++rows;
        break;
    }
    return rows;
}

void OrderedMap::clear() {
    if (root_) free_tree(root_);
    root_ = nullptr;
    size_ = bytes_ = 0;
}

void OrderedMap::free_tree(Node* node) {
    for (size_t i = 0; i < node->count; ++i) Record::free(node->keys[i]);
    if (node->leaf) {
        delete static_cast<Leaf*>(node);
        return;
    }
    auto* inner = static_cast<Inner*>(node);
    for (size_t i = 0; i < inner->count; ++i) free_tree(inner->children[i]);
    delete inner;
}

void OrderedMap::swap(OrderedMap& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
}

}  // namespace cumulet::store
