#!/usr/bin/python3
"""Who may include whom: src/LAYERS against every #include of src/."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)

# Libraries that cost much to include, or that belong to one folder's purpose.
ONLY_IN = {
    re.compile(r"boost/(asio|beast)"): {"net"},
    re.compile(r"CLI/"): {"main"},
    re.compile(r"rocksdb/|libpq-fe"): {"store"},
}


def read_layers(text):
    """{layer: what it may include}. Notes after '#' add permissions: "iam and sts also: auth; lambda also: net"."""
    layers = {}
    exceptions = {}
    for line in text.splitlines():
        line, _, note = line.partition("#")
        if not (words := line.split()):
            continue
        layer, allowed = words[0], set(words[1:])
        if allowed == {"everything"}:
            allowed = set(layers) | {"services/*"}
        elif unknown := allowed - set(layers):
            raise ValueError("%s names %s, which no line above it declares" % (layer, ", ".join(sorted(unknown))))
        layers[layer] = allowed | {layer}
        for services, more in re.findall(r"([a-z0-9 ]+?) also: ([a-z ]+)", note):
            for service in services.replace(" and ", " ").split():
                exceptions["services/" + service] = set(more.split())
    return layers, exceptions


def layer_of(path):
    """"net/http.h" -> "net"; "services/sqs/queue.h" -> "services/sqs"."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "services" else parts[0]


def faults(path, text, layers, exceptions):
    """What is wrong with the includes of the file `path` (relative to src/)."""
    layer = layer_of(path)
    rule = "services/*" if layer.startswith("services/") else layer
    if rule not in layers:
        return ["%s: no line of LAYERS allows a folder %s" % (path, layer)]
    allowed = layers[rule] | exceptions.get(layer, set())
    found = []
    for bracket, name in INCLUDE.findall(text):
        for pattern, owners in ONLY_IN.items():
            if pattern.match(name) and layer not in owners:
                found.append("%s: <%s> belongs to %s alone" % (path, name, ", ".join(owners)))
        if bracket == "<":
            continue
        if "/" not in name:
            found.append('%s: "%s" is not written from src/' % (path, name))
            continue
        target = layer_of(name)
        if target == layer or (target.startswith("services/") and layer == "main"):
            continue
        if target.startswith("services/") or target not in allowed:
            found.append('%s: %s may not include "%s"' % (path, layer, name))
    return found


class Layers(unittest.TestCase):
    def setUp(self):
        self.layers, self.exceptions = read_layers((SOURCE / "LAYERS").read_text())

    def test_every_include_is_allowed(self):
        found = []
        files = [path for path in sorted(SOURCE.rglob("*")) if path.suffix in (".h", ".cc")]
        self.assertGreater(len(files), 20)
        for path in files:
            found += faults(str(path.relative_to(SOURCE)), path.read_text(), self.layers, self.exceptions)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def refused(self, path, text):
        return faults(path, text, self.layers, self.exceptions) != []

    def test_a_service_never_includes_its_neighbour(self):
        self.assertTrue(self.refused("services/sqs/send.cc", '#include "services/lambda/service.h"'))
        self.assertFalse(self.refused("services/sqs/send.cc", '#include "services/sqs/queue.h"'))
        self.assertFalse(self.refused("services/sqs/send.cc", '#include "contracts/lambda.h"'))

    def test_a_layer_never_includes_one_that_it_does_not_name(self):
        self.assertTrue(self.refused("base/json.cc", '#include "runtime/task.h"'))
        self.assertTrue(self.refused("store/store.h", '#include "contracts/shape.h"'))
        self.assertTrue(self.refused("dispatch/door.cc", '#include "services/sqs/service.h"'))
        self.assertTrue(self.refused("services/sqs/send.cc", '#include "net/client.h"'))
        self.assertFalse(self.refused("services/lambda/pool.cc", '#include "net/client.h"'))
        self.assertFalse(self.refused("main/main.cc", '#include "services/sqs/service.h"'))

    def test_an_unknown_folder_is_refused(self):
        self.assertTrue(self.refused("util/strings.h", ""))

    def test_costly_libraries_stay_where_they_are_hidden(self):
        self.assertTrue(self.refused("dispatch/door.cc", "#include <boost/asio/io_context.hpp>"))
        self.assertTrue(self.refused("net/http.cc", "#include <CLI/CLI.hpp>"))
        self.assertTrue(self.refused("services/dynamodb/get.cc", "#include <rocksdb/db.h>"))
        self.assertFalse(self.refused("net/http.cc", "#include <boost/beast/http.hpp>"))

    def test_a_line_names_only_lines_above_it(self):
        with self.assertRaises(ValueError):
            read_layers("base runtime\nruntime\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
