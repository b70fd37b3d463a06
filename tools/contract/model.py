"""Contract: a model with its patch applied, as the generator's other parts read it."""

import copy
import json
import pathlib


class ContractError(Exception):
    """A model or patch that cannot be generated from; the text says where."""


def read(folder):
    """The model of a folder of contracts/, with its patch."""
    folder = pathlib.Path(folder)
    model = json.loads((folder / "model.json").read_text())
    patch = folder / "patch.json"
    if patch.exists():
        apply_patch(model, json.loads(patch.read_text()), str(patch))
    return model


def apply_patch(model, patch, where):
    """patch.json: {"corrections": [{"reason": "...", "set": {"shapes/Name/…": value}, "remove": ["shapes/…"]}]}.

    A path names what is in the model. `set` needs the place that holds the value, and a value that differs from the
    one there; `remove` needs the value. A correction that no longer applies is an error, so that none is forgotten.
    """
    for number, correction in enumerate(patch["corrections"], 1):
        here = "%s: correction %d" % (where, number)
        if not correction.get("reason"):
            raise ContractError(here + " has no reason")
        if unknown := set(correction) - {"reason", "set", "remove"}:
            raise ContractError("%s: unknown %s" % (here, ", ".join(sorted(unknown))))
        for path, value in correction.get("set", {}).items():
            holder, key = find(model, path, here)
            if holder.get(key) == value:
                raise ContractError("%s: %s has this value already" % (here, path))
            holder[key] = copy.deepcopy(value)
        for path in correction.get("remove", []):
            holder, key = find(model, path, here)
            if key not in holder:
                raise ContractError("%s: nothing at %s" % (here, path))
            del holder[key]


def find(model, path, here):
    *parents, key = path.split("/")
    holder = model
    for parent in parents:
        if not isinstance(holder, dict) or parent not in holder:
            raise ContractError("%s: nothing at %s" % (here, path))
        holder = holder[parent]
    if not isinstance(holder, dict):
        raise ContractError("%s: %s is no object's member" % (here, path))
    return holder, key


class Contract:
    """Shapes and operations ready for generation: only what operations reach, every operation with both structures."""

    def __init__(self, name, model):
        self.name = name
        self.metadata = model["metadata"]
        self.shapes = {}
        self.operations = []
        source = copy.deepcopy(model["shapes"])
        taken = set(source)
        for operation in sorted(model["operations"].values(), key=lambda each: each["name"]):
            operation = copy.deepcopy(operation)
            operation["input_shape"] = self.structure_of(source, taken, operation, "input", ("Request", "Input", "Arguments"))
            operation["output_shape"] = self.structure_of(source, taken, operation, "output", ("Response", "Output", "Answer"))
            self.operations.append(operation)
        self.separate_errors(source)
        roots = [each[key] for each in self.operations for key in ("input_shape", "output_shape")]
        roots += sorted({error["shape"] for each in self.operations for error in each.get("errors", [])})
        self.reach(source, roots)

    @staticmethod
    def structure_of(source, taken, operation, direction, suffixes):
        if direction in operation:
            return operation[direction]["shape"]
        for suffix in suffixes:
            name = operation["name"] + suffix
            if name not in taken:
                source[name] = {"type": "structure", "members": {}}
                taken.add(name)
                return name
        raise ContractError("no free name for the %s of %s" % (direction, operation["name"]))

    @staticmethod
    def separate_errors(source):
        """An error that is also a member's value gets a structure of its own for that use, <Name>Value."""
        for shape in list(source.values()):
            for name, member in list(shape.get("members", {}).items()):
                target = source[member["shape"]]
                if not target.get("exception"):
                    continue
                if shape.get("eventstream"):
                    del shape["members"][name]
                    continue
                value = member["shape"] + "Value"
                if value not in source:
                    source[value] = {k: v for k, v in target.items() if k not in ("exception", "error", "fault")}
                member["shape"] = value
            member = shape.get("member")
            if member and source[member["shape"]].get("exception"):
                value = member["shape"] + "Value"
                if value not in source:
                    target = source[member["shape"]]
                    source[value] = {k: v for k, v in target.items() if k not in ("exception", "error", "fault")}
                member["shape"] = value

    def reach(self, source, roots):
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name in self.shapes:
                continue
            if name not in source:
                raise ContractError("%s: no shape %s" % (self.name, name))
            shape = self.shapes[name] = source[name]
            if not shape.get("native"):
                waiting += [reference["shape"] for reference in self.references(shape)]
        self.shapes = dict(sorted(self.shapes.items()))

    @staticmethod
    def references(shape):
        yield from shape.get("members", {}).values()
        for key in ("member", "key", "value"):
            if key in shape:
                yield shape[key]

    def kind(self, name, member=None):
        """The Kind of a shape, as `member` refers to it."""
        shape = self.shapes[name]
        if shape.get("native"):
            return "native"
        if shape.get("document"):
            return "document"
        if shape.get("eventstream"):
            return "event_stream"
        if shape["type"] == "blob" and (shape.get("streaming") or (member or {}).get("streaming")):
            return "body"
        kinds = {"boolean": "boolean", "integer": "integer", "byte": "integer", "short": "integer", "long": "long_",
                 "bigInteger": "long_", "float": "float_", "double": "double_", "bigDecimal": "double_",
                 "string": "string", "character": "string", "blob": "blob", "timestamp": "timestamp",
                 "structure": "structure", "list": "list", "map": "map"}
        return kinds[shape["type"]]

    def is_error(self, name):
        return bool(self.shapes[name].get("exception"))

    def is_structure(self, name):
        """True for what becomes a plain C++ struct."""
        shape = self.shapes[name]
        return (shape["type"] == "structure" and not shape.get("native") and not shape.get("document")
                and not self.is_error(name))
