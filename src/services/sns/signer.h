// Signs notifications.
#pragma once

#include "services/sns/envelope.h"

namespace cumulet::sns {

class Signer {
  public:
    virtual ~Signer() = default;
    /// The signature of text_to_sign(parcel), in the version that the topic asks for.
    virtual Task<Signature> sign(Parcel parcel) = 0;
};

}  // namespace cumulet::sns
