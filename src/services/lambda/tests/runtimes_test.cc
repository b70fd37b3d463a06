// Functions in Ruby and Java, which ./dev installs.
#include "services/lambda/runtimes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {
namespace {

using ::testing::HasSubstr;

std::string member(const std::string& payload, std::string_view name) {
    const auto value = parse_json(payload);
    return value && value->is_object() ? std::string(string_or(value->as_object(), name)) : "no object: " + payload;
}

TEST(Runtimes, ThatAreMissingAreNamedWithTheirProgram) {
    const Folder empty;
    const auto folder = empty.path().string();
    const std::array<std::string_view, 1> folders{folder};
    for (const std::string_view runtime : {"dotnet8", "dotnet10"}) {
        const auto found = find_runtime(runtime, {.handler = "App", .program_folders = folders});
        ASSERT_FALSE(found);
        EXPECT_THAT(found.error(), HasSubstr(runtime));
        EXPECT_THAT(found.error(), HasSubstr("needs the program 'dotnet'"));
    }
}

TEST(Runtimes, OfDotnetRunAssembliesThatArePrograms) {
    const Folder programs;
    programs.write("dotnet", "#!/bin/sh\n", true);
    const auto folder = programs.path().string();
    const std::array<std::string_view, 1> folders{folder};
    const auto found = find_runtime("dotnet8", {.handler = "My.Function-1", .program_folders = folders});
    ASSERT_TRUE(found) << found.error();
    EXPECT_THAT(found->program, ::testing::ElementsAre(folder + "/dotnet", "/var/task/My.Function-1.dll"));
    EXPECT_TRUE(found->by_address);
    for (const auto* handler : {"Assembly::Namespace.Class::Method", "../outside", "a/b"}) {
        const auto refused = find_runtime("dotnet8", {.handler = handler, .program_folders = folders});
        ASSERT_FALSE(refused) << handler;
        EXPECT_THAT(refused.error(), HasSubstr("RuntimeSupport"));
    }
}

class RubyWorker : public ::testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(find_runtime("ruby3.3")) << "./dev installs it"; }
    Workshop shop;
};

TEST_F(RubyWorker, CallsMethodsAndMethodsOfClasses) {
    shop.code.write("app.rb",
                    "require_relative 'part'\n"
                    "def twice(event:, context:) = { n: event['n'] * 2, id: context.aws_request_id, part: PART }\n"
                    "class Api\n  def self.call(event:, context:) = event.keys\nend\n");
    shop.code.write("part.rb", "PART = 'täil'\n");
    const auto plan = shop.plan("ruby", "app.twice");
    EXPECT_EQ(shop.invoke(plan, R"({"n":4})").payload, R"({"n":8,"id":"request-1","part":"täil"})");
    EXPECT_EQ(shop.invoke(plan, R"({"n":5})").payload, R"({"n":10,"id":"request-2","part":"täil"})");
    EXPECT_EQ(shop.invoke(shop.plan("ruby", "app.Api.call"), R"({"a":1})").payload, R"(["a"])");
}

TEST_F(RubyWorker, GivesErrorsTheirShapeAndLivesOn) {
    shop.code.write("app.rb",
                    "def handler(event:, context:)\n  puts 'seen'\n  raise ArgumentError, 'too far' if event['bad']\n"
                    "  exit 3 if event['ends']\n  1\nend\n");
    const auto plan = shop.plan("ruby", "app.handler");
    const auto failed = shop.invoke(plan, R"({"bad":true})");
    EXPECT_TRUE(failed.failed);
    EXPECT_EQ(member(failed.payload, "errorType"), "Function<ArgumentError>");
    EXPECT_EQ(member(failed.payload, "errorMessage"), "too far");
    EXPECT_THAT(failed.payload, HasSubstr("app.rb:3:in `handler'"));
    EXPECT_THAT(failed.log_tail, HasSubstr("seen\nError raised from handler method"));
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    EXPECT_EQ(shop.pool.processes(), 1U);
    EXPECT_EQ(member(shop.invoke(plan, R"({"ends":true})").payload, "errorType"), "Function<SystemExit>");
    EXPECT_TRUE(shop.eventually([&] { return shop.pool.processes() == 0; }));
}

TEST_F(RubyWorker, TellsWhyItCannotBegin) {
    shop.code.write("app.rb", "def other; end\n");
    shop.code.write("broken.rb", "def (\n");
    EXPECT_EQ(member(shop.invoke(shop.plan("ruby", "missing.handler")).payload, "errorType"), "Init<LoadError>");
    EXPECT_EQ(member(shop.invoke(shop.plan("ruby", "broken.handler")).payload, "errorType"), "Init<SyntaxError>");
    EXPECT_EQ(member(shop.invoke(shop.plan("ruby", "app.handler")).payload, "errorType"), "Init<NameError>");
    EXPECT_THAT(shop.invoke(shop.plan("ruby", "nodot")).payload, HasSubstr("must be of form FILENAME.METHOD"));
}

