"""The AWS CLI that is on the path of the system: /usr/bin/aws, Debian's."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from clients import ENDPOINT, ON_AWS

AWS = "/usr/bin/aws" if pathlib.Path("/usr/bin/aws").exists() else shutil.which("aws")


def run(*words, **options):
    if not AWS:
        raise AssertionError("The AWS CLI is not installed. Run ./dev test, which installs it.")
    endpoint = [] if ON_AWS else ["--endpoint-url", ENDPOINT]
    return subprocess.run([AWS, *endpoint, "--no-cli-pager", "--output", "json", *words], capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL, **options)


class AwsCliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def aws(self, *words):
        """The answer; the test fails if the command does."""
        done = run(*words, cwd=self.folder)
        self.assertEqual(done.returncode, 0, f"aws {' '.join(words)}\n{done.stderr}")
        try:
            return json.loads(done.stdout) if done.stdout.strip() else None
        except ValueError:
            return done.stdout

    def visit(self, path, body=None, headers=None):
        """Status and text of what an API answers."""
        request = urllib.request.Request(ENDPOINT + path, data=body, headers={"content-type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def refused(self, *words):
        done = run(*words, cwd=self.folder)
        self.assertIn(done.returncode, (252, 253, 254, 255), done.stdout)
        return done.stderr
