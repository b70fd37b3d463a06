// Shape tables: an AWS contract as data. The generator writes one table per shape; the wire protocols walk them.
// Values are reached through void*: a structure's members by offset, containers through the functions in Ops.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/byte_stream.h"
#include "runtime/call.h"
#include "runtime/task.h"

namespace aws {
class Error;  // contracts/error.h
}

namespace cumulet::contracts {

/// The C++ type of each kind stands behind it.
enum class Kind : uint8_t {
    boolean,       // bool
    integer,       // int32_t (AWS's byte, short and integer)
    long_,         // int64_t
    float_,        // double
    double_,       // double
    string,        // std::string, enumerations too
    blob,          // std::string
    timestamp,     // cumulet::Time
    structure,     // a generated struct; unions too, whose members are all optional
    list,          // std::vector<T>
    map,           // std::map<std::string, T>
    document,      // json::value
    body,          // std::shared_ptr<ByteStream>: a streaming payload, never null after decoding
    event_stream,  // std::shared_ptr<ByteStream> of framed events; the table's members are the events, without offsets
    native,        // a type of Cumulet's own, with its own codec: see Native
};

enum class Location : uint8_t { body, uri, query, header, headers, status };
enum class TimestampFormat : uint8_t { unset, epoch_seconds, iso8601, http_date };

struct Shape;
struct Operation;

/// How a list, a map or an optional is reached.
struct Ops {
    // list
    size_t (*size)(const void* container) = nullptr;  // map too
    const void* (*at)(const void* list, size_t index) = nullptr;
    void* (*append)(void* list) = nullptr;  ///< a new last element
    // map
    void* (*insert)(void* map, std::string key) = nullptr;  ///< the value at `key`, made if it is not there
    void (*each)(const void* map, void (*visit)(void* context, const std::string& key, const void* value),
                 void* context) = nullptr;
};

/// How an optional member is reached: std::optional<T>, or Box<T> where the structure contains itself.
struct OptionalOps {
    const void* (*get)(const void* optional) = nullptr;  ///< nullptr if empty
    void* (*emplace)(void* optional) = nullptr;
};

struct Member {
    std::string_view name;       ///< AWS's name and C++'s
    std::string_view wire_name;  ///< locationName where the model has one, otherwise name
    std::string_view ec2_name;   ///< queryName, or wire_name with a capital: ec2Query's input
    std::string_view
        query_name;  ///< awsQuery's, input and output; differs from wire_name where a service moved to JSON
    const Shape* shape = nullptr;
    uint32_t offset = 0;
    const OptionalOps* optional = nullptr;  ///< nullptr: the member is the plain value
    Location location = Location::body;
    TimestampFormat timestamp = TimestampFormat::unset;
    bool required = false;
    bool flattened = false;  ///< here or on the shape
    bool xml_attribute = false;
    bool sensitive = false;
    bool idempotency_token = false;
    bool json_text = false;  ///< jsonvalue: JSON as a string in the message
    bool event_payload = false;
    std::string_view xml_prefix;     ///< xmlNamespace.prefix
    std::string_view xml_namespace;  ///< xmlNamespace.uri
};

/// A type with its own codec: DynamoDB's items go straight between JSON and their stored form.
/// Decoding is by events, in the order of the text; `text` of number is as it was written.
class NativeBuilder {
  public:
    virtual ~NativeBuilder() = default;
    virtual void null() = 0;
    virtual void boolean(bool value) = 0;
    virtual void number(std::string_view text) = 0;
    virtual void string(std::string_view text) = 0;
    virtual void begin_object() = 0;
    virtual void key(std::string_view text) = 0;
    virtual void end_object() = 0;
    virtual void begin_array() = 0;
    virtual void end_array() = 0;
};
struct Native {
    /// A builder that fills `target`. Throws aws::Error with AWS's words for what the type does not allow.
    std::unique_ptr<NativeBuilder> (*build)(void* target) = nullptr;
    void (*append_json)(std::string& out, const void* value) = nullptr;
};

struct Shape {
    std::string_view name;
    Kind kind = Kind::structure;
    // structure
    std::span<const Member> members;
    int payload = -1;  ///< index of the member that is the whole body, or -1
    bool is_union = false;
    bool is_event_stream = false;
    // list and map
    const Shape* element = nullptr;  ///< a map's value
    const Shape* key = nullptr;
    std::string_view element_name = "member";  ///< a map's value: "value"
    std::string_view key_name = "key";
    std::string_view element_xml_namespace;
    bool flattened = false;
    TimestampFormat timestamp = TimestampFormat::unset;
    const Ops* ops = nullptr;
    const Native* native = nullptr;
    // constraints; whole limits are exact up to 2^53
    std::optional<double> min;  ///< of the number, or the length of a string, blob, list or map
    std::optional<double> max;
    std::string_view pattern;
    std::span<const std::string_view> values;  ///< an enumeration's
    bool constrained = false;  ///< this shape or one inside it has a constraint: validation skips the others
    bool sensitive = false;
    // XML
    std::string_view xml_name;  ///< of the root element, where it differs from the shape's or operation's name
    std::string_view xml_namespace;
    std::string_view xml_prefix;
    // errors
    std::string_view error_code;        ///< on the wire; "" if the shape is no error
    std::string_view query_error_code;  ///< awsQueryCompatible: the code that the query protocol used
    int error_status = 400;
    bool sender_fault = true;
    aws::Error* (*new_error)() = nullptr;  ///< one with AWS's default text, owned by the caller; see make_error
};

struct Service;

/// The abstract base of every generated Api.
class AnyApi {
  public:
    virtual ~AnyApi() = default;
    /// The ARN (or "*") that IAM evaluates for an operation on `input`.
    virtual std::string resource_of(const Call& call, const Operation& operation, const void* input) const {
        return "*";
    }
    /// The policy attached to the resource `arn`, "" if it has none.
    virtual Task<std::string> resource_policy(Call& call, std::string arn) { co_return ""; }
};

struct Operation {
    std::string_view name;    ///< "SendMessage"
    std::string_view method;  ///< "POST"
    std::string_view uri;     ///< "/2015-03-31/functions/{FunctionName}/invocations"
    int status = 200;
    uint16_t index = 0;             ///< in Service::operations
    const Shape* input = nullptr;   ///< never null: an empty structure where the model has none
    const Shape* output = nullptr;  ///< never null
    std::span<const Shape* const> errors;
    std::string_view result_wrapper;  ///< awsQuery: "SendMessageResult"
    std::string_view input_name;      ///< XML: locationName of the input, "" if none
    std::string_view input_namespace;
    bool unsigned_payload = false;
    bool anonymous = false;  ///< authtype none
    bool checksum_required = false;

