"""What tests of whole applications need: a Cumulet of their own, its command line, HTTP, and bounded waiting.

Standard library only. Every process that is started here ends with the test, even if the test is killed."""

import argparse
import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from xml.etree import ElementTree

SKIPPED = 77  # what ctest shows as skipped, not as passed
AMAZON_DATE = "20260101"


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def wait_for(what, condition, seconds=60):
    """The first result of `condition` that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError("waited %d s for: %s" % (seconds, what))
        time.sleep(0.05)


class Cloud:
    """One Cumulet process."""

    def __init__(self, binary, folder, *arguments):
        self.binary, self.folder, self.arguments = binary, pathlib.Path(folder), list(arguments)
        self.port, self.process, self.lines = 0, None, []

    def start(self):
        """Starts it, the next time on the port that it had."""
        command = [self.binary, "serve", "--data", str(self.folder), "--listen", "127.0.0.1:%d" % self.port, *self.arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK_"))}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
                                        preexec_fn=end_with_parent)
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process.stdout, ready), daemon=True).start()
        if not ready.wait(60) or not self.port:
            raise AssertionError("Cumulet does not start:\n" + "".join(self.lines))
        return self

    def _read(self, stream, ready):
        for line in stream:
            self.lines.append(line)
            if found := re.search(r"Listening address=127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if line == "Ready.\n":
                ready.set()
        ready.set()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0, "Cumulet did not stop well:\n" + "".join(self.lines[-20:])

    @property
    def endpoint(self):
        return "http://127.0.0.1:%d" % self.port

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *command, expect=0, cwd=None):
        """Runs a client program against this cloud. What it printed."""
        done = subprocess.run([str(word) for word in command], env=self.environment(), cwd=cwd, text=True, timeout=180,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        sys.stdout.write(done.stdout)
        assert done.returncode == expect, "%s: exit code %d" % (" ".join(map(str, command)), done.returncode)
        return done.stdout

    def cumulet(self, *arguments, expect=0):
        return self.run(self.binary, *arguments, expect=expect)

    def http(self, method, url, body=None, headers=None):
        """(status, body) of a request to one of this cloud's host names, whatever DNS says about them."""
        parts = urllib.parse.urlsplit(url if "://" in url else self.endpoint + url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        host = parts.netloc.split(":")[0] + ":%d" % self.port
        connection.request(method, target, body, {"Host": host, **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def json_http(self, method, url, value=None):
        headers = {"Content-Type": "application/json"} if value is not None else None
        status, text = self.http(method, url, None if value is None else json.dumps(value), headers)
        return status, json.loads(text or "null")

    def _signed(self, service):
        return {"Authorization": "AWS4-HMAC-SHA256 Credential=test/%s/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"
                                 % (AMAZON_DATE, service)}

    def aws_json(self, service, target, value, version="1.0"):
        headers = {"Content-Type": "application/x-amz-json-" + version, "X-Amz-Target": target, **self._signed(service)}
        status, text = self.http("POST", "/", json.dumps(value), headers)
        assert status == 200, "%s: %d %s" % (target, status, text)
        return json.loads(text)

    def aws_query(self, service, version, action, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._signed(service)}
        form = urllib.parse.urlencode({"Action": action, "Version": version, **fields})
        status, text = self.http("POST", "/", form, headers)
        assert status == 200, "%s: %d %s" % (action, status, text)
        return text

    def aws_rest(self, service, path):
        status, text = self.http("GET", path, None, self._signed(service))
        assert status == 200, "%s: %d %s" % (path, status, text)
        return json.loads(text)

    def outputs(self, stack):
        text = self.aws_query("cloudformation", "2010-05-15", "DescribeStacks", StackName=stack)
        members = ElementTree.fromstring(text).iterfind(".//{*}Outputs/{*}member")
        return {member.findtext("{*}OutputKey"): member.findtext("{*}OutputValue") for member in members}

    def advance(self, duration):
        assert self.json_http("POST", "/_cumulet/clock", {"advance": duration})[0] == 200

    def remains(self):
        """What exists of all that applications are made of: {kind: names}."""
        found = {
            "tables": self.aws_json("dynamodb", "DynamoDB_20120810.ListTables", {})["TableNames"],
            "queues": self.aws_json("sqs", "AmazonSQS.ListQueues", {}).get("QueueUrls", []),
            "topics": re.findall(r"<TopicArn>(.*?)</TopicArn>", self.aws_query("sns", "2010-03-31", "ListTopics")),
            "log groups": [each["logGroupName"] for each in
                           self.aws_json("logs", "Logs_20140328.DescribeLogGroups", {}, "1.1")["logGroups"]],
            "functions": [each["FunctionName"] for each in self.aws_rest("lambda", "/2015-03-31/functions/")["Functions"]],
            "event sources": [each["UUID"] for each in
                              self.aws_rest("lambda", "/2015-03-31/event-source-mappings/")["EventSourceMappings"]],
            "APIs": [each["apiId"] for each in self.aws_rest("apigateway", "/v2/apis")["items"]],
            "roles": re.findall(r"<RoleName>(.*?)</RoleName>", self.aws_query("iam", "2010-05-08", "ListRoles")),
            "stacks": re.findall(r"<StackName>(.*?)</StackName>",
                                 self.aws_query("cloudformation", "2010-05-15", "DescribeStacks")),
        }
        return {kind: names for kind, names in found.items() if names}


class Postgres:
    """A PostgreSQL server in a temporary folder, on a UNIX socket only."""

    def __init__(self, folder):
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            print("PostgreSQL is not installed: apt-get install postgresql")
            sys.exit(SKIPPED)
        self.programs, self.folder = programs[-1].parent, pathlib.Path(folder)
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.folder.mkdir()
        self.folder.parent.chmod(0o711)  # PostgreSQL does not run as root, and must get to its folder
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")

    def start(self):
        log = open(self.folder / "log", "w")
        subprocess.run([self.programs / "initdb", "-D", self.folder / "data", "-U", "cumulet", "-A", "trust", "-E", "UTF8",
                        "--locale=C", "--no-sync"], check=True, stdout=log, stderr=log, cwd="/", **self.user)
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            stdout=log, stderr=log, cwd="/", preexec_fn=end_with_parent, **self.user)
        ready = [self.programs / "pg_isready", "-q", "-h", self.folder, "-d", "postgres"]
        wait_for("PostgreSQL answers", lambda: subprocess.run(ready).returncode == 0)
        return self

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    @property
    def connection(self):
        return "host=%s user=cumulet dbname=postgres" % self.folder


def aws_that_knows_endpoints():
    """The first `aws` on the path that reads AWS_ENDPOINT_URL: 1.29 or 2.13 and newer. Without one, the test is skipped."""
    for folder in os.environ["PATH"].split(os.pathsep):
        program = os.path.join(folder, "aws")
        if not os.access(program, os.X_OK):
            continue
        text = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        if found := re.search(r"aws-cli/(\d+)\.(\d+)", text):
            if (int(found[1]), int(found[2])) >= ((1, 29) if found[1] == "1" else (2, 13)):
                return program
            print("%s is %s, which does not read AWS_ENDPOINT_URL" % (program, found[0]))
    print("Skipped: no aws on the path reads AWS_ENDPOINT_URL (1.29 or 2.13 and newer)")
    sys.exit(SKIPPED)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", required=True, help="the cumulet to test")
    parser.add_argument("--deployer", choices=["cumulet", "aws"], default="cumulet", help="who deploys")
    parser.add_argument("--postgres", action="store_true", help="run as two processes that share a PostgreSQL")
    return parser.parse_args()


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="cumulet-example-")
