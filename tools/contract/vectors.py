"""Contracts for the protocol cases: each suite of a file is a service of its own, in a namespace of its own."""

import json

from contract import header, tables
from contract.model import Contract


def generate(file):
    """(name, header, source) of a file <direction>/<protocol>.json. The header declares the registry of its suites."""
    suites = json.loads(file.read_text())
    name = "%s_%s" % (file.stem.replace("-", "_").replace(".", "_"), file.parent.name)
    parts = []
    for number, suite in enumerate(suites):
        given = {case["given"]["name"]: case["given"] for case in suite["cases"]}
        metadata = dict(suite["metadata"])
        metadata.setdefault("endpointPrefix", "vectors")
        contract = Contract("vectors", {"metadata": metadata, "shapes": suite["shapes"], "operations": given})
        namespace = "aws::vectors::%s_s%d" % (name, number)
        types = header.Types(contract, namespace)
        table = tables.Tables(contract, namespace, types)
        parts.append("namespace %s {\n\n%s%s%s\n%s%s%s\n%s\n}  // namespace %s\n\n" % (
            namespace, header.enumerations(contract), header.structs(types), header.errors(types) + header.interfaces(types),
            table.shapes(), table.errors(), table.operations(), table.methods(), namespace))
    registry = "".join("    {%d, &%s_s%d::service},\n" % (number, name, number) for number in range(len(suites)))
    header_text = ("// Generated from protocol cases by tools/generate_contract.\n#pragma once\n\n#include <span>\n\n"
                   '#include "contracts/vectors.h"\n\nnamespace aws::vectors {\n\n'
                   "extern const std::span<const Suite> %s;\n\n}  // namespace aws::vectors\n" % name)
    includes = ('#include "contracts/vectors_%s.h"\n\n#include "base/json.h"\n#include "contracts/box.h"\n'
                '#include "contracts/client.h"\n#include "contracts/error.h"\n#include "contracts/flag.h"\n#include "contracts/ops.h"\n'
                '#include "runtime/byte_stream.h"\n\n' % name)
    # A file may have no cases, and an array needs an element.
    table = ("static constinit const Suite suites_of_%s[] = {\n%s};\nconstinit const std::span<const Suite> %s = suites_of_%s;\n"
             % (name, registry, name, name)) if suites else "constinit const std::span<const Suite> %s;\n" % name
    source_text = ("// Generated from protocol cases by tools/generate_contract.\n%s%snamespace aws::vectors {\n\n%s"
                   "\n}  // namespace aws::vectors\n" % (includes, "".join(parts), table))
    return "vectors_" + name, header_text, source_text
