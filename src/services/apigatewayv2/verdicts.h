// What Lambda authorizers answered lately, kept for as long as they say. In memory: a process that starts asks again.
#pragma once

#include <mutex>
#include <unordered_map>

#include "services/apigatewayv2/authorizer.h"

namespace cumulet::apigatewayv2 {

class Verdicts {
  public:
    /// nullptr if there is none for `key`, or its time is over.
    std::shared_ptr<const Verdict> find(const std::string& key, Time now) const;
    void keep(std::string key, std::shared_ptr<const Verdict> verdict, Time until);

  private:
    struct Kept {
        std::shared_ptr<const Verdict> verdict;
        Time until;
    };
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Kept> by_key_;
};

/// Verdicts are the same for requests of one key: those to the same authorizer of the same stage that have the same
/// identity, until the API changes.
std::string verdict_key(const Address& address, const Passage& passage, const std::vector<std::string>& identity);

}  // namespace cumulet::apigatewayv2
