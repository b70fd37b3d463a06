#include "contracts/attribute_value.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <stdexcept>

#include "contracts/error.h"

namespace cumulet::contracts {

namespace {

enum Tag : uint8_t {
    tag_string = 1,
    tag_number = 2,
    tag_binary = 3,
    tag_false = 4,
    tag_true = 5,
    tag_null = 6,
    tag_string_set = 7,
    tag_number_set = 8,
    tag_binary_set = 9,
    tag_list = 10,
    tag_map = 11,
};
/// Never stored: the lengths of a refusal's three texts (u32 each), the texts, and the form of what stands in for the
/// value.
constexpr char tag_refused = '\xff';
constexpr size_t refused_header = 13;    // tag, lengths
constexpr size_t collection_header = 9;  // tag, size, count
constexpr std::string_view empty_map{"\x0b\x04\x00\x00\x00\x00\x00\x00\x00", collection_header};

void append_length(std::string& out, size_t length) {
    while (length >= 0x80) {
        out.push_back(static_cast<char>(length | 0x80));
        length >>= 7;
    }
    out.push_back(static_cast<char>(length));
}

/// Reads a length and moves `at` behind it.
size_t read_length(const char*& at) {
    size_t length = static_cast<uint8_t>(*at++);
    if (length < 0x80) return length;
    length &= 0x7f;
    for (int shift = 7;; shift += 7) {
        const auto byte = static_cast<uint8_t>(*at++);
        length |= static_cast<size_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return length;
    }
}

uint32_t read_u32(const char* at) {
    uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

void write_u32(std::string& out, size_t offset, size_t value) {
    const auto small = static_cast<uint32_t>(value);
    std::memcpy(out.data() + offset, &small, sizeof small);
}

bool is_refused(std::string_view bytes) { return !bytes.empty() && bytes[0] == tag_refused; }

std::optional<AttributeRefusal> read_refusal(std::string_view bytes) {
    if (!is_refused(bytes)) return std::nullopt;
    size_t at = refused_header;
    const auto text = [&](size_t length_at) {
        const size_t length = read_u32(bytes.data() + length_at);
        at += length;
        return bytes.substr(at - length, length);
    };
    return AttributeRefusal{.member = text(1), .message = text(5), .older_message = text(9)};
}

/// What stands in for a refused value; any other as it is.
std::string_view without_refusal(std::string_view bytes) {
    const auto refusal = read_refusal(bytes);
    if (!refusal) return bytes;
    return bytes.substr(refused_header + refusal->member.size() + refusal->message.size() +
                        refusal->older_message.size());
}

std::string with_refusal(AttributeRefusal refusal, std::string_view bytes) {
    std::string refused(refused_header, '\0');
    refused[0] = tag_refused;
    write_u32(refused, 1, refusal.member.size());
    write_u32(refused, 5, refusal.message.size());
    write_u32(refused, 9, refusal.older_message.size());
    refused.append(refusal.member).append(refusal.message).append(refusal.older_message).append(bytes);
    return refused;
}

void throw_refusal(std::string_view bytes, Wording wording) {
    if (const auto refusal = read_refusal(bytes)) throw aws::validation_error(std::string(refusal->in(wording)));
}

size_t value_length(const char* at) {
    const char* begin = at++;
    switch (static_cast<uint8_t>(*begin)) {
        case tag_number: return 2 + static_cast<uint8_t>(*at);
        case tag_string:
        case tag_binary: {
            const size_t length = read_length(at);
            return static_cast<size_t>(at - begin) + length;
        }
        case tag_false:
        case tag_true:
        case tag_null: return 1;
        default: return 5 + read_u32(at);
    }
}

}  // namespace

std::string_view name_of(AttributeType type) {
    constexpr std::string_view names[] = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"};
    return names[static_cast<size_t>(type)];
}

AttributeView::AttributeView(std::string_view bytes)
    : bytes_(bytes.empty() ? bytes : bytes.substr(0, value_length(bytes.data()))) {}

AttributeType AttributeView::type() const {
    switch (static_cast<uint8_t>(bytes_[0])) {
        case tag_string: return AttributeType::S;
        case tag_number: return AttributeType::N;
        case tag_binary: return AttributeType::B;
        case tag_false:
        case tag_true: return AttributeType::BOOL;
        case tag_null: return AttributeType::NULL_;
        case tag_string_set: return AttributeType::SS;
        case tag_number_set: return AttributeType::NS;
        case tag_binary_set: return AttributeType::BS;
        case tag_list: return AttributeType::L;
        case tag_map: return AttributeType::M;
        default: throw std::runtime_error("an attribute value of an unknown form");
    }
}

std::string_view AttributeView::content() const {
    if (bytes_[0] == tag_number) return bytes_.substr(2);
    const char* at = bytes_.data() + 1;
    const size_t length = read_length(at);
    return {at, length};
}

size_t AttributeView::count() const { return read_u32(bytes_.data() + 5); }

AttributeElements AttributeView::elements() const { return AttributeElements(body()); }

AttributeView AttributeView::at(size_t index) const {
    if (index >= count()) return {};
    auto element = elements().begin();
    while (index-- > 0) ++element;
    return *element;
}

bool AttributeView::contains(AttributeView element) const {
    for (const auto candidate : elements()) {
        if (candidate == element) return true;
    }
    return false;
}

AttributeMembers AttributeView::members() const { return AttributeMembers(body()); }

AttributeView AttributeView::find(std::string_view name) const {
    for (const auto& member : members()) {
        const int order = member.name.compare(name);
        if (order == 0) return member.value;
        if (order > 0) break;
    }
    return {};
}

size_t AttributeView::size_bytes() const {
    switch (type()) {
        case AttributeType::S:
        case AttributeType::B: return content().size();
        case AttributeType::N: return number().size_bytes();
        case AttributeType::BOOL:
        case AttributeType::NULL_: return 1;
        case AttributeType::SS:
        case AttributeType::NS:
        case AttributeType::BS: {
            size_t sum = 0;
            for (const auto element : elements()) sum += element.size_bytes();
            return sum;
        }
        case AttributeType::L: {
            size_t sum = 3;
            for (const auto element : elements()) sum += 1 + element.size_bytes();
            return sum;
        }
        case AttributeType::M: {
            size_t sum = 3;
            for (const auto& member : members()) sum += member.name.size() + 1 + member.value.size_bytes();
            return sum;
        }
    }
    return 0;
}

void AttributeMembers::iterator::read() {
    if (rest_.empty()) return;
    const char* at = rest_.data();
    const size_t length = read_length(at);
    member_.name = {at, length};
    member_.value = AttributeView(std::string_view(at + length, rest_.data() + rest_.size()));
}

AttributeValue AttributeValue::S(std::string_view text) {
    AttributeValue value;
    AttributeWriter(value.bytes_).string(text);
    return value;
}

AttributeValue AttributeValue::N(const Decimal& number) {
    AttributeValue value;
    AttributeWriter(value.bytes_).number(number);
    return value;
}

AttributeValue AttributeValue::B(std::string_view bytes) {
    AttributeValue value;
    AttributeWriter(value.bytes_).binary(bytes);
    return value;
}

AttributeValue AttributeValue::BOOL(bool boolean) {
    AttributeValue value;
    AttributeWriter(value.bytes_).boolean(boolean);
    return value;
}

AttributeValue AttributeValue::from_bytes(std::string bytes) {
    AttributeValue value;
    value.bytes_ = std::move(bytes);
    return value;
}

void AttributeValue::refuse(AttributeRefusal refusal) { bytes_ = with_refusal(refusal, view().bytes()); }

std::optional<AttributeRefusal> AttributeValue::refusal() const { return read_refusal(bytes_); }

void AttributeValue::check(Wording wording) const {
    if (bytes_.empty()) {
        throw aws::validation_error(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
    }
    throw_refusal(bytes_, wording);
}

AttributeView AttributeValue::view() const { return AttributeView(without_refusal(bytes_)); }

void AttributeMap::refuse(AttributeRefusal refusal) { bytes_ = with_refusal(refusal, view().bytes()); }

std::optional<AttributeRefusal> AttributeMap::refusal() const { return read_refusal(bytes_); }

void AttributeMap::check(Wording wording) const { throw_refusal(bytes_, wording); }

std::string AttributeMap::bytes() && {
    if (bytes_.empty() || is_refused(bytes_)) return std::string(view().bytes());
    return std::move(bytes_);
}

AttributeMap AttributeMap::from_bytes(std::string bytes) {
    if (bytes.size() < collection_header || bytes[0] != tag_map || read_u32(bytes.data() + 1) + 5 != bytes.size()) {
        throw std::runtime_error("an item of an unknown form");
    }
    AttributeMap map;
    map.bytes_ = std::move(bytes);
    return map;
}

AttributeView AttributeMap::view() const { return AttributeView(bytes_.empty() ? empty_map : without_refusal(bytes_)); }

size_t AttributeMap::size_bytes() const {
    size_t sum = 0;
    for (const auto& member : members()) sum += member.name.size() + member.value.size_bytes();
    return sum;
}

std::string AttributeMap::json() const {
    std::string text;
    attribute_map_native.append_json(text, this);
    return text;
}

void AttributeWriter::element_begins() {
    if (open_.empty() || open_.back().type == AttributeType::M) return;
    ++open_.back().count;
}

void AttributeWriter::string(std::string_view text) {
    element_begins();
    out_->push_back(tag_string);
    append_length(*out_, text.size());
    out_->append(text);
}

void AttributeWriter::number(const Decimal& number) {
    element_begins();
    out_->push_back(tag_number);
    const size_t length_at = out_->size();
    out_->push_back(0);
    number.append_stored(*out_);
    (*out_)[length_at] = static_cast<char>(out_->size() - length_at - 1);
}

void AttributeWriter::binary(std::string_view bytes) {
    element_begins();
    out_->push_back(tag_binary);
    append_length(*out_, bytes.size());
    out_->append(bytes);
}

void AttributeWriter::boolean(bool value) {
    element_begins();
    out_->push_back(value ? tag_true : tag_false);
}

void AttributeWriter::null() {
    element_begins();
    out_->push_back(tag_null);
}

void AttributeWriter::value(AttributeView value) {
    element_begins();
    out_->append(value.bytes());
}

void AttributeWriter::begin(AttributeType type) {
    element_begins();
    open_.push_back({.type = type, .start = out_->size()});
    out_->push_back(
        static_cast<char>(tag_string_set + static_cast<uint8_t>(type) - static_cast<uint8_t>(AttributeType::SS)));
    out_->append(collection_header - 1, '\0');
}

void AttributeWriter::key(std::string_view name) {
    Open& open = open_.back();
    if (open.count > 0 && open.sorted) {
        const char* last = out_->data() + open.last_key;
        const size_t length = read_length(last);
        open.sorted = std::string_view(last, length) < name;
    }
    ++open.count;
    open.last_key = out_->size();
    append_length(*out_, name.size());
    out_->append(name);
}

size_t AttributeWriter::end() {
    Open& open = open_.back();
    size_t dropped = 0;
    if (open.type != AttributeType::L && open.count > 1 && (open.type != AttributeType::M || !open.sorted)) {
        dropped = sort(open);
    }
    write_u32(*out_, open.start + 1, out_->size() - open.start - 5);
    write_u32(*out_, open.start + 5, open.count);
    open_.pop_back();
    return dropped;
}

size_t AttributeWriter::sort(Open& open) {
    struct Part {
        std::string_view order;  // the name of a member, the content of an element
        std::string_view bytes;
    };
    const std::string body = out_->substr(open.start + collection_header);
    std::vector<Part> parts;
    parts.reserve(open.count);
    if (open.type == AttributeType::M) {
        for (const auto& member : AttributeMembers(body)) {
            const char* begin = parts.empty() ? body.data() : parts.back().bytes.end();
            parts.push_back({member.name, {begin, member.value.bytes().end()}});
        }
    } else {
        for (const auto element : AttributeElements(body)) parts.push_back({element.content(), element.bytes()});
    }
    std::ranges::sort(parts, {}, [](const Part& part) { return std::pair(part.order, part.bytes.data()); });
    out_->resize(open.start + collection_header);
    size_t dropped = 0;
    for (size_t index = 0; index < parts.size(); ++index) {
        if (index + 1 < parts.size() && parts[index].order == parts[index + 1].order) {
            ++dropped;
        } else {
            out_->append(parts[index].bytes);
        }
    }
    open.count -= static_cast<uint32_t>(dropped);
    return dropped;
}

}  // namespace cumulet::contracts
