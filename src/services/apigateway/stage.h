// What a stage is, and how its settings are patched. Pure.
#pragma once

#include "services/apigateway/patch.h"
#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

Stage new_stage(std::string name, std::string deployment_id, Time now);
/// Brings what follows from the rest into line, such as the cache's status. Throws BadRequestException.
void settle_stage(Stage& stage);
/// Throws BadRequestException.
Stage patched_stage(const Stage& stage, const Patches& patches);

/// The settings of a method: its own, else the stage's ("*/*"), else AWS's.
aws::apigateway::MethodSetting settings_of(const Stage& stage, std::string_view resource_path,
                                           std::string_view http_method);

}  // namespace cumulet::apigateway