    // The thunks between void* and the generated structs.
    void* (*new_input)() = nullptr;
    void (*delete_input)(void* input) = nullptr;
    void* (*new_output)() = nullptr;
    void (*delete_output)(void* output) = nullptr;
    /// Calls the operation's method; moves from `input`, assigns `output`.
    Task<void> (*invoke)(AnyApi& api, Call& call, void* input, void* output) = nullptr;
};

enum class Protocol : uint8_t { aws_json_1_0, aws_json_1_1, aws_query, ec2_query, rest_json, rest_xml, rpc_v2_cbor };

struct Service {
    std::string_view name;          ///< the contract's folder: "sqs", "dynamodb"
    std::string_view service_id;    ///< "SQS", "DynamoDB"
    std::string_view signing_name;  ///< in the credential scope: "sqs"
    std::string_view endpoint_prefix;
    std::string_view target_prefix;  ///< X-Amz-Target before the dot
    std::string_view api_version;
    std::string_view xml_namespace;
    std::string_view iam_prefix;  ///< of actions: "sqs"
    Protocol protocol = Protocol::aws_json_1_0;
    std::span<const Protocol> protocols;  ///< all that the service speaks
    bool query_compatible = false;
    std::span<const Operation> operations;  ///< sorted by name
    std::span<const Shape* const> errors;
    /// The operation of that name, or nullptr.
    const Operation* find(std::string_view operation) const;
};

}  // namespace cumulet::contracts
