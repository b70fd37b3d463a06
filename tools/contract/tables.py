"""The source file of a service: shape tables, operations with their thunks, error constructors, Client and Api."""

from contract import names
from contract.header import Types, signature

PROTOCOLS = {"query": "aws_query", "ec2": "ec2_query", "rest-json": "rest_json", "rest-xml": "rest_xml",
             "smithy-rpc-v2-cbor": "rpc_v2_cbor"}
TIMESTAMPS = {"iso8601": "iso8601", "unixTimestamp": "epoch_seconds", "rfc822": "http_date"}
LOCATIONS = {"uri": "uri", "querystring": "query", "header": "header", "headers": "headers", "statusCode": "status"}


# In their own namespace, so that a shape of the same name (ECS has a Service) does not hide them.
USING = "using namespace cumulet::contracts;\n" + "".join(
    "using cumulet::contracts::%s;\n" % each
    for each in ("Kind", "Location", "Member", "Operation", "Protocol", "Service", "Shape", "TimestampFormat"))


def fields(pairs):
    """{.a = 1, .b = 2} of the pairs whose value is not None."""
    return "{" + ", ".join(".%s = %s" % (name, value) for name, value in pairs if value is not None) + "}"


def text_or_none(text):
    return names.quoted(text) if text else None


def flag(value):
    return "true" if value else None


def namespace_of(xml_namespace):
    """(uri, prefix) of a model's xmlNamespace, which is a text or an object."""
    if isinstance(xml_namespace, dict):
        return xml_namespace.get("uri"), xml_namespace.get("prefix")
    return xml_namespace, None


