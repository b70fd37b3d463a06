// Whom API keys let in, and how often: keys, usage plans and what is left of their rates and quotas.
#pragma once

#include "contracts/api_keys.h"
#include "contracts/throttle.h"
#include "store/store.h"

namespace cumulet::apigateway {

class KeyAdmission final : public contracts::ApiKeys {
  public:
    explicit KeyAdmission(store::Store& store) : store_(store) {}
    Task<contracts::ApiKeyAnswer> use(contracts::ApiKeyUse use, Time now) override;

  private:
    store::Store& store_;
    contracts::Throttle throttle_;  // by plan and key
};

}  // namespace cumulet::apigateway
