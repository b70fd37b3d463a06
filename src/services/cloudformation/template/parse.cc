#include "services/cloudformation/template/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>

#include "services/cloudformation/template/error.h"

namespace cumulet::cloudformation {

namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

bool looks_like_number(std::string_view text) {
    const auto digits = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
    if (digits.empty() || (!isdigit(static_cast<unsigned char>(digits[0])) && digits[0] != '.')) return false;
    // An account id such as 012345678901 keeps its zero: it stays text.
    return !(digits.size() > 1 && digits[0] == '0' && isdigit(static_cast<unsigned char>(digits[1])));
}

/// A plain scalar by YAML 1.1's core rules. Unverified: that AWS takes "yes", "no", "on" and "off" as booleans too. A
/// date ("2010-09-09") stays text, as in AWS.
json::value plain_scalar(std::string_view text) {
    if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return nullptr;
    if (is_one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
    if (is_one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
    if (looks_like_number(text)) {
        const auto digits = text.starts_with('+') ? text.substr(1) : text;
        const char* end = digits.data() + digits.size();
        int64_t whole = 0;
        if (auto [stop, error] = std::from_chars(digits.data(), end, whole); error == std::errc() && stop == end) {
            return whole;
        }
        double fraction = 0;
        if (auto [stop, error] = std::from_chars(digits.data(), end, fraction); error == std::errc() && stop == end) {
            return fraction;
        }
    }
    return json::string(text);
}

/// "!GetAtt" -> "Fn::GetAtt"; "" for a tag that is no function's.
std::string function_of(std::string_view tag) {
    if (tag.size() < 2 || tag[0] != '!') return "";
    const auto name = tag.substr(1);
    if (name == "Ref" || name == "Condition") return std::string(name);
    return fmt::format("Fn::{}", name);
}

/// Builds the JSON value from the parser's events, so that no second tree is ever made.
class Builder : public YAML::EventHandler {
  public:
    json::value take() { return std::move(result_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr, ""); }
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
        refuse("Template error: YAML aliases are not allowed in CloudFormation templates");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
        if (expects_key()) {
            if (text == "<<") refuse("Template error: YAML hash merges are not allowed in CloudFormation templates");
            open_.back().key = text;
            open_.back().has_key = true;
            return;
        }
        const auto function = function_of(tag);
        if (function == "Fn::GetAtt") {
            const auto dot = text.find('.');
            if (dot == std::string::npos) {
                refuse(
                    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name "
                    "and the resource attribute");
            }
            return add(mark, json::array{text.substr(0, dot), text.substr(dot + 1)}, function);
        }
        if (!function.empty()) return add(mark, json::string(text), function);
        add(mark, tag == "?" ? plain_scalar(text) : tagged_scalar(tag, text), "");
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, json::array());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, json::object());
    }
    void OnMapEnd() override { close(); }

  private:
    struct Container {
        json::value value;
        std::string function;
        YAML::Mark mark;
        std::string key;
        bool has_key = false;
    };

    static json::value tagged_scalar(const std::string& tag, const std::string& text) {
        if (is_one_of(tag, {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"})) {
            return plain_scalar(text);
        }
        return json::string(text);
    }
    bool expects_key() const { return !open_.empty() && open_.back().value.is_object() && !open_.back().has_key; }

    void open(const YAML::Mark& mark, const std::string& tag, json::value empty) {
        if (open_.size() >= max_template_depth)
            refuse("Template format error: nested deeper than {} levels", max_template_depth);
        if (expects_key()) {
            refuse("Template format error: YAML not well-formed. (line {}, column {})", mark.line + 1, mark.column + 1);
        }
        open_.push_back({.value = std::move(empty), .function = function_of(tag), .mark = mark});
    }
    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(done.mark, std::move(done.value), done.function);
    }
    void add(const YAML::Mark& mark, json::value value, const std::string& function) {
        if (!function.empty()) {
            json::object call;
            call.emplace(function, std::move(value));
            value = std::move(call);
        }
        if (open_.empty()) {
            result_ = std::move(value);
            return;
        }
        auto& container = open_.back();
        if (auto* array = container.value.if_array()) {
            array->push_back(std::move(value));
            return;
        }
        if (!container.has_key) {
            refuse("Template format error: YAML not well-formed. (line {}, column {})", mark.line + 1, mark.column + 1);
        }
        auto& object = container.value.get_object();
        if (object.contains(container.key)) {
            refuse("Template format error: duplicate key {} (line {}, column {})", container.key, mark.line + 1,
                   mark.column + 1);
        }
        object.emplace(container.key, std::move(value));
        container.has_key = false;
    }

    std::vector<Container> open_;
    json::value result_;
};

}  // namespace

json::value parse_yaml(std::string_view text) {
    if (text.size() > max_template_bytes) refuse("Template may not exceed {} bytes in size.", max_template_bytes);
    std::istringstream stream{std::string(text)};
    Builder builder;
    try {
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
    } catch (const YAML::Exception& error) {
        refuse("Template format error: YAML not well-formed. (line {}, column {})", error.mark.line + 1,
               error.mark.column + 1);
    }
    return builder.take();
}

json::object parse_template(std::string_view text) {
    if (text.size() > max_template_bytes) refuse("Template may not exceed {} bytes in size.", max_template_bytes);
    if (!text.starts_with('{') && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const auto first = text.find_first_not_of(" \t\r\n");
    json::value value;
    if (first != std::string_view::npos && text[first] == '{') {
        auto parsed = parse_json(text, max_template_depth);
        // YAML's flow style begins with a brace too, so text that is not JSON may still be a template.
        value = parsed ? std::move(*parsed) : parse_yaml(text);
    } else {
        value = parse_yaml(text);
    }
    if (!value.is_object()) refuse("Template format error: unsupported structure.");
    return std::move(value.get_object());
}

}  // namespace cumulet::cloudformation