class Tables:
    """Writes the tables of a contract. A shape that is a stream in one place and bytes in another has two entries."""

    def __init__(self, contract, namespace, types=None):
        self.contract = contract
        self.namespace = namespace
        self.types = types or Types(contract, namespace)
        self.numbers = {}
        for name, shape in contract.shapes.items():
            self.number(name, None)
            for member in shape.get("members", {}).values() if not shape.get("native") else ():
                self.number(member["shape"], member)
        self.constrained = self.find_constrained()
        protocol = contract.metadata.get("protocol", "json")
        spoken = contract.metadata.get("protocols") or [protocol]
        self.protocols = [self.protocol(each) for each in spoken]
        self.first = self.protocol(protocol)

    def protocol(self, name):
        if name == "json":
            return "aws_json_1_1" if self.contract.metadata.get("jsonVersion") == "1.1" else "aws_json_1_0"
        return PROTOCOLS[name]

    def number(self, name, member):
        kind = self.contract.kind(name, member)
        return self.numbers.setdefault((name, kind), len(self.numbers))

    def shape(self, name, member=None):
        return "&tables::shapes[%d]" % self.number(name, member)

    def find_constrained(self):
        """Names of shapes that have a constraint, or contain one."""
        found = set()
        for name, shape in self.contract.shapes.items():
            own = {"min", "max", "pattern", "enum"} & set(shape)
            if own or shape.get("required"):
                found.add(name)
        while True:
            more = {name for name, shape in self.contract.shapes.items()
                    if name not in found and not shape.get("native")
                    and any(each["shape"] in found for each in self.contract.references(shape))}
            if not more:
                return found
            found |= more

    def member(self, struct, name):
        shape = self.contract.shapes[struct]
        member = shape["members"][name]
        target = self.contract.shapes[member["shape"]]
        wire_name = member.get("locationName", name)
        uri, prefix = namespace_of(member.get("xmlNamespace") or target.get("xmlNamespace"))
        own = self.types.member_name(struct, name)
        holder = self.types.holder(struct, name)
        if self.contract.is_error(struct) and name == self.types.message_of(struct):
            own, holder = "message", "plain"
        optional = None
        if holder != "plain":
            optional = "&%s_ops<%s>" % (holder, self.types.of(member["shape"], member))
        flattened = member.get("flattened") or target.get("flattened")
        ec2_name = member.get("queryName") or wire_name[:1].upper() + wire_name[1:]
        return fields([
            ("name", names.quoted(name)), ("wire_name", names.quoted(wire_name)), ("ec2_name", names.quoted(ec2_name)),
            ("query_name", names.quoted(member.get("awsQueryName", wire_name))),
            ("shape", self.shape(member["shape"], member)),
            ("offset", "offsetof(%s, %s)" % (self.types.qualified(struct), own)), ("optional", optional),
            ("location", "Location::" + LOCATIONS[member["location"]] if "location" in member else None),
            ("timestamp", self.timestamp(member)), ("required", flag(name in shape.get("required", []))),
            ("flattened", flag(flattened)), ("xml_attribute", flag(member.get("xmlAttribute"))),
            ("sensitive", flag(member.get("sensitive"))),
            ("idempotency_token", flag(member.get("idempotencyToken"))), ("json_text", flag(member.get("jsonvalue"))),
            ("event_payload", flag(member.get("eventpayload"))), ("xml_prefix", text_or_none(prefix)),
            ("xml_namespace", text_or_none(uri))])

    @staticmethod
    def timestamp(traits):
        return "TimestampFormat::" + TIMESTAMPS[traits["timestampFormat"]] if "timestampFormat" in traits else None

    def entry(self, name, kind):
        """The table of one shape."""
        shape = self.contract.shapes[name]
        own = [("name", names.quoted(name)), ("kind", "Kind::" + kind)]
        if kind == "structure":
            own += self.structure_fields(name, shape)
        elif kind == "event_stream":
            own += [("members", "tables::members_%d" % self.number(name, None) if shape["members"] else None),
                    ("is_union", "true"), ("is_event_stream", "true")]
        elif kind == "list":
            uri, _ = namespace_of(shape["member"].get("xmlNamespace"))
            own += [("element", self.shape(shape["member"]["shape"], shape["member"])),
                    ("element_name", text_or_none(shape["member"].get("locationName"))),
                    ("element_xml_namespace", text_or_none(uri)), ("flattened", flag(shape.get("flattened"))),
                    ("ops", "&list_ops<%s>" % self.types.of(name)[len("std::vector<"):-1])]
        elif kind == "map":
            own += [("element", self.shape(shape["value"]["shape"], shape["value"])),
                    ("key", self.shape(shape["key"]["shape"], shape["key"])),
                    ("element_name", names.quoted(shape["value"].get("locationName", "value"))),
                    ("key_name", text_or_none(shape["key"].get("locationName"))),
                    ("flattened", flag(shape.get("flattened"))),
                    ("ops", "&map_ops<%s>" % self.types.of(shape["value"]["shape"]))]
        own += [("timestamp", self.timestamp(shape))]
        if kind == "native":
            own.append(("native", "&" + shape["native"]["table"]))
        uri, prefix = namespace_of(shape.get("xmlNamespace"))
        for limit in ("min", "max"):
            own.append((limit, "%s" % shape[limit] if limit in shape else None))
        own += [("pattern", text_or_none(shape.get("pattern"))),
                ("values", "tables::values_%d" % self.number(name, None) if shape.get("enum") else None),
                ("constrained", flag(name in self.constrained)), ("sensitive", flag(shape.get("sensitive"))),
                ("xml_name", text_or_none(shape.get("locationName"))), ("xml_namespace", text_or_none(uri)),
                ("xml_prefix", text_or_none(prefix))]
        if self.contract.is_error(name):
            own += self.error_fields(name, shape)
        return "    " + fields(own) + ",\n"

    def structure_fields(self, name, shape):
        members = list(shape["members"])
        return [("members", "tables::members_%d" % self.number(name, None) if members else None),
                ("payload", members.index(shape["payload"]) if shape.get("payload") in members else None),
                ("is_union", flag(shape.get("union")))]

    def error_fields(self, name, shape):
        trait = shape.get("error", {})
        status = trait.get("httpStatusCode", 500 if shape.get("fault") else 400)
        by_shape = self.first in ("aws_json_1_0", "aws_json_1_1", "rest_json", "rpc_v2_cbor")
        code = name if by_shape else trait.get("code", name)
        query_code = trait.get("code") if by_shape and trait.get("code") != name else None
        return [("error_code", names.quoted(code)), ("query_error_code", text_or_none(query_code)),
                ("error_status", status),
                ("sender_fault", str(trait.get("senderFault", status < 500 and not shape.get("fault"))).lower()),
                ("new_error", "&new_error<%s>" % self.types.qualified(name))]

    def shapes(self):
        out = ["namespace tables {\n", USING, "extern const Shape shapes[%d];\n" % len(self.numbers)]
        for (name, kind), number in self.numbers.items():
            shape = self.contract.shapes[name]
            if kind in ("structure", "event_stream") and shape["members"]:
                out.append("constinit const Member members_%d[] = {\n" % number)
                if kind == "structure":
                    out += ["    %s,\n" % self.member(name, member) for member in shape["members"]]
                else:
                    out += ["    %s,\n" % self.event(member_name, member) for member_name, member in shape["members"].items()]
                out.append("};\n")
            elif kind == "string" and shape.get("enum"):
                out.append("constinit const std::string_view values_%d[] = {%s};\n" % (
                    number, ", ".join(names.quoted(value) for value in shape["enum"])))
        out.append("constinit const Shape shapes[%d] = {\n" % len(self.numbers))
        out += [self.entry(name, kind) for name, kind in self.numbers]
        return "".join(out) + "};\n}  // namespace tables\n"

    def event(self, name, member):
        """An event of a stream: its structure, reached by no offset since streams hold framed bytes."""
        return fields([("name", names.quoted(name)), ("wire_name", names.quoted(member.get("locationName", name))),
                       ("shape", self.shape(member["shape"], member))])

    def errors(self):
        out = []
        for name, shape in self.contract.shapes.items():
            if not self.contract.is_error(name):
                continue
            values = dict(self.error_fields(name, shape))
            struct = self.types.struct(name)
            out.append("%s::%s(std::string message) : ::aws::Error(%s, std::move(message), %s, %s) {" % (
                struct, struct, values["error_code"], values["error_status"], values["sender_fault"]))
            query_code = values["query_error_code"]
            out.append("\n    query_code = %s;\n}\n" % query_code if query_code else "}\n")
            out.append("const cumulet::contracts::Shape* %s::shape() const { return %s; }\n\n" % (struct, self.shape(name)))
        return "".join(out)

    def operations(self):
        contract = self.contract
        out = ["namespace tables {\n"]
        for number, operation in enumerate(contract.operations):
            listed = [self.shape(error["shape"]) for error in operation.get("errors", [])]
            if listed:
                out.append("constinit const Shape* const errors_%d[] = {%s};\n" % (number, ", ".join(listed)))
        out.append("constinit const Operation operations[] = {\n")
        out += ["    %s,\n" % self.operation(number, each) for number, each in enumerate(contract.operations)]
        every = [self.shape(name) for name in contract.shapes if contract.is_error(name)]
        out.append("};\n")
        if every:
            out.append("constinit const Shape* const errors[] = {%s};\n" % ", ".join(every))
        out.append("constinit const Protocol protocols[] = {%s};\n}  // namespace tables\n\n" %
                   ", ".join("Protocol::" + each for each in self.protocols))
        return "".join(out) + self.service(bool(every))

    def operation(self, number, operation):
        http = operation.get("http", {})
        source = operation.get("input", {})
        uri, _ = namespace_of(source.get("xmlNamespace"))
        input_type = self.types.qualified(operation["input_shape"])
        output_type = self.types.qualified(operation["output_shape"])
        checksum = operation.get("httpChecksumRequired") or operation.get("httpChecksum", {}).get("requestChecksumRequired")
        return fields([
            ("name", names.quoted(operation["name"])), ("method", names.quoted(http.get("method", "POST"))),
            ("uri", names.quoted(http.get("requestUri", "/"))), ("status", http.get("responseCode")), ("index", number),
            ("input", self.shape(operation["input_shape"])), ("output", self.shape(operation["output_shape"])),
            ("errors", "tables::errors_%d" % number if operation.get("errors") else None),
            ("result_wrapper", text_or_none(operation.get("output", {}).get("resultWrapper"))),
            ("input_name", text_or_none(source.get("locationName"))), ("input_namespace", text_or_none(uri)),
            ("unsigned_payload", flag(operation.get("unsignedPayload") or operation.get("authtype") == "v4-unsigned-body")),
            ("anonymous", flag(operation.get("authtype") == "none")), ("checksum_required", flag(checksum)),
            ("new_input", "&new_value<%s>" % input_type), ("delete_input", "&delete_value<%s>" % input_type),
            ("new_output", "&new_value<%s>" % output_type), ("delete_output", "&delete_value<%s>" % output_type),
            ("invoke", "&invoke_method<{0}::Api, {1}, {2}, &{0}::Api::{3}>".format(
                self.namespace, input_type, output_type, names.snake_case(operation["name"])))])

    def service(self, has_errors):
        metadata = self.contract.metadata
        signing = metadata.get("signingName") or metadata.get("endpointPrefix", self.contract.name)
        return "constinit const cumulet::contracts::Service service%s;\n" % fields([
            ("name", names.quoted(self.contract.name)),
            ("service_id", names.quoted(metadata.get("serviceId", self.contract.name))),
            ("signing_name", names.quoted(signing)),
            ("endpoint_prefix", names.quoted(metadata.get("endpointPrefix", signing))),
            ("target_prefix", names.quoted(metadata.get("targetPrefix", ""))),
            ("api_version", names.quoted(metadata.get("apiVersion", ""))),
            ("xml_namespace", names.quoted(namespace_of(metadata.get("xmlNamespace", ""))[0] or "")),
            ("iam_prefix", names.quoted(metadata.get("iamPrefix", signing))), ("protocol", "cumulet::contracts::Protocol::" + self.first),
            ("protocols", "tables::protocols"), ("query_compatible", flag("awsQueryCompatible" in metadata)),
            ("operations", "tables::operations"), ("errors", "tables::errors" if has_errors else None)])

    def methods(self):
        return "".join("%s {\n    throw ::aws::not_implemented(service.name, %s);\n}\n" % (
            signature(self.types, operation) % "Api::", names.quoted(operation["name"]))
            for operation in self.contract.operations)


def source(contract, namespace, header_name):
    tables = Tables(contract, namespace)
    return ('// Generated from contracts/%s by tools/generate_contract.\n#include "%s"\n\n#include "contracts/ops.h"\n\n'
            "namespace %s {\n\n%s\n%s%s\n%s\n}  // namespace %s\n") % (
                contract.name, header_name, namespace, tables.shapes(), tables.errors(), tables.operations(),
                tables.methods(), namespace)
