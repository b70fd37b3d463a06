#include "services/sqs/peek.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "contracts/error.h"

namespace cumulet::sqs {
namespace {

constexpr size_t most_messages = 10'000;
constexpr std::string_view handle = "SQS/BACKDOOR/ACCESS";
constexpr std::string_view xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";

/// Whose answers the caller understands.
enum class Form : uint8_t {
    xml,          ///< the legacy query protocol's
    xml_as_json,  ///< the same elements as JSON, for who accepts JSON
    json,         ///< the JSON protocol's, for an SDK
};

struct Question {
    Form form = Form::xml;
    std::string queue_url;
    bool invisible = false;
    bool delayed = false;
};

bool is_true(std::string_view text) { return equal_ignoring_case(text, "true") || text == "1"; }

void ask(Question& question, std::string_view name, std::string_view value) {
    if (name == "QueueUrl") question.queue_url = value;
    if (name == "ShowInvisible") question.invisible = is_true(value);
    if (name == "ShowDelayed") question.delayed = is_true(value);
}

[[noreturn]] void refuse_action() {
    throw aws::Error("InvalidRequest", "This endpoint only accepts ReceiveMessage calls", 400);
}

void ask_by_parameters(Question& question, std::string_view parameters) {
    for (const auto& [name, value] : http::parse_query(parameters)) {
        if (name == "Action" && value != "ReceiveMessage") refuse_action();
        ask(question, name, value);
    }
}

void ask_by_json(Question& question, std::string_view body) {
    const auto document = parse_json(body, 8);
    if (!document || !document->is_object()) throw aws::validation_error("The body must be a JSON object");
    for (const auto& [name, value] : document->get_object()) {
        ask(question, name, value.is_string() ? std::string(value.get_string()) : json::serialize(value));
    }
}

Form form_of(const http::Request& request) {
    if (request.headers.has("x-amz-target")) return Form::json;
    return request.headers.get("accept").contains("json") ? Form::xml_as_json : Form::xml;
}

Question read(const http::Request& request) {
    Question question{.form = form_of(request)};
    ask_by_parameters(question, request.query);
    if (question.form == Form::json) {
        if (!request.headers.get("x-amz-target").ends_with(".ReceiveMessage")) refuse_action();
        ask_by_json(question, request.body);
    } else if (request.method == "POST") {
        ask_by_parameters(question, request.body);
    }
    // /_aws/sqs/messages/<region>/<account>/<queue>
    const auto rest = std::string_view(request.path).substr(Peek::path.size());
    if (rest.size() > 1) question.queue_url = fmt::format("/queue{}", percent_decode(rest));
    return question;
}

/// Groups of which a message is in flight: the others of theirs cannot be received either.
std::set<std::string> closed_groups(const Queue& queue, const std::vector<Stored>& all, Time now) {
    std::set<std::string> groups;
    if (!queue.fifo()) return groups;
    for (const auto& stored : all) {
        if (stored.in_flight(now)) groups.insert(stored.message.group_id);
    }
    return groups;
}

std::vector<aws::sqs::Message> answer(const Queue& queue, std::vector<Stored> all, const Question& question, Time now) {
    const auto closed = closed_groups(queue, all, now);
    std::ranges::sort(all, {}, [](const Stored& stored) {
        return std::tuple(stored.message.sent, stored.message.sequence, std::string_view(stored.message.id));
    });
    std::vector<aws::sqs::Message> messages;
    for (const auto& stored : all) {
        if (expired(queue, stored, now)) continue;
        const bool invisible = stored.in_flight(now) || closed.contains(stored.message.group_id);
        const bool delayed = stored.delivery.receive_count == 0 && stored.delivery.visible_at > now;
        if ((invisible && !question.invisible) || (delayed && !question.delayed)) continue;
        messages.push_back(peeked(stored, now, question.invisible || question.delayed));
    }
    return messages;
}

json::object json_of(const aws::sqs::MessageAttributeValue& value) {
    json::object out;
    if (value.StringValue) out["StringValue"] = *value.StringValue;
    if (value.BinaryValue) out["BinaryValue"] = to_base64(*value.BinaryValue);
    out["DataType"] = value.DataType;
    return out;
}

/// The JSON protocol's message.
json::object json_of(const aws::sqs::Message& message) {
    json::object out{{"MessageId", *message.MessageId},
                     {"ReceiptHandle", *message.ReceiptHandle},
                     {"MD5OfBody", *message.MD5OfBody},
                     {"Body", *message.Body}};
    auto& attributes = out["Attributes"].emplace_object();
    for (const auto& [name, value] : *message.Attributes) attributes[name] = value;
    if (!message.MessageAttributes) return out;
    out["MD5OfMessageAttributes"] = *message.MD5OfMessageAttributes;
    auto& own = out["MessageAttributes"].emplace_object();
    for (const auto& [name, value] : *message.MessageAttributes) own[name] = json_of(value);
    return out;
}

/// The query protocol's element as JSON: members that repeat are lists, where there are several.
json::object element_of(const aws::sqs::Message& message) {
    auto out = json_of(message);
    const auto listed = [&](std::string_view map, std::string_view element) {
        const auto* found = out.if_contains(map);
        if (!found) return;
        json::array list;
        for (const auto& [name, value] : found->get_object()) {
            list.push_back(json::object{{"Name", name}, {"Value", value}});
        }
        out.erase(map);
        out[element] = std::move(list);
    };
    listed("Attributes", "Attribute");
    listed("MessageAttributes", "MessageAttribute");
    return out;
}

json::object document_of(const std::vector<aws::sqs::Message>& messages, const std::string& request_id) {
    json::value result;
    if (!messages.empty()) {
        json::array list;
        for (const auto& message : messages) list.push_back(element_of(message));
        result = json::object{{"Message", list.size() == 1 ? std::move(list[0]) : json::value(std::move(list))}};
    }
    return {{"ReceiveMessageResponse", json::object{{"ReceiveMessageResult", std::move(result)},
                                                    {"ResponseMetadata", json::object{{"RequestId", request_id}}}}}};
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
    out += fmt::format("<{}>", name);
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\r': out += "&#xD;"; break;
            default: out.push_back(c);
        }
    }
    out += fmt::format("</{}>", name);
}

