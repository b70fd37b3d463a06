// The pure parts of the control plane: patches, stages' settings, periods of quotas.

#include "services/apigateway/patch.h"

#include <gtest/gtest.h>

#include "services/apigateway/rest_api.h"
#include "services/apigateway/stage.h"
#include "services/apigateway/usage.h"

namespace cumulet::apigateway {
namespace {

using aws::apigateway::BadRequestException;
using aws::apigateway::PatchOperation;

PatchOperation patch(std::string op, std::string path, std::optional<std::string> value = {}) {
    PatchOperation patch;
    patch.op = std::move(op);
    patch.path = std::move(path);
    patch.value = std::move(value);
    return patch;
}

constexpr PatchRule rules[] = {
    {"/name", "replace"},
    {"/on", "replace", Patched::flag},
    {"/size", "replace", Patched::number, "", "no size"},
    {"/rate", "replace", Patched::real, "/limits/rate"},
    {"/types/{type}", "add remove replace", Patched::named_element},
    {"/owners", "add remove", Patched::valued_element},
    {"/values/{name}", "add remove replace"},
};

std::string applied(std::string_view record, std::vector<PatchOperation> patches,
                    PatchWords words = PatchWords::lists_paths) {
    auto value = *parse_json(record);
    try {
        apply_patches(value.as_object(), {rules, words}, patches);
    } catch (const BadRequestException& error) {
        return error.message;
    }
    return json::serialize(value);
}

TEST(Patch, ChangesWhatItsTableAllows) {
    EXPECT_EQ(applied("{}", {patch("replace", "/name", "a")}), R"({"name":"a"})");
    EXPECT_EQ(applied("{}", {patch("replace", "/on", "true")}), R"({"on":true})");
    EXPECT_EQ(applied("{}", {patch("replace", "/on", "perhaps")}), R"({"on":false})");
    EXPECT_EQ(applied("{}", {patch("replace", "/size", "7")}), R"({"size":7})");
    EXPECT_EQ(applied(R"({"size":7})", {patch("replace", "/size")}), "{}");
    EXPECT_EQ(applied("{}", {patch("replace", "/size", "big")}), "no size");
    EXPECT_EQ(applied("{}", {patch("replace", "/rate", "0.5")}), R"({"limits":{"rate":5E-1}})");
    EXPECT_EQ(applied("{}", {patch("add", "/types/image~1png")}), R"({"types":["image/png"]})");
    EXPECT_EQ(applied(R"({"types":["image/png","b"]})", {patch("replace", "/types/image~1png", "c")}),
              R"({"types":["b","c"]})");
    EXPECT_EQ(applied(R"({"types":["b"]})", {patch("remove", "/types/b")}), "{}");
    EXPECT_EQ(applied(R"({"owners":["x"]})", {patch("add", "/owners", "y"), patch("remove", "/owners", "x")}),
              R"({"owners":["y"]})");
    EXPECT_EQ(applied("{}", {patch("add", "/values/a~1b", "1")}), R"({"values":{"a/b":"1"}})");
    EXPECT_EQ(applied(R"({"values":{"a":"1"}})", {patch("remove", "/values/a")}), "{}");
    EXPECT_EQ(applied("{}", {patch("remove", "/values/a")}), "{}");
}

TEST(Patch, RefusesOthersInAwsWords) {
    EXPECT_EQ(applied("{}", {patch("replace", "/wrong", "a")}),
              "Invalid patch path  '/wrong' specified for op 'replace'. Must be one of: "
              "[/name, /on, /size, /rate, /types/{type}, /values/{name}]");
    EXPECT_EQ(applied("{}", {patch("move", "/name", "a")}),
              "Invalid patch path  '/name' specified for op 'move'. Please choose supported operations");
    EXPECT_EQ(applied("{}", {patch("add", "/wrong", "a")}, PatchWords::names_path), "Invalid patch path /wrong");
    EXPECT_EQ(applied("{}", {patch("add", "/name", "a")}, PatchWords::names_path),
              "Invalid patch operation specified. Must be one of: [replace]");
    EXPECT_EQ(applied("{}", {patch("move", "/types/x", "a")}, PatchWords::names_path),
              "Invalid patch operation specified. Must be one of: [add, remove, replace]");
}

Stage stage_with(std::vector<PatchOperation> patches) {
    return patched_stage(new_stage("prod", "d1", Time{}), std::move(patches));
}

TEST(StagePatch, KeepsSettingsByPathAndMethod) {
    const auto stage = stage_with({patch("replace", "/*/*/throttling/rateLimit", "5"),
                                   patch("replace", "/~1pets~1{id}/GET/caching/enabled", "true"),
                                   patch("replace", "/~1pets~1{id}/GET/caching/ttlInSeconds", "60")});
    ASSERT_EQ(stage.methodSettings->size(), 2u);
    EXPECT_EQ(stage.methodSettings->at("*/*").throttlingRateLimit, 5);
    EXPECT_EQ(stage.methodSettings->at("*/*").loggingLevel, std::nullopt);
    EXPECT_EQ(stage.methodSettings->at("pets/{id}/GET").cachingEnabled, true);
    EXPECT_EQ(settings_of(stage, "/pets/{id}", "GET").cacheTtlInSeconds, 60);
    EXPECT_EQ(settings_of(stage, "/pets", "GET").throttlingRateLimit, 5);
    EXPECT_EQ(settings_of(new_stage("x", "d", Time{}), "/", "GET").throttlingBurstLimit, 5000);
    const auto cleared = patched_stage(stage, std::vector{patch("remove", "/*/*")});
    EXPECT_EQ(cleared.methodSettings->size(), 1u);
}

TEST(StagePatch, PromotesACanary) {
    auto stage = new_stage("prod", "old", Time{});
    stage.variables.emplace()["a"] = "1";
    stage = patched_stage(stage, std::vector{patch("replace", "/canarySettings/percentTraffic", "12.5"),
                                             patch("replace", "/canarySettings/deploymentId", "new"),
                                             patch("replace", "/canarySettings/stageVariableOverrides/a", "2")});
    EXPECT_EQ(stage.canarySettings->percentTraffic, 12.5);
    auto promote = patch("copy", "/deploymentId");
    promote.from = "/canarySettings/deploymentId";
    auto take_variables = patch("copy", "/variables");
    take_variables.from = "/canarySettings/stageVariableOverrides";
    stage = patched_stage(stage, std::vector{promote, take_variables, patch("remove", "/canarySettings")});
    EXPECT_EQ(stage.deploymentId, "new");
    EXPECT_EQ(stage.variables->at("a"), "2");
    EXPECT_FALSE(stage.canarySettings);
}

TEST(StagePatch, TurnsACacheOnAndOff) {
    auto stage = stage_with({patch("replace", "/cacheClusterEnabled", "true")});
    EXPECT_EQ(stage.cacheClusterStatus, "AVAILABLE");
    EXPECT_EQ(stage.cacheClusterSize, "0.5");
    stage = patched_stage(stage, std::vector{patch("replace", "/cacheClusterEnabled", "false")});
    EXPECT_EQ(stage.cacheClusterStatus, "NOT_AVAILABLE");
    EXPECT_THROW(stage_with({patch("replace", "/cacheClusterSize", "3")}), BadRequestException);
}

TEST(StagePatch, NamesAllPathsWhereOneIsWrong) {
    try {
        stage_with({patch("replace", "/documentation_version", "1")});
        FAIL();
    } catch (const BadRequestException& error) {
        EXPECT_TRUE(
            error.message.starts_with("Invalid method setting path: /documentation_version. Must be one of: "
                                      "[/deploymentId, /description,"));
        EXPECT_TRUE(error.message.ends_with("/variables/{variable_name}, /tracingEnabled]"));
        EXPECT_NE(error.message.find("/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/"
                                     "throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, "),
                  std::string::npos);
        EXPECT_NE(
            error.message.find("/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, "),
            std::string::npos);
    }
    EXPECT_THROW(stage_with({patch("replace", "/*/*/logging/loglevel", "LOUD")}), BadRequestException);
}

TEST(Quota, BeginsAtItsPeriodsBoundary) {
    const auto day = [](const char* date) { return day_of(*parse_iso8601(std::string(date) + "T12:00:00Z")); };
    const struct {
        const char* today;
        const char* period;
        int offset;
        const char* first;
        const char* end;
    } rows[] = {
        {"2026-11-23", "DAY", 0, "2026-11-23", "2026-11-24"},
        {"2026-11-23", "WEEK", 0, "2026-11-22", "2026-11-29"},  // a Monday; weeks begin on Sunday
        {"2026-11-23", "WEEK", 1, "2026-11-23", "2026-11-30"},
        {"2026-11-23", "WEEK", 2, "2026-11-17", "2026-11-24"},
        {"2026-11-22", "WEEK", 0, "2026-11-22", "2026-11-29"},
        {"2026-11-23", "MONTH", 0, "2026-11-01", "2026-12-01"},
        {"2026-11-23", "MONTH", 24, "2026-10-25", "2026-11-25"},
        {"2024-02-29", "MONTH", 0, "2024-02-01", "2024-03-01"},
    };
    for (const auto& row : rows) {
        const auto period = period_of(day(row.today), row.period, row.offset);
        EXPECT_EQ(period.first, day(row.first)) << row.today << row.period << row.offset;
        EXPECT_EQ(period.end, day(row.end)) << row.today << row.period << row.offset;
    }
}

TEST(PathPart, IsANameOrAVariable) {
    for (const auto* good : {"pets", "a-b_c.d:e", "{id}", "{proxy+}"}) EXPECT_NO_THROW(check_path_part(good)) << good;
    for (const auto* bad : {"", "a b", "{id", "id}", "{}", "{+}", "a/b", "{a}b", "..%2f"})
        EXPECT_THROW(check_path_part(bad), BadRequestException) << bad;
}

}  // namespace
}  // namespace cumulet::apigateway
