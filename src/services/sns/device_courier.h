// Delivers notifications to devices: written down where people can read them, unless the device's endpoint is disabled.
#pragma once

#include "services/sns/delivery.h"
#include "services/sns/platform_storage.h"

namespace cumulet::sns {

class DeviceCourier final : public Courier {
  public:
    explicit DeviceCourier(store::Store& store) : store_(store) {}

    Task<Attempt> deliver(Call& call, Parcel parcel) override;

  private:
    store::Store& store_;
};

/// Throws what Publish throws where a device cannot be told: InvalidParameter, EndpointDisabled,
/// PlatformApplicationDisabled.
Task<void> check_device(store::Transaction& tx, PlatformEndpointAddress address);

}  // namespace cumulet::sns