/// Elements of a JSON value: a member's name is its element's, a list repeats it.
void append_xml(std::string& out, std::string_view name, const json::value& value) {
    if (const auto* list = value.if_array()) {
        for (const auto& each : *list) append_xml(out, name, each);
    } else if (const auto* object = value.if_object()) {
        out += fmt::format("<{}>", name);
        for (const auto& [key, member] : *object) append_xml(out, key, member);
        out += fmt::format("</{}>", name);
    } else if (value.is_string()) {
        append_element(out, name, value.get_string());
    } else {
        out += fmt::format("<{}/>", name);
    }
}

http::Response respond(Form form, int status, const json::object& document) {
    http::Response response;
    response.status = status;
    if (form == Form::xml) {
        response.headers.add("Content-Type", "text/xml");
        const auto& [root, content] = *document.begin();
        append_xml(response.body, root, content);
        response.body.insert(root.size() + 1, fmt::format(" xmlns=\"{}\"", xml_namespace));
        response.body.insert(0, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    } else {
        response.headers.add("Content-Type", form == Form::json ? "application/x-amz-json-1.0" : "application/json");
        response.body = json::serialize(document);
    }
    return response;
}

http::Response respond(Form form, const aws::Error& error, const std::string& request_id) {
    const auto& code = error.query_code.empty() ? error.code : error.query_code;
    if (form == Form::json) {
        auto response = respond(form, error.status, {{"__type", error.code}, {"message", error.message}});
        response.headers.add("x-amzn-query-error", code + ";Sender");
        return response;
    }
    const json::object shown{{"Type", "Sender"}, {"Code", code}, {"Message", error.message}};
    return respond(form, error.status, {{"ErrorResponse", json::object{{"Error", shown}, {"RequestId", request_id}}}});
}

}  // namespace

aws::sqs::Message peeked(const Stored& stored, Time now, bool tells_state) {
    auto message = shown_message(stored, {"All"}, {"All"});
    message.ReceiptHandle = std::string(handle);
    if (tells_state) {
        const auto text = [](bool value) { return value ? "true" : "false"; };
        const bool delayed = stored.delivery.receive_count == 0 && stored.delivery.visible_at > now;
        (*message.Attributes)["IsVisible"] = text(!stored.in_flight(now));
        (*message.Attributes)["IsDelayed"] = text(delayed);
    }
    return message;
}

Task<http::Response> Peek::serve(Call& call, http::Request request) {
    const auto form = form_of(request);
    try {
        const auto question = read(request);
        call.query_compatible = form != Form::json;
        if (question.queue_url.empty()) throw queue_does_not_exist(call);
        const auto messages =
            co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<aws::sqs::Message>> {
                const auto queue = co_await load_queue(tx, call, question.queue_url);
                co_return answer(queue, co_await all_messages(tx, queue, most_messages), question, call.now());
            });
        if (form != Form::json) co_return respond(form, 200, document_of(messages, call.request_id));
        json::array list;
        for (const auto& message : messages) list.push_back(json_of(message));
        co_return respond(form, 200, list.empty() ? json::object() : json::object{{"Messages", std::move(list)}});
    } catch (const aws::Error& error) {
        co_return respond(form, error, call.request_id);
    }
}

}  // namespace cumulet::sqs
