// The keys of what concerns phones. All begin with (account, region, "sns").
//
//   "sms"                   the account's SMS attributes
//   "opted-out"  number     "": who wants no messages
//   "sandbox"    number     SandboxNumber
#pragma once

#include "services/sns/topic.h"
#include "store/store.h"

namespace cumulet::sns {

Task<std::map<std::string, std::string>> find_sms_attributes(store::Transaction& tx, Place place);
void save_sms_attributes(store::Transaction& tx, const Place& place,
                         const std::map<std::string, std::string>& attributes);

Task<bool> is_opted_out(store::Transaction& tx, Place place, std::string number);
void opt_out(store::Transaction& tx, const Place& place, std::string_view number);
void opt_in(store::Transaction& tx, const Place& place, std::string_view number);
/// Numbers after `after`, at most `limit`.
Task<std::vector<std::string>> list_opted_out(store::Transaction& tx, Place place, std::string after, size_t limit);

/// A number that the SMS sandbox may send to, once whoever has it said the code.
struct SandboxNumber {
    std::string number;
    std::string code;
    bool verified = false;
    Time tried;                    ///< when somebody last said a code, right or wrong
    std::vector<Time> codes_sent;  ///< of late, in order
};
Task<std::optional<SandboxNumber>> find_sandbox_number(store::Transaction& tx, Place place, std::string number);
void save_sandbox_number(store::Transaction& tx, const Place& place, const SandboxNumber& number);
void erase_sandbox_number(store::Transaction& tx, const Place& place, std::string_view number);
Task<std::vector<SandboxNumber>> list_sandbox_numbers(store::Transaction& tx, Place place, std::string after,
                                                      size_t limit);

}  // namespace cumulet::sns
