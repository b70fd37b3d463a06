// What a value breaks of its contract, in the words of AWS's own framework.

#include "base/bytes.h"
#include "wire/pattern.h"
#include "wire/value.h"

namespace cumulet::wire {
namespace {

constexpr size_t max_shown_bytes = 8192;

bool is_real(const Shape& shape) { return shape.kind == Kind::float_ || shape.kind == Kind::double_; }

/// As Java prints it: a real number always has a fraction.
std::string number_text(const Shape& shape, double value) {
    if (value != double(int64_t(value))) return fmt::format("{}", value);
    return std::to_string(int64_t(value)) + (is_real(shape) ? ".0" : "");
}

/// A value as Java prints it: [a, b], {k=v}, Name(member=value).
void append_shown(std::string& out, const Shape& shape, const void* value) {
    if (out.size() > max_shown_bytes) return;
    const size_t start = out.size();
    switch (shape.kind) {
        case Kind::list:
            out += '[';
            for (size_t i = 0, size = shape.ops->size(value); i < size && out.size() < max_shown_bytes; ++i) {
                if (i != 0) out += ", ";
                append_shown(out, *shape.element, shape.ops->at(value, i));
            }
            out += ']';
            break;
        case Kind::map: {
            out += '{';
            each_entry(shape, value, [&](const std::string& key, const void* element) {
                if (out.size() > max_shown_bytes) return;
                if (out.size() != start + 1) out += ", ";
                out += key;
                out += '=';
                append_shown(out, *shape.element, element);
            });
            out += '}';
            break;
        }
        case Kind::structure: {
            out += shape.name;
            out += '(';
            bool comma = false;
            for (const auto& member : shape.members) {
                const void* at = member.sensitive || member.shape->sensitive ? nullptr : value_of(member, value);
                if (!at || is_stream(*member.shape)) continue;
                if (comma) out += ", ";
                comma = true;
                out += member.name;
                out += '=';
                append_shown(out, *member.shape, at);
            }
            out += ')';
            break;
        }
        case Kind::blob:
            out += fmt::format("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", as<std::string>(value).size());
            break;
        case Kind::document:
        case Kind::native: out += shape.name; break;
        case Kind::float_:
        case Kind::double_: out += number_text(shape, as<double>(value)); break;
        default: append_scalar(out, shape, TimestampFormat::iso8601, value);
    }
    if (out.size() > max_shown_bytes) out.resize(max_shown_bytes);
}

class Checker {
  public:
    explicit Checker(Violations& violations) : violations_(violations) {
        for (const auto& violation : violations) known_.push_back(violation.path);
    }

    void check(const Shape& shape, const Member* member, const void* value, const Path& path) {
        if (!shape.constrained || violations_.size() >= max_violations) return;
        const bool sensitive = shape.sensitive || (member && member->sensitive);
        for (auto& broken : broken_by(shape, value)) report(shape, value, path, sensitive, std::move(broken));
        switch (shape.kind) {
            case Kind::structure: return structure(shape, value, path);
            case Kind::list: return list(shape, value, path, sensitive);
            case Kind::map: return map(shape, value, path, sensitive);
            default: return;
        }
    }

  private:
    static std::optional<size_t> length_of(const Shape& shape, const void* value) {
        switch (shape.kind) {
            case Kind::string: return utf8_length(as<std::string>(value));
            case Kind::blob: return as<std::string>(value).size();
            case Kind::list:
            case Kind::map: return shape.ops->size(value);
            default: return std::nullopt;
        }
    }

    static std::optional<double> number_of(const Shape& shape, const void* value) {
        switch (shape.kind) {
            case Kind::integer: return double(as<int32_t>(value));
            case Kind::long_: return double(as<int64_t>(value));
            case Kind::float_:
            case Kind::double_: return as<double>(value);
            default: return std::nullopt;
        }
    }

    static std::string enumeration(const Shape& shape) {
        std::string out = "Member must satisfy enum value set: [";
        for (size_t i = 0; i < shape.values.size(); ++i) {
            if (i != 0) out += ", ";
            out += shape.values[i];
        }
        return out + "]";
    }

    static std::vector<std::string> broken_by(const Shape& shape, const void* value) {
        std::vector<std::string> broken;
        const auto length = length_of(shape, value);
        const auto number = length ? std::nullopt : number_of(shape, value);
        const auto measured = length ? std::optional(double(*length)) : number;
        const std::string_view what = length ? "length " : "value ";
        if (measured && shape.max && *measured > *shape.max) {
            broken.push_back(
                fmt::format("Member must have {}less than or equal to {}", what, number_text(shape, *shape.max)));
        }
        if (measured && shape.min && *measured < *shape.min) {
            broken.push_back(
                fmt::format("Member must have {}greater than or equal to {}", what, number_text(shape, *shape.min)));
        }
        if (shape.kind != Kind::string) return broken;
        const auto& text = as<std::string>(value);
        if (!shape.pattern.empty() && !Pattern::of(shape.pattern).matches(text)) {
            broken.push_back(fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern));
        }
        if (!shape.values.empty() && std::ranges::find(shape.values, text) == shape.values.end()) {
            broken.push_back(enumeration(shape));
        }
        return broken;
    }

