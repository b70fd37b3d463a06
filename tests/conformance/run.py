#!/usr/bin/python3
"""Runs one suite of real clients against Cumulet.

    run.py --cumulet build/release/cumulet sqs.test.mjs [--serve "--signatures check"]

Starts a server of its own on a free port, without data of earlier runs, and stops it afterwards. With CUMULET_ENDPOINT set
nothing is started and the suite runs against that endpoint; CUMULET_ENDPOINT=aws means AWS itself, with the credentials and
the region of the environment. Names of resources are new in every run, and suites delete what they made.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent
OLDEST_NODE = 20
START_SECONDS = 20
STOP_SECONDS = 10


class Server:
    """`cumulet serve` on a free port of the loopback interface."""

    def __init__(self, program, flags, folder):
        self.log = open(folder / "server.log", "w+", encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--ephemeral", "--data", folder / "state", *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        ready = threading.Event()
        threading.Thread(target=self.read_output, args=(ready,), daemon=True).start()
        if not ready.wait(START_SECONDS) or self.process.poll() is not None:
            self.stop()
            sys.exit(f"cumulet did not become ready:\n{self.text()}")
        if not (address := re.search(r"Listening address=(127\.0\.0\.1:\d+)", self.text())):
            self.stop()
            sys.exit(f"cumulet did not say where it listens:\n{self.text()}")
        self.endpoint = f"http://{address[1]}"

    def read_output(self, ready):
        for line in self.process.stdout:
            if line.strip() == "Ready.":
                ready.set()
        ready.set()

    def text(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        """Its exit status; a server that does not stop when asked to is killed, which counts as a failure."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed: it did not stop when asked to"


def node():
    """The system's Node.js if the SDK accepts it, otherwise the one that npm installed."""
    candidates = [shutil.which("node"), *sorted(map(str, FOLDER.glob("node_modules/node-linux-*/bin/node")))]
    for candidate in filter(None, candidates):
        try:
            version = subprocess.run([candidate, "--version"], capture_output=True, text=True, timeout=30).stdout
        except OSError:
            continue  # another machine's architecture
        if (match := re.match(r"v(\d+)\.", version)) and int(match[1]) >= OLDEST_NODE:
            return candidate
    sys.exit(f"No Node.js of version {OLDEST_NODE} or newer. Run ./dev test, which installs one from npm.")


def command(suite):
    if suite.suffix != ".mjs":
        return ["/usr/bin/python3", "-W", "ignore::ResourceWarning", "-m", "unittest", "-v", suite.stem]
    if not (FOLDER / "node_modules" / "@aws-sdk" / "client-sqs").is_dir():
        sys.exit("The SDK is not installed: tests/conformance/node_modules is missing. Run ./dev test, which installs it.")
    return [node(), "--test", "--test-reporter=spec", suite]


def run_suite(suite, endpoint):
    # Nothing of the user's own configuration or of a proxy may come between client and server.
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    if endpoint != "aws":
        environment = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        environment |= {
            "AWS_ACCESS_KEY_ID": os.environ.get("CUMULET_ACCESS_KEY_ID", "test"),
            "AWS_SECRET_ACCESS_KEY": os.environ.get("CUMULET_SECRET_ACCESS_KEY", "test"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
    environment |= {"CUMULET_ENDPOINT": endpoint, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command(suite), cwd=FOLDER, env=environment).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cumulet", default=FOLDER.parents[1] / "build" / "release" / "cumulet", help="the built program")
    parser.add_argument("--serve", default="", help="further flags of `cumulet serve`")
    parser.add_argument("suite", type=lambda name: FOLDER / name)
    arguments = parser.parse_args()
    if endpoint := os.environ.get("CUMULET_ENDPOINT"):
        return run_suite(arguments.suite, endpoint)

    with tempfile.TemporaryDirectory(prefix="cumulet-conformance-") as folder:
        server = Server(arguments.cumulet, shlex.split(arguments.serve), pathlib.Path(folder))
        started = time.monotonic()
        try:
            status = run_suite(arguments.suite, server.endpoint)
            alive = server.process.poll() is None
        finally:
            end = server.stop()
        if not alive:
            print(f"The server ended during the suite: {end}", file=sys.stderr)
        elif end != 0:
            print(f"The server's end: {end}", file=sys.stderr)
        if status or not alive or end != 0:
            print(f"The server's log, after {time.monotonic() - started:.1f} s:\n{server.text()[-20000:]}", file=sys.stderr)
            return 1
        return 0


if __name__ == "__main__":
    sys.exit(main())
