// Filter policies over the attributes of notifications and over their bodies.
#include "services/sns/filter.h"

#include <gmock/gmock.h>

namespace cumulet::sns {
namespace {

struct Attribute {
    std::string name, type, value;
};

struct Row {
    const char* name;
    const char* policy;
    std::vector<Attribute> attributes;
    bool wanted;
};

Notification with(const std::vector<Attribute>& attributes) {
    Notification notification;
    for (const auto& [name, type, value] : attributes) {
        auto& attribute = notification.attributes[name];
        attribute.DataType = type;
        (type.starts_with("Binary") ? attribute.BinaryValue : attribute.StringValue) = value;
    }
    return notification;
}

Subscription filtering(std::string policy, std::string scope) {
    Subscription subscription;
    subscription.attributes = {{"FilterPolicy", std::move(policy)}, {"FilterPolicyScope", std::move(scope)}};
    return subscription;
}

TEST(Filter, OfAttributes) {
    const Row rows[] = {
        {"string", R"({"store":["x"]})", {{"store", "String", "x"}}, true},
        {"other string", R"({"store":["x"]})", {{"store", "String", "y"}}, false},
        {"no attribute", R"({"store":["x"]})", {}, false},
        {"string of an own type", R"({"store":["x"]})", {{"store", "String.code", "x"}}, true},
        {"number", R"({"price":[100]})", {{"price", "Number", "100"}}, true},
        {"number as text", R"({"price":["100"]})", {{"price", "Number", "100"}}, false},
        {"text as number", R"({"price":[100]})", {{"price", "String", "100"}}, false},
        {"range", R"({"price":[{"numeric":[">",0,"<=",150]}]})", {{"price", "Number", "150"}}, true},
        {"outside the range",
         R"({"price":[{"numeric":[">",0,"<=",150]}]})",
         {{"price", "Number.float", "150.1"}},
         false},
        {"list", R"({"sports":["tennis"]})", {{"sports", "String.Array", R"(["rugby","tennis"])"}}, true},
        {"list of numbers", R"({"n":[{"numeric":[">",5]}]})", {{"n", "String.Array", "[1,2,9]"}}, true},
        {"list without", R"({"sports":["tennis"]})", {{"sports", "String.Array", R"(["rugby"])"}}, false},
        {"list of true and null", R"({"v":[true]})", {{"v", "String.Array", "[null,true]"}}, true},
        {"malformed list", R"({"sports":["tennis"]})", {{"sports", "String.Array", "tennis"}}, false},
        {"exists", R"({"store":[{"exists":true}]})", {{"store", "String", ""}}, true},
        {"is absent", R"({"store":[{"exists":false}]})", {{"other", "String", "x"}}, true},
        {"binary is not seen", R"({"blob":[{"exists":true}]})", {{"blob", "Binary", "x"}}, false},
        {"name with a dot", R"({"order.type":["x"]})", {{"order.type", "String", "x"}}, true},
        {"all keys", R"({"a":["1"],"b":["2"]})", {{"a", "String", "1"}, {"b", "String", "3"}}, false},
        {"or", R"({"$or":[{"a":["1"]},{"b":["2"]}]})", {{"b", "String", "2"}}, true},
    };
    for (const auto& row : rows) {
        const auto notification = with(row.attributes);
        Filterable filterable(notification);
        EXPECT_EQ(Filter(filtering(row.policy, "MessageAttributes")).wants(filterable), row.wanted) << row.name;
    }
}

TEST(Filter, OfTheBody) {
    const Filter filter(filtering(R"({"order":{"total":[{"numeric":[">=",100]}]}})", "MessageBody"));
    const auto wants = [&](std::string message) {
        Notification notification;
        notification.message = std::move(message);
        Filterable filterable(notification);
        return filter.wants(filterable);
    };
    EXPECT_TRUE(wants(R"({"order":{"total":100}})"));
    EXPECT_FALSE(wants(R"({"order":{"total":99.5}})"));
    EXPECT_FALSE(wants("order of 100"));
    EXPECT_FALSE(wants("[100]"));
}

TEST(Filter, OfNoPolicyWantsAll) {
    const Notification notification;
    Filterable filterable(notification);
    EXPECT_TRUE(Filter().wants(filterable));
    EXPECT_TRUE(Filter(Subscription()).wants(filterable));
}

TEST(CheckFilterPolicy, WordsItsRefusalsByTheCall) {
    const auto refusal = [](bool subscribing) -> std::string {
        try {
            check_filter_policy(R"({"key":[{"suffix":100}]})", false, subscribing);
        } catch (const aws::sns::InvalidParameterException& error) {
            return error.message;
        }
        return "";
    };
    EXPECT_EQ(refusal(true),
              "Invalid parameter: Attributes Reason: FilterPolicy: suffix match pattern must be a string\n at [Source: "
              "(String)\"{\"key\":[{\"suffix\":100}]}\"; line: 1, column: 22]");
    EXPECT_EQ(refusal(false),
              "Invalid parameter: FilterPolicy: suffix match pattern must be a string\n at [Source: (String)\"{\"key\":"
              "[{\"suffix\":100}]}\"; line: 1, column: 22]");
    check_filter_policy(R"({"a":{"b":["x"]}})", true, true);
    EXPECT_THROW(check_filter_policy(R"({"a":{"b":["x"]}})", false, true), aws::sns::InvalidParameterException);
}

}  // namespace
}  // namespace cumulet::sns
