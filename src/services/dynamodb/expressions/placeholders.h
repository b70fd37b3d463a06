// ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them were used.
#pragma once

#include <map>
#include <set>
#include <string>

#include "contracts/attribute_value.h"

namespace cumulet::dynamodb {

class Placeholders {
  public:
    using Names = std::map<std::string, std::string>;
    /// nullptr where the request has none. Both must outlive this. Throws aws::Error if one is empty, has a key that
    /// is no placeholder, or a value that is refused.
    Placeholders(const Names* names, const contracts::AttributeMap* values,
                 contracts::Wording wording = contracts::Wording::current);

    /// The attribute's name behind "#placeholder", or nullptr. It counts as used.
    const std::string* name(std::string_view placeholder);
    /// The value behind ":placeholder", or nothing. It counts as used.
    contracts::AttributeView value(std::string_view placeholder);
    /// Throws aws::Error if one was not used by any expression.
    void check_all_used() const;

  private:
    const Names* names_;
    const contracts::AttributeMap* values_;
    std::set<std::string, std::less<>> used_names_;
    std::set<std::string, std::less<>> used_values_;
};

}  // namespace cumulet::dynamodb
