// The values of a template's expressions: conditions, intrinsic functions, references.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/cloudformation/template/parameters.h"
#include "services/cloudformation/template/template.h"

namespace cumulet::cloudformation {

/// What an existing resource gives to Ref and Fn::GetAtt.
struct Existing {
    std::string physical_id;
    json::object attributes;
};

/// What expressions may refer to besides the template itself.
struct Scope {
    std::string partition = "aws";
    std::string url_suffix = "amazonaws.com";
    std::string account;
    std::string region;
    std::string stack_name;
    std::string stack_id;
    std::vector<std::string> notification_arns;
    std::map<std::string, json::value, std::less<>> parameters;
    std::map<std::string, Existing, std::less<>> resources;
    std::map<std::string, std::string, std::less<>> exports;
    /// A reference to a resource or attribute that does not exist yet gives AWS's mark for that, instead of an error.
    bool foresee = false;
};

/// What AWS shows in a change set for a value that only the deployment will know.
inline constexpr std::string_view known_after_apply = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Evaluates expressions of one template in one scope. Both must outlive it.
class Evaluator {
  public:
    Evaluator(const Template& parsed, const Scope& scope) : template_(parsed), scope_(scope) {}

    /// Nothing where the value is AWS::NoValue. Throws TemplateError.
    std::optional<json::value> value(const json::value& expression);
    bool condition(std::string_view name);
    /// Whether the resource or output with this condition exists; "" is true.
    bool exists(std::string_view condition_name) { return condition_name.empty() || condition(condition_name); }
    json::object properties(const ResourceDefinition& resource);
    /// The value as text: booleans and numbers as CloudFormation writes them. Throws TemplateError naming `where`.
    std::string text(const json::value& expression, std::string_view where);
    /// The names of all exports that were imported so far.
    const std::set<std::string>& imported() const { return imported_; }

  private:
    std::optional<json::value> object(const json::object& object);
    std::optional<json::value> function(std::string_view name, const json::value& argument);
    std::optional<json::value> choose(const json::value& argument);
    json::value required(const json::value& expression);
    json::array list(const json::value& expression, std::string_view message);
    json::value ref(const json::value& argument);
    json::value get_att(const json::value& argument);
    json::value attribute(std::string_view resource, const std::string& name);
    json::value sub(const json::value& argument);
    json::value join(const json::value& argument);
    json::value select(const json::value& argument);
    json::value split(const json::value& argument);
    json::value find_in_map(const json::value& argument);
    json::value import_value(const json::value& argument);
    json::value pseudo(std::string_view name);
    bool boolean(const json::value& expression);
    /// Counts what a function gave. Throws TemplateError once a template's values outgrow every use.
    void spend(const json::value& made);

    const Template& template_;
    const Scope& scope_;
    std::map<std::string, bool, std::less<>> conditions_;
    std::set<std::string> imported_;
    size_t depth_ = 0;
    size_t spent_bytes_ = 0;
};

/// A scalar as CloudFormation writes it into text; nothing for objects, lists and null.
std::optional<std::string> scalar_text(const json::value& value);

/// Fn::Cidr: `count` blocks with `bits` host bits each, out of the IPv4 block. Throws TemplateError.
json::array cidr_blocks(const std::string& block, int64_t count, int64_t bits);

}  // namespace cumulet::cloudformation
