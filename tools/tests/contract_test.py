#!/usr/bin/python3
"""The contract generator: patches, names, the order of structs, and every model that is imported."""

import pathlib
import sys
import tempfile
import subprocess
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from contract import header, model, names, order, tables  # noqa: E402


def small(shapes, input_shape="In"):
    """A contract of one operation whose input is `input_shape`."""
    return {"metadata": {"protocol": "json", "endpointPrefix": "x"},
            "operations": {"Do": {"name": "Do", "input": {"shape": input_shape}}}, "shapes": shapes}


class Patches(unittest.TestCase):
    def apply(self, correction):
        contract = small({"In": {"type": "structure", "members": {"A": {"shape": "S"}}}, "S": {"type": "string", "max": 5}})
        model.apply_patch(contract, {"corrections": [correction]}, "patch.json")
        return contract

    def test_sets_and_removes_what_it_names(self):
        contract = self.apply({"reason": "because", "set": {"shapes/S/min": 1, "shapes/In/required": ["A"]},
                               "remove": ["shapes/S/max"]})
        self.assertEqual(contract["shapes"]["S"], {"type": "string", "min": 1})
        self.assertEqual(contract["shapes"]["In"]["required"], ["A"])

    def test_refuses_what_does_not_apply(self):
        for correction, problem in (
                ({"set": {"shapes/S/min": 1}}, "no reason"),
                ({"reason": "r", "set": {"shapes/Missing/min": 1}}, "nothing at shapes/Missing/min"),
                ({"reason": "r", "set": {"shapes/S/max": 5}}, "has this value already"),
                ({"reason": "r", "remove": ["shapes/S/min"]}, "nothing at shapes/S/min"),
                ({"reason": "r", "sets": {}}, "unknown sets")):
            with self.subTest(problem), self.assertRaisesRegex(model.ContractError, problem):
                self.apply(correction)

    def test_a_patch_that_does_not_apply_fails_the_generator(self):
        with tempfile.TemporaryDirectory() as folder:
            service = pathlib.Path(folder) / "sqs"
            service.mkdir()
            (service / "model.json").write_text((ROOT / "contracts/sqs/model.json").read_text())
            (service / "patch.json").write_text('{"corrections": [{"reason": "r", "remove": ["shapes/Nothing"]}]}')
            run = subprocess.run([str(ROOT / "tools/generate_contract"), str(service), folder + "/out"],
                                 capture_output=True, text=True)
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("nothing at shapes/Nothing", run.stderr)
            self.assertFalse((pathlib.Path(folder) / "out/sqs.h").exists())


class Names(unittest.TestCase):
    def test_operations_become_methods(self):
        for operation, method in (("SendMessage", "send_message"), ("GetQueueUrl", "get_queue_url"),
                                  ("ListObjectsV2", "list_objects_v2"), ("CreateDBInstance", "create_db_instance"),
                                  ("GetObjectACL", "get_object_acl"), ("Delete", "delete_")):
            self.assertEqual(names.snake_case(operation), method)

    def test_clashing_names_get_an_underscore(self):
        for name, expected in (("default", "default_"), ("NULL", "NULL_"), ("x-amz", "x_amz"), ("2xx", "_2xx")):
            self.assertEqual(names.identifier(name), expected)
        self.assertEqual(names.identifier("Api", names.TAKEN_IN_NAMESPACE), "Api_")

    def test_no_text_breaks_out_of_a_literal(self):
        self.assertEqual(names.quoted('a"\\\n??/é'), '"a\\"\\\\\\012\\?\\?/\\303\\251"')


class Order(unittest.TestCase):
    def contract(self, shapes):
        return model.Contract("x", small(shapes))

    def test_what_is_held_by_value_comes_first(self):
        contract = self.contract({
            "In": {"type": "structure", "members": {"Z": {"shape": "Z"}, "L": {"shape": "L"}}},
            "L": {"type": "list", "member": {"shape": "Y"}},
            "Y": {"type": "structure", "members": {"Z": {"shape": "Z"}}},
            "Z": {"type": "structure", "members": {"Back": {"shape": "L"}}}})
        found, boxed = order.definition_order(contract)
        self.assertLess(found.index("Z"), found.index("Y"))
        self.assertLess(found.index("Z"), found.index("In"))
        self.assertEqual(boxed, set())

    def test_a_struct_that_contains_itself_holds_a_box(self):
        contract = self.contract({
            "In": {"type": "structure", "members": {"A": {"shape": "A"}}},
            "A": {"type": "structure", "members": {"B": {"shape": "B"}}},
            "B": {"type": "structure", "members": {"A": {"shape": "A"}}}})
        _, boxed = order.definition_order(contract)
        self.assertEqual(boxed, {("A", "B"), ("B", "A")})
        self.assertIn("cumulet::contracts::Box<aws::x::B> B;", header.header(contract, "aws::x"))


class Generation(unittest.TestCase):
    def test_every_imported_model_generates(self):
        folders = sorted(path.parent for path in (ROOT / "contracts").glob("*/model.json"))
        self.assertGreater(len(folders), 0)
        for folder in folders:
            with self.subTest(folder.name):
                contract = model.Contract(folder.name, model.read(folder))
                text = header.header(contract, "aws::x") + tables.source(contract, "aws::x", "x.h")
                for operation in contract.operations:
                    self.assertIn('"%s"' % operation["name"], text)

    def test_an_operation_without_structures_gets_empty_ones(self):
        contract = model.Contract("x", {"metadata": {"protocol": "query"}, "operations": {"Do": {"name": "Do"}}, "shapes": {}})
        text = header.header(contract, "aws::x")
        self.assertIn("virtual cumulet::Task<aws::x::DoResponse> do_(cumulet::Call& call, aws::x::DoRequest request);", text)

    def test_errors_take_their_status_from_the_model(self):
        shapes = {"In": {"type": "structure", "members": {}},
                  "Gone": {"type": "structure", "exception": True, "members": {"Message": {"shape": "T"}, "code": {"shape": "T"}},
                           "error": {"httpStatusCode": 410}}, "T": {"type": "string"}}
        source = small(shapes)
        source["operations"]["Do"]["errors"] = [{"shape": "Gone"}]
        contract = model.Contract("x", source)
        self.assertIn("std::optional<std::string> code_;", header.header(contract, "aws::x"))
        text = tables.source(contract, "aws::x", "x.h")
        self.assertIn("offsetof(aws::x::Gone, message)", text)
        self.assertIn('::aws::Error("Gone", std::move(message), 410, true)', text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
