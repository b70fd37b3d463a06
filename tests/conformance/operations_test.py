"""Every operation that docs/coverage.md counts as built is called by its service's suite."""

import pathlib
import re
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
COVERAGE = FOLDER.parents[1] / "docs" / "coverage.md"
# The document client's names for DynamoDB's operations.
DOCUMENT_CLIENT = {"GetItem": "Get", "PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete",
                   "BatchGetItem": "BatchGet", "BatchWriteItem": "BatchWrite",
                   "TransactGetItems": "TransactGet", "TransactWriteItems": "TransactWrite"}


def built_operations():
    """{service: operations}"""
    built, service = {}, None
    for line in COVERAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"`([a-z0-9]+)`: \d+ of \d+ operations", line):
            service = match[1]
        elif match := re.match(r"\| (\w+) \| built", line):
            built.setdefault(service, []).append(match[1])
    return built


class Operations(unittest.TestCase):
    def test_every_built_operation_is_called(self):
        built = built_operations()
        self.assertGreater(len(built), 5)
        for service, operations in built.items():
            suites = [FOLDER / f"{service}.test.mjs", *FOLDER.glob(f"{service}-*.test.mjs")]
            suite = "".join(path.read_text(encoding="utf-8") for path in suites)
            called = set(re.findall(r"\b(\w+)Command\b", suite))
            missing = [name for name in operations if name not in called and DOCUMENT_CLIENT.get(name) not in called]
            self.assertEqual(missing, [], f"no suite of {service} calls these")


if __name__ == "__main__":
    unittest.main()
