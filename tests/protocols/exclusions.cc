#include "exclusions.h"

namespace cumulet::vectors {
namespace {

constexpr std::string_view compresses = "the case has no body; it shows only that a client compresses one";
constexpr std::string_view fills_token = "the client makes the token; a server sees one that was given";
constexpr std::string_view empty_is_absent =
    "the client does not send an empty list or map, so that a server sees none";
constexpr std::string_view endpoint_path = "the path is part of the endpoint that the client was configured with";
constexpr std::string_view merges_query = "the client merges two members; a server gives the map every parameter";
constexpr std::string_view empty_payload = "the client sends {} for an absent structure; a server sees an empty one";
constexpr std::string_view offset = "a client reads any offset; a server writes instants in UTC";
constexpr std::string_view null_leniency = "a client reads null as absent; a server does not write it";
constexpr std::string_view unknown_content = "a client skips what its contract does not have; a server cannot write it";
constexpr std::string_view entry_namespace =
    "a client ignores the namespaces of keys and values; no contract of AWS has any";
constexpr std::string_view error_header =
    "a client also finds the error in a header; the protocol puts it into the body";
constexpr std::string_view request_header = "the case lists a header of requests among the answer's";
constexpr std::string_view other_case = "the body that the case wants says something else than its result";

constexpr Exclusion rows[] = {
    {"input", "ec2", "Ec2EmptyQueryLists", empty_is_absent},
    {"input", "ec2", "Ec2ProtocolIdempotencyTokenAutoFill", fills_token},
    {"input", "ec2", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", compresses},
    {"input", "ec2", "SDKAppliedContentEncoding_ec2Query", compresses},
    {"input", "json", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", compresses},
    {"input", "json", "SDKAppliedContentEncoding_awsJson1_1", compresses},
    {"input", "json_1_0", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", compresses},
    {"input", "json_1_0", "SDKAppliedContentEncoding_awsJson1_0", compresses},
    {"input", "query", "QueryEmptyQueryMaps", empty_is_absent},
    {"input", "query", "QueryProtocolIdempotencyTokenAutoFill", fills_token},
    {"input", "query", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", compresses},
    {"input", "query", "SDKAppliedContentEncoding_awsQuery", compresses},
    {"input", "rest-json", "RestJsonHostWithPath", endpoint_path},
    {"input", "rest-json", "RestJsonHttpPrefixHeadersAreNotPresent", empty_is_absent},
    {"input", "rest-json", "RestJsonHttpWithEmptyStructurePayload", empty_payload},
    {"input", "rest-json", "RestJsonHttpWithHeadersButNoPayload", empty_payload},
    {"input", "rest-json", "RestJsonOmitsEmptyListQueryValues", empty_is_absent},
    {"input", "rest-json", "RestJsonQueryIdempotencyTokenAutoFill", fills_token},
    {"input", "rest-json", "RestJsonQueryParamsStringListMap", merges_query},
    {"input", "rest-json", "RestJsonQueryPrecedence", merges_query},
    {"input", "rest-json", "SDKAppendedGzipAfterProvidedEncoding_restJson1", compresses},
    {"input", "rest-json", "SDKAppliedContentEncoding_restJson1", compresses},
    {"input", "rest-xml", "HttpPrefixHeadersAreNotPresent", empty_is_absent},
    {"input", "rest-xml", "QueryIdempotencyTokenAutoFill", fills_token},
    {"input", "rest-xml", "RestXmlQueryParamsStringListMap", merges_query},
    {"input", "rest-xml", "RestXmlQueryPrecedence", merges_query},
    {"input", "rest-xml", "SDKAppendedGzipAfterProvidedEncoding_restXml", compresses},
    {"input", "rest-xml", "SDKAppliedContentEncoding_restXml", compresses},
    {"output", "ec2", "Ec2ComplexError", unknown_content},
    {"output", "ec2", "Ec2QueryDateTimeWithNegativeOffset", offset},
    {"output", "ec2", "Ec2QueryDateTimeWithPositiveOffset", offset},
    {"output", "json", "AwsJson11DateTimeWithNegativeOffset", offset},
    {"output", "json", "AwsJson11DateTimeWithPositiveOffset", offset},
    {"output", "json", "AwsJson11DeserializeIgnoreType", unknown_content},
    {"output", "json", "AwsJson11FooErrorUsingXAmznErrorType", error_header},
    {"output", "json", "AwsJson11FooErrorUsingXAmznErrorTypeWithUri", error_header},
    {"output", "json", "AwsJson11FooErrorUsingXAmznErrorTypeWithUriAndNamespace", error_header},
    {"output", "json", "AwsJson11IntEnums", request_header},
    {"output", "json", "AwsJson11StructuresDontDeserializeNullValues", null_leniency},
    {"output", "json", "handles_unexpected_json_output", unknown_content},
    {"output", "json_1_0", "AwsJson10DeserializeAllowNulls", null_leniency},
    {"output", "json_1_0", "AwsJson10DeserializeIgnoreType", unknown_content},
    {"output", "json_1_0", "AwsJson10FooErrorUsingXAmznErrorType", error_header},
    {"output", "json_1_0", "AwsJson10FooErrorUsingXAmznErrorTypeWithUri", error_header},
    {"output", "json_1_0", "AwsJson10FooErrorUsingXAmznErrorTypeWithUriAndNamespace", error_header},
    {"output", "json_1_0", "AwsJson10HandlesUnexpectedJsonOutput", unknown_content},
    {"output", "query", "AwsQueryDateTimeWithNegativeOffset", offset},
    {"output", "query", "AwsQueryDateTimeWithPositiveOffset", offset},
    {"output", "query", "QueryQueryFlattenedXmlMapWithXmlNamespace", entry_namespace},
    {"output", "rest-json", "RestJsonDateTimeWithNegativeOffset", offset},
    {"output", "rest-json", "RestJsonDateTimeWithPositiveOffset", offset},
    {"output", "rest-json", "RestJsonDeserializeIgnoreType", unknown_content},
    {"output", "rest-json", "RestJsonDeserializesDenseSetMapAndSkipsNull", null_leniency},
    {"output", "rest-json", "RestJsonDoesntDeserializeNullStructureValues", null_leniency},
    {"output", "rest-xml", "ComplexError", unknown_content},
    {"output", "rest-xml", "InvalidGreetingError", unknown_content},
    {"output", "rest-xml", "RestXmlDateTimeWithNegativeOffset", offset},
    {"output", "rest-xml", "RestXmlDateTimeWithPositiveOffset", offset},
    {"output", "rest-xml", "RestXmlFlattenedXmlMapWithXmlNamespace", entry_namespace},
    {"output", "rest-xml", "RestXmlXmlMapWithXmlNamespace", entry_namespace},
    {"output", "rest-xml", "SimpleScalarPropertiesWithXMLPreamble", unknown_content},
    {"output", "smithy-rpc-v2-cbor", "RpcV2CborClientDoesntDeserializeNullStructureValues", null_leniency},
    {"output", "smithy-rpc-v2-cbor", "RpcV2CborDeserializesDenseSetMapAndSkipsNull", null_leniency},
    {"output", "smithy-rpc-v2-cbor", "RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients", unknown_content},
    {"output", "smithy-rpc-v2-cbor", "RpcV2CborPayloadWithUnsetUnion", other_case},
};

}  // namespace

constinit const std::span<const Exclusion> exclusions = rows;

}  // namespace cumulet::vectors
