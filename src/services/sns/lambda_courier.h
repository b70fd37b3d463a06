// Hands notifications to functions, as events.
#pragma once

#include "contracts/client.h"
#include "contracts/lambda.h"
#include "services/sns/signer.h"

namespace cumulet::sns {

class LambdaCourier final : public Courier {
  public:
    LambdaCourier(contracts::Door& door, Signer* signer) : door_(door), signer_(signer) {}
    /// Invokes the function asynchronously: Lambda keeps the event, and tries again by its own rules.
    Task<Attempt> deliver(Call& call, Parcel parcel) override;

  private:
    contracts::Door& door_;
    Signer* signer_;
};

}  // namespace cumulet::sns
