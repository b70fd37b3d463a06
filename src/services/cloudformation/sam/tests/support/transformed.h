// What tests of the serverless transform share: templates in YAML, and the resources that become of them.
#pragma once

#include <gtest/gtest.h>

#include "services/cloudformation/sam/transform.h"
#include "services/cloudformation/template/parse.h"

namespace cumulet::cloudformation {

inline json::value parsed(std::string_view text) { return parse_json(text).value(); }

inline json::object resources_of(std::string_view yaml, const ParameterTexts& parameters = {}) {
    auto document = transform_serverless(parse_template(yaml), parameters);
    EXPECT_FALSE(document.contains("Transform"));
    return document.at("Resources").as_object();
}

inline const json::value& properties(const json::object& resources, std::string_view id) {
    return resources.at(id).at("Properties");
}

}  // namespace cumulet::cloudformation