    /// All constraints of a scalar, which AWS lists together for a map's keys and a collection's elements.
    static std::string all_of(const Shape& shape) {
        std::string out;
        const auto add = [&](std::string text) { out += (out.empty() ? "" : ", ") + text; };
        const bool measured = shape.kind == Kind::string || shape.kind == Kind::blob;
        const std::string_view what = measured ? "length " : "value ";
        if (shape.max)
            add(fmt::format("Member must have {}less than or equal to {}", what, number_text(shape, *shape.max)));
        if (shape.min)
            add(fmt::format("Member must have {}greater than or equal to {}", what, number_text(shape, *shape.min)));
        if (!shape.pattern.empty())
            add(fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern));
        if (!shape.values.empty()) add(enumeration(shape));
        add("Member must not be null");
        return out;
    }

    static bool is_scalar(const Shape& shape) {
        return shape.kind != Kind::structure && shape.kind != Kind::list && shape.kind != Kind::map;
    }

    void structure(const Shape& shape, const void* value, const Path& path) {
        for (const auto& member : shape.members) {
            if (is_stream(*member.shape)) continue;
            const void* at = value_of(member, value);
            if (at) {
                check(*member.shape, &member, at, path.member(member));
            } else if (member.required) {
                const auto text = path.member(member).text();
                if (std::ranges::find(known_, text) == known_.end()) {
                    violations_.push_back({text, "null", "Member must not be null"});
                }
            }
        }
    }

    void list(const Shape& shape, const void* value, const Path& path, bool sensitive) {
        const auto& element = *shape.element;
        if (!element.constrained) return;
        for (size_t i = 0, size = shape.ops->size(value); i < size; ++i) {
            const void* at = shape.ops->at(value, i);
            if (!is_scalar(element)) {
                check(element, nullptr, at, path.element(i));
            } else if (!broken_by(element, at).empty()) {
                return report(shape, value, path, sensitive,
                              fmt::format("Member must satisfy constraint: [{}]", all_of(element)));
            }
        }
    }

    void map(const Shape& shape, const void* value, const Path& path, bool sensitive) {
        bool bad_key = false;
        bool bad_value = false;
        each_entry(shape, value, [&](const std::string& key, const void* element) {
            bad_key = bad_key || (shape.key->constrained && !broken_by(*shape.key, &key).empty());
            if (!shape.element->constrained) return;
            if (is_scalar(*shape.element)) {
                bad_value = bad_value || !broken_by(*shape.element, element).empty();
            } else {
                check(*shape.element, nullptr, element, path.entry(key));
            }
        });
        if (bad_key) {
            report(shape, value, path, sensitive,
                   fmt::format("Map keys must satisfy constraint: [{}]", all_of(*shape.key)));
        }
        if (bad_value) {
            report(shape, value, path, sensitive,
                   fmt::format("Map value must satisfy constraint: [{}]", all_of(*shape.element)));
        }
    }

    void report(const Shape& shape, const void* value, const Path& path, bool sensitive, std::string constraint) {
        const auto text = path.text();
        // A member that is missing was reported as that; its empty place breaks nothing more.
        for (const auto& missing : known_) {
            if (text == missing || (text.starts_with(missing) && text[missing.size()] == '.')) return;
        }
        std::string shown;
        if (!sensitive) {
            shown = "'";
            append_shown(shown, shape, value);
            shown += '\'';
        }
        violations_.push_back({text, std::move(shown), std::move(constraint)});
    }

    Violations& violations_;
    std::vector<std::string> known_;
};

}  // namespace

void validate(const Shape& shape, const void* value, Violations& violations) {
    if (shape.constrained) Checker(violations).check(shape, nullptr, value, Path{});
}

std::string validation_message(const Violations& violations) {
    std::string message =
        fmt::format("{} validation error{} detected: ", violations.size(), violations.size() == 1 ? "" : "s");
    for (size_t i = 0; i < violations.size(); ++i) {
        const auto& [path, value, constraint] = violations[i];
        message += fmt::format("{}Value {}{}at '{}' failed to satisfy constraint: {}", i == 0 ? "" : "; ", value,
                               value.empty() ? "" : " ", path, constraint);
    }
    return message;
}

namespace {

/// The member's own name: AWS's first letter is a capital again in services that name parameters.
std::string parameter_of(const Violation& violation) {
    std::string name = violation.path.substr(violation.path.rfind('.') + 1);
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = char(name[0] - 32);
    return name;
}

bool is_missing(const Violation& violation) { return violation.value == "null"; }

}  // namespace

aws::Error validation_failure(Protocol protocol, const Service& service, const Violations& violations) {
    const auto missing = std::ranges::find_if(violations, is_missing);
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, and SQS's Common Errors
    if ((protocol == Protocol::ec2_query || service.name == "sqs") && missing != violations.end()) {
        return aws::Error("MissingParameter", fmt::format("The request must contain the parameter {}{}",
                                                          parameter_of(*missing), service.name == "sqs" ? "." : ""));
    }
    if (protocol == Protocol::rest_xml && service.name == "s3") {
        return aws::Error("InvalidRequest", validation_message(violations));
    }
    std::string code = "ValidationException";
    if (protocol == Protocol::aws_query || protocol == Protocol::ec2_query) code = "ValidationError";
    if (service.name == "logs") code = "InvalidParameterException";
    if (service.name.starts_with("apigateway")) code = "BadRequestException";
    return aws::Error(std::move(code), validation_message(violations));
}

}  // namespace cumulet::wire
