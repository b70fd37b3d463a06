// Every protocol case of AWS's SDK tests: what a client puts on the wire must decode to its parameters, and a result
// must encode to an equivalent of the answer that a client reads.

#include "contracts/vectors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/bytes.h"
#include "contracts/reflect.h"
#include "equivalence.h"
#include "exclusions.h"
#include "runtime/byte_stream.h"
#include "runtime/reactor.h"
#include "vector_includes.inc"
#include "wire/wire.h"

namespace cumulet::vectors {
namespace {

using contracts::Kind;
using contracts::Operation;
using contracts::Protocol;
using contracts::Service;
using contracts::Shape;

struct File {
    std::string_view direction;
    std::string_view name;
    std::span<const aws::vectors::Suite> suites;
};

const File files[] = {
#include "vector_files.inc"
    {"", "", {}},
};

std::string string_at(const json::value& value, std::string_view key) {
    const auto* at = find(value, key);
    return at && at->is_string() ? std::string(at->as_string()) : "";
}

bool is_cbor(Protocol protocol) { return protocol == Protocol::rpc_v2_cbor; }
bool is_json(Protocol protocol) {
    return protocol == Protocol::aws_json_1_0 || protocol == Protocol::aws_json_1_1 || protocol == Protocol::rest_json;
}
bool is_rest(Protocol protocol) { return protocol == Protocol::rest_json || protocol == Protocol::rest_xml; }

/// The member whose stream or bytes are the whole body, with the case's text for it.
const contracts::Member* stream_member(const Shape& shape) {
    if (shape.payload < 0) return nullptr;
    const auto& member = shape.members[size_t(shape.payload)];
    return member.shape->kind == Kind::body || member.shape->kind == Kind::event_stream ? &member : nullptr;
}

/// All that a stream of a case carries, which lies in memory already.
std::string read_stream(const std::shared_ptr<ByteStream>& stream) {
    Clock clock(Time{});
    Reactor reactor(clock, Random(1));
    return reactor.block_on(read_all(stream, 1 << 20));
}

http::Request request_of(const json::value& serialized, Protocol protocol) {
    http::Request request;
    request.method = string_at(serialized, "method");
    request.set_target(string_at(serialized, "uri"));
    request.headers.set("Host", "vectors.example.com");
    if (const auto* headers = find(serialized, "headers")) {
        for (const auto& [name, value] : headers->as_object())
            request.headers.add(name, std::string(value.as_string()));
    }
    const std::string body = string_at(serialized, "body");
    request.body = is_cbor(protocol) ? from_base64(body).value_or("not Base64") : body;
    return request;
}

/// What an input case got wrong, "" if nothing.
std::string check_input(const Service& service, const json::value& test) {
    const auto protocol = service.protocol;
    const std::string name = string_at(test.at("given"), "name");
    auto request = request_of(test.at("serialized"), protocol);
    const Operation* operation = service.find(name);
    wire::UriLabels labels;
    if (is_rest(protocol)) {
        auto match = wire::Routes(service).find(request);
        if (!match || match->operation != operation)
            return "routed to " + std::string(match ? match->operation->name : "nothing");
        labels = std::move(match->labels);
    }
    const std::shared_ptr<void> input(operation->new_input(), operation->delete_input);
    wire::Violations violations;
    wire::decode(protocol, service, *operation, request, labels, input.get(), violations);
    if (!violations.empty()) return wire::validation_message(violations);
    const auto& params = test.at("params");
    auto got = plain(contracts::to_json(*operation->input, input.get()));
    const auto wanted = normalised(*operation->input, params);
    for (const auto& member : operation->input->members) {
        // A map of all query parameters also holds those that have a member of their own; some cases leave it out.
        const bool of_all = member.location == contracts::Location::query && member.shape->kind == Kind::map;
        if (of_all && !find(wanted, member.name)) got.get_object().erase(member.name);
    }
    if (got != wanted) return fmt::format("got {}\n  wanted {}", json::serialize(got), json::serialize(wanted));
    if (const auto* member = stream_member(*operation->input)) {
        const auto& stream = *reinterpret_cast<const std::shared_ptr<ByteStream>*>(
            static_cast<const char*>(input.get()) + member->offset);
        const auto content = read_stream(stream);
        if (content != string_at(params, member->name)) return "the stream carries " + content;
    }
    return "";
}

std::string without_namespace(std::string_view type) {
    type = type.substr(0, type.find(':'));
    return std::string(type.substr(type.find('#') + 1));
}

json::value body_tree(std::string_view body, Protocol protocol, bool is_document) {
    if (!is_document) return json::string(body);
    if (is_cbor(protocol)) return body.empty() ? json::object() : cbor_tree(body);
    if (!is_json(protocol)) return body.empty() ? json::value(nullptr) : xml_tree(body);
    if (body.empty()) return json::object();
    const auto parsed = parse_json(body);
    return parsed ? plain(*parsed) : json::string(body);
}

/// Errors are named in one of several places; where the case names one in the body it must be ours.
void compare_names(json::value& got, json::value& wanted, std::string& wrong) {
    auto* ours = got.if_object();
    auto* theirs = wanted.if_object();
    if (!ours || !theirs) return;
    for (const auto* key : {"__type", "code"}) {
        if (const auto* type = theirs->if_contains(key)) {
            const auto* own = ours->if_contains("__type");
            if (own && without_namespace(own->as_string()) != without_namespace(type->as_string())) {
                wrong += fmt::format("named {}\n", json::serialize(*own));
            }
        }
        theirs->erase(key);
    }
    ours->erase("__type");
}

std::string compare_response(const http::Response& response, const json::value& wanted, Protocol protocol,
                             bool is_document, bool is_error) {
    std::string wrong;
    if (const auto* status = find(wanted, "status_code"); status && status->to_number<int>() != response.status) {
        wrong += fmt::format("status {}\n", response.status);
    }
    if (const auto* headers = find(wanted, "headers")) {
        for (const auto& [name, value] : headers->as_object()) {
            auto got = std::string(response.headers.get(name));
            auto expected = std::string(value.as_string());
            if (equal_ignoring_case(name, "Content-Type") && !expected.contains(';'))
                got = got.substr(0, got.find(';'));
            if (equal_ignoring_case(name, "X-Amzn-Errortype")) expected = without_namespace(expected);
            if (equal_ignoring_case(name, "Content-Length")) continue;  // net writes it
            if (equal_ignoring_case(name, "Content-Type") && response.body.empty() && !response.stream) continue;
            if (got != expected) wrong += fmt::format("header {}: {}\n", std::string_view(name), got);
        }
    }
    const auto* body_value = find(wanted, "body");
    if (!body_value) return wrong;
    std::string expected(body_value->as_string());
    if (is_cbor(protocol)) expected = from_base64(expected).value_or("not Base64");
    std::string body = response.body;
    if (response.stream) body = read_stream(response.stream);
    const bool is_query = protocol == Protocol::aws_query || protocol == Protocol::ec2_query;
    auto got_tree = body_tree(body, protocol, is_document);
    auto wanted_tree = body_tree(expected, protocol, is_document);
    if (is_query) {
        // The suites' metadata does not name the namespace that their answers have.
        for (auto* tree : {&got_tree, &wanted_tree}) tree->at("tree").at("attributes").get_object().erase("xmlns");
    }
    if (is_error) compare_names(got_tree, wanted_tree, wrong);
    if (got_tree != wanted_tree) {
        wrong += fmt::format("body {}\n  wanted {}", json::serialize(got_tree), json::serialize(wanted_tree));
    }
    return wrong;
}

std::string check_result(const Service& service, const json::value& test) {
    const Operation& operation = *service.find(string_at(test.at("given"), "name"));
    const std::shared_ptr<void> output(operation.new_output(), operation.delete_output);
    const auto& result = test.at("result");
    contracts::from_json(*operation.output, output.get(), normalised(*operation.output, result));
    if (const auto* member = stream_member(*operation.output)) {
        if (const auto text = string_at(result, member->name); !text.empty()) {
            *reinterpret_cast<std::shared_ptr<ByteStream>*>(static_cast<char*>(output.get()) + member->offset) =
                stream_of(text);
        }
    }
    const auto* headers = find(test.at("response"), "headers");
    const std::string request_id = headers ? string_at(*headers, "X-Amzn-Requestid") : "";
    const auto response = wire::encode(service.protocol, service, operation, output.get(), request_id);
    const auto payload = operation.output->payload;
    bool is_document = true;
    if (payload >= 0) {
        const auto kind = operation.output->members[size_t(payload)].shape->kind;
        is_document = kind != Kind::blob && kind != Kind::string && kind != Kind::body && kind != Kind::event_stream;
    }
    return compare_response(response, test.at("response"), service.protocol, is_document, false);
}

std::string check_error(const Service& service, const json::value& test) {
    const std::string name = string_at(test.at("given").at("errors").at(0), "shape");
    for (const auto* shape : service.errors) {
        if (shape->name != name) continue;
        const auto error = aws::make_error(*shape);
        contracts::from_json(*shape, const_cast<void*>(error->self()), normalised(*shape, test.at("error")));
        if (find(test, "errorMessage")) error->message = string_at(test, "errorMessage");
        const auto response = wire::encode_error(service.protocol, &service, *error, "foo-id");
        return compare_response(response, test.at("response"), service.protocol, true, true);
    }
    return "no error " + name;
}

const Exclusion* exclusion_of(const File& file, std::string_view id) {
    for (const auto& row : exclusions) {
        if (row.direction == file.direction && row.file == file.name && row.id == id) return &row;
    }
    return nullptr;
}

void check_file(const File& file, std::set<std::string>& seen) {
    std::ifstream stream(std::filesystem::path(CUMULET_VECTORS) / file.direction / (std::string(file.name) + ".json"));
    std::stringstream text;
    text << stream.rdbuf();
    const auto suites = parse_json(text.str());
    ASSERT_TRUE(suites) << suites.error();
    size_t passed = 0, excluded = 0;
    for (const auto& suite : file.suites) {
        for (const auto& test : suites->at(size_t(suite.index)).at("cases").as_array()) {
            const std::string id = string_at(test, "id");
            if (exclusion_of(file, id)) {
                ++excluded;
                seen.insert(fmt::format("{} {} {}", file.direction, file.name, id));
                continue;
            }
            std::string wrong;
            try {
                wrong = file.direction == "input" ? check_input(*suite.service, test)
                        : find(test, "errorCode") ? check_error(*suite.service, test)
                                                  : check_result(*suite.service, test);
            } catch (const std::exception& error) {
                wrong = fmt::format("threw {}", error.what());
            }
            if (wrong.empty()) ++passed;
            EXPECT_EQ(wrong, "") << file.direction << '/' << file.name << ' ' << id;
        }
    }
    std::cout << "protocol " << file.name << ' ' << file.direction << ": " << passed << " passed, " << excluded
              << " not applicable\n";
}

TEST(ProtocolVectors, EveryCaseDecodesOrEncodesAsItSays) {
    if (std::size(files) == 1) GTEST_SKIP() << "no protocol cases beside the checkout, looked in " CUMULET_VECTORS;
    std::set<std::string> seen;
    for (const auto& file : files) {
        if (!file.name.empty()) check_file(file, seen);
    }
    for (const auto& row : exclusions) {
        EXPECT_TRUE(seen.contains(fmt::format("{} {} {}", row.direction, row.file, row.id)))
            << "no such case: " << row.direction << '/' << row.file << ' ' << row.id;
    }
}

}  // namespace
}  // namespace cumulet::vectors