/// AWS's interfaces are a part of a function's package: these are as much of them as the functions below use.
constexpr std::string_view interfaces = "package com.amazonaws.services.lambda.runtime;\npublic interface ";
constexpr std::string_view java_function = R"(package shop;
import com.amazonaws.services.lambda.runtime.*;
import java.io.*;
import java.util.*;

public class Orders implements RequestHandler<Orders.Order, Orders.Receipt> {
    public static class Order {
        private List<Line> lines;
        public List<Line> getLines() { return lines; }
        public void setLines(List<Line> lines) { this.lines = lines; }
    }
    public static class Line {
        private String name; private long cents; private Integer count;
        public String getName() { return name; }
        public void setName(String name) { this.name = name; }
        public void setCents(long cents) { this.cents = cents; }
        public void setCount(Integer count) { this.count = count; }
    }
    public record Receipt(long total, String first, String id) {}

    public Receipt handleRequest(Order order, Context context) {
        if (order.getLines() == null) throw new IllegalStateException("no lines");
        context.getLogger().log("lines: " + order.getLines().size());
        long total = 0;
        for (Line line : order.getLines()) total += line.cents * line.count;
        return new Receipt(total, order.getLines().get(0).getName(), context.getAwsRequestId());
    }
    public Map<String, Object> plain(Map<String, Object> event) {
        event.put("seen", List.of(1, 2.5, true));
        return event;
    }
    public static class Streams implements RequestStreamHandler {
        public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
            out.write(("\"" + in.readAllBytes().length + " " + context.getFunctionName() + "\"").getBytes());
        }
    }
}
)";

class JavaWorker : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto runtime = find_runtime("java17");
        ASSERT_TRUE(runtime) << runtime.error();
        const auto base = [](std::string_view name) {
            return fmt::format("com/amazonaws/services/lambda/runtime/{}", name);
        };
        const auto add = [&](std::string_view name, std::string_view rest) {
            sources.write(base(name) + ".java", fmt::format("{}{}", interfaces, rest));
        };
        add("LambdaLogger", "LambdaLogger { void log(String text); }");
        add("Context", "Context { String getAwsRequestId(); String getFunctionName(); LambdaLogger getLogger(); }");
        add("RequestHandler", "RequestHandler<I, O> { O handleRequest(I input, Context context); }");
        add("RequestStreamHandler",
            "RequestStreamHandler { void handleRequest(java.io.InputStream in, java.io.OutputStream out, Context "
            "context) "
            "throws java.io.IOException; }");
        sources.write("shop/Orders.java", java_function);
        ASSERT_EQ(run_quietly({runtime->compiler, "-d", shop.code.path(), "-sourcepath", sources.path(),
                               sources.path() / "shop/Orders.java"},
                              std::chrono::seconds(60)),
                  0);
    }

    WorkerPlan plan(std::string handler) {
        auto plan = shop.plan("java", std::move(handler));
        plan.memory_mb = 512;
        plan.timeout = std::chrono::seconds(20);
        return plan;
    }

    Folder sources;
    Workshop shop;
};

TEST_F(JavaWorker, GivesHandlersTheirOwnTypesAndStreams) {
    const auto orders = plan("shop.Orders");
    const auto outcome =
        shop.invoke(orders, R"({"lines":[{"name":"tea \"ü\"","cents":250,"count":3},{"cents":1,"count":1}]})");
    EXPECT_EQ(outcome.payload, R"({"total":751,"first":"tea \"ü\"","id":"request-1"})");
    EXPECT_THAT(outcome.log_tail, HasSubstr("lines: 2"));
    EXPECT_EQ(shop.invoke(plan("shop.Orders::plain"), R"({"a":{"b":[]},"n":9007199254740993,"t":null})").payload,
              R"({"a":{"b":[]},"n":9007199254740993,"t":null,"seen":[1,2.5,true]})");
    EXPECT_EQ(shop.invoke(plan("shop.Orders$Streams::handleRequest"), "[1, 2]").payload, R"("6 f")");
}

TEST_F(JavaWorker, GivesErrorsTheirShapeAndTellsWhyItCannotBegin) {
    const auto orders = plan("shop.Orders::handleRequest");
    const auto failed = shop.invoke(orders);
    EXPECT_TRUE(failed.failed);
    EXPECT_EQ(member(failed.payload, "errorType"), "java.lang.IllegalStateException");
    EXPECT_EQ(member(failed.payload, "errorMessage"), "no lines");
    EXPECT_THAT(failed.payload, HasSubstr("shop.Orders.handleRequest(Orders.java:"));
    EXPECT_EQ(shop.invoke(orders, R"({"lines":[{"cents":1,"count":2}]})").payload,
              R"({"total":2,"first":null,"id":"request-2"})");
    EXPECT_EQ(member(shop.invoke(plan("shop.Missing")).payload, "errorMessage"), "Class not found: shop.Missing");
    EXPECT_THAT(member(shop.invoke(plan("shop.Orders::missing")).payload, "errorMessage"),
                HasSubstr("No public method named missing"));
}

}  // namespace
}  // namespace cumulet::lambda
