"""The header of a service: structs, error types, the abstract Api and the typed Client."""

from contract import names
from contract.order import definition_order

CPP_TYPES = {"boolean": "bool", "integer": "int32_t", "long_": "int64_t", "float_": "double", "double_": "double",
             "string": "std::string", "blob": "std::string", "timestamp": "cumulet::Time",
             "document": "cumulet::json::value", "body": "std::shared_ptr<cumulet::ByteStream>",
             "event_stream": "std::shared_ptr<cumulet::ByteStream>"}
INITIAL = {"boolean": " = false", "integer": " = 0", "long_": " = 0", "float_": " = 0", "double_": " = 0",
           "timestamp": "{}"}


class Types:
    """C++ types of a contract's shapes, in a namespace."""

    def __init__(self, contract, namespace):
        self.contract = contract
        self.namespace = namespace
        self.order, self.boxed = definition_order(contract)

    def struct(self, name):
        return names.identifier(name, names.TAKEN_IN_NAMESPACE)

    def qualified(self, name):
        return self.namespace + "::" + self.struct(name)

    def of(self, name, member=None):
        """The type of a shape's value."""
        kind = self.contract.kind(name, member)
        shape = self.contract.shapes[name]
        if kind == "native":
            return shape["native"]["type"]
        if kind == "structure":
            return self.qualified(name)
        if kind == "list":
            element = self.of(shape["member"]["shape"])
            return "std::vector<%s>" % ("cumulet::contracts::Flag" if element == "bool" else element)
        if kind == "map":
            return "std::map<std::string, %s>" % self.of(shape["value"]["shape"])
        return CPP_TYPES[kind]

    def holder(self, struct, member_name):
        """How a struct holds a member: plain, optional or box."""
        shape = self.contract.shapes[struct]
        member = shape["members"][member_name]
        if self.contract.kind(member["shape"], member) in ("body", "event_stream"):
            return "plain"
        if (struct, member_name) in self.boxed:
            return "box"
        return "plain" if member_name in shape.get("required", []) and not shape.get("union") else "optional"

    def member_type(self, struct, member_name):
        member = self.contract.shapes[struct]["members"][member_name]
        value = self.of(member["shape"], member)
        return {"plain": "%s", "optional": "std::optional<%s>", "box": "cumulet::contracts::Box<%s>"}[
            self.holder(struct, member_name)] % value

    def member_name(self, struct, member_name):
        taken = names.TAKEN_IN_STRUCT | {self.struct(struct)}
        if self.contract.is_error(struct):
            taken |= names.TAKEN_IN_ERROR
        return names.identifier(member_name, taken)

    def declaration(self, struct, member_name):
        member = self.contract.shapes[struct]["members"][member_name]
        initial = ""
        if self.holder(struct, member_name) == "plain":
            initial = INITIAL.get(self.contract.kind(member["shape"], member), "")
        return "    %s %s%s;\n" % (self.member_type(struct, member_name), self.member_name(struct, member_name), initial)

    def message_of(self, error):
        """The name of the member that is the error's message, or None."""
        for name, member in self.contract.shapes[error]["members"].items():
            if name.lower() == "message" and self.contract.kind(member["shape"], member) == "string":
                return name
        return None


def enumerations(contract):
    out = []
    for name, shape in contract.shapes.items():
        if shape["type"] != "string" or not shape.get("enum"):
            continue
        out.append("namespace %s {\n" % names.identifier(name, names.TAKEN_IN_NAMESPACE))
        seen = set()
        for value in shape["enum"]:
            constant = names.identifier(value, names.TAKEN_IN_STRUCT)
            while constant in seen:
                constant += "_"
            seen.add(constant)
            out.append("inline constexpr std::string_view %s = %s;\n" % (constant, names.quoted(value)))
        out.append("}\n")
    return "".join(out)


def structs(types):
    out = ["struct %s;\n" % types.struct(name) for name in types.order]
    for name in types.order:
        out.append("\nstruct %s {\n" % types.struct(name))
        out += [types.declaration(name, member) for member in types.contract.shapes[name]["members"]]
        out.append("    bool operator==(const {0}&) const = default;\n}};\n".format(types.struct(name)))
    return "".join(out)


def errors(types):
    out = []
    for name, shape in types.contract.shapes.items():
        if not types.contract.is_error(name):
            continue
        out.append("\nclass %s : public ::aws::Error {\n public:\n" % types.struct(name))
        out.append("    explicit %s(std::string message = %s);\n" % (types.struct(name),
                                                                  names.quoted(shape.get("defaultMessage", ""))))
        out.append("    const cumulet::contracts::Shape* shape() const override;\n")
        out.append("    const void* self() const override { return this; }\n")
        message = types.message_of(name)
        out += [types.declaration(name, member) for member in shape["members"] if member != message]
        out.append("};\n")
    return "".join(out)


def signature(types, operation):
    return "cumulet::Task<%s> %%s%s(cumulet::Call& call, %s request)" % (
        types.qualified(operation["output_shape"]), names.snake_case(operation["name"]),
        types.qualified(operation["input_shape"]))


def interfaces(types):
    contract = types.contract
    out = ["\n/// Every operation answers 501 until a service overrides it.\n"
           "class Api : public cumulet::contracts::AnyApi {\n public:\n"]
    out += ["    virtual %s;\n" % (signature(types, each) % "") for each in contract.operations]
    out.append("};\n\nextern const cumulet::contracts::Service service;\n\n"
               "/// Calls the service through the door that every call takes. Its methods are templates so that only those in "
               "use\n/// are compiled.\nclass Client {\n public:\n"
               "    explicit Client(cumulet::contracts::Door& door) : door_(&door) {}\n\n")
    for number, each in enumerate(contract.operations):
        out.append("    template <typename Self = Client>\n    %s {\n"
                   "        return static_cast<Self*>(this)->template through<%s>(call, %d, request);\n    }\n" % (
                       signature(types, each) % "", types.qualified(each["output_shape"]), number))
    out.append("\n private:\n    template <typename Output, typename Input>\n"
               "    cumulet::Task<Output> through(cumulet::Call& call, size_t operation, Input& request) {\n"
               "        return cumulet::contracts::call_through<Output>(\n            *door_, call, service, "
               "{new Input(std::move(request)), service.operations[operation]});\n    }\n\n"
               "    cumulet::contracts::Door* door_;\n};\n")
    return "".join(out)


def native_headers(contract):
    return sorted({shape["native"]["header"] for shape in contract.shapes.values() if shape.get("native")})


def includes(contract):
    headers = ["base/json.h", "contracts/box.h", "contracts/client.h", "contracts/error.h", "contracts/flag.h", "contracts/shape.h",
               "runtime/byte_stream.h"] + native_headers(contract)
    return "".join('#include "%s"\n' % each for each in sorted(headers))


def header(contract, namespace):
    types = Types(contract, namespace)
    return ("// Generated from contracts/%s by tools/generate_contract.\n#pragma once\n\n"
            "#include <map>\n#include <memory>\n#include <optional>\n#include <string>\n#include <string_view>\n"
            "#include <vector>\n\n%s\nnamespace %s {\n\n%s\n%s%s%s\n}  // namespace %s\n") % (
                contract.name, includes(contract), namespace, enumerations(contract), structs(types), errors(types),
                interfaces(types), namespace)
