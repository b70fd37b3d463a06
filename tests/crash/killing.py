"""What every test needs that kills `cumulet serve` over and over: the process, callers, and a command line."""

import argparse
import http.client
import json
import pathlib
import queue
import random
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

BROKEN = (OSError, http.client.HTTPException)
QUIET_SECONDS = 4


class Finding(Exception):
    pass


class Server:
    """One process of Cumulet, over a folder that outlives it."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--data", str(folder / "data"), "--init-hooks", str(folder / "none")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.said = []
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self._listen, args=(stream,), daemon=True).start()

    def _listen(self, stream):
        for line in stream:
            self.said.append(line)
            self.lines.put(line)
        self.lines.put("")

    def wait_until_ready(self):
        port, ready = None, False
        deadline = time.monotonic() + 30
        while port is None or not ready:  # the two come by different pipes
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise Finding("it is not ready within 30 s") from None
            if not line:
                raise Finding("it ended before it was ready:\n" + "".join(self.said[-20:]))
            if match := re.search(r"Listening address=\S*?127\.0\.0\.1:(\d+)", line):
                port = int(match.group(1))
            ready = ready or line.startswith("Ready.")
        return port

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)


class Client:
    """One kept-alive connection."""

    SERVICES = {"sqs": ("AmazonSQS.", "1.0"), "dynamodb": ("DynamoDB_20120810.", "1.0"),
                "streams": ("DynamoDBStreams_20120810.", "1.0")}

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, service, operation, **members):
        prefix, version = self.SERVICES[service]
        self.connection.request("POST", "/", json.dumps(members), {
            "Content-Type": "application/x-amz-json-" + version,
            "X-Amz-Target": prefix + operation,
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/%s/aws4_request, "
                             "SignedHeaders=host, Signature=0" % ("dynamodb" if service == "streams" else service),
        })
        response = self.connection.getresponse()
        body = response.read()
        if response.status >= 500:
            raise http.client.HTTPException("%s answers %d" % (operation, response.status))
        if response.status != 200:
            raise Finding("%s answers %d: %s" % (operation, response.status, body.decode()))
        return json.loads(body)


class Callers:
    """Threads that call one process, until it is gone. Each runs a function of `work` with numbers of its own."""

    def __init__(self, work, seed):
        self.ended = threading.Event()
        self.findings = []
        self.threads = [threading.Thread(target=self._run, args=(function, random.Random("%s/%d" % (seed, i))))
                        for i, function in enumerate(work)]
        for thread in self.threads:
            thread.start()

    def _run(self, function, rng):
        try:
            function(rng)
        except BROKEN:
            pass  # it was killed; nothing is known of what was under way
        except Exception as error:  # pylint: disable=broad-except
            self.findings.append(error)

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(timeout=30)
            if thread.is_alive():
                raise Finding("a caller is still waiting")
        if self.findings:
            raise self.findings[0]


def drain(port, name):
    """Receives and deletes all messages of a queue, in the order they come."""
    client = Client(port)
    url = client.call("sqs", "GetQueueUrl", QueueName=name)["QueueUrl"]
    came, quiet_since = [], time.monotonic()
    while time.monotonic() < quiet_since + QUIET_SECONDS:
        messages = client.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ())
        if messages:
            came += [message["Body"] for message in messages]
            delete(client, url, messages)
            quiet_since = time.monotonic()
    return came


def delete(client, url, messages):
    entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)]
    client.call("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=entries)


def kill_over_and_over(program, folder, kills, seed, create, load, check, least_seconds=0.1):
    """`create(port)` once; then `load(port, seed)`, callers whose process is killed; after the last kill `check(port)`."""
    rng = random.Random(seed)
    for number in range(kills + 1):
        server = Server(program, folder)
        try:
            port = server.wait_until_ready()
            if number == 0:
                create(port)
            if number == kills:
                check(port)
                break
            callers = load(port, "%s/%d" % (seed, number))
            time.sleep(least_seconds + rng.random())
            server.kill()
            callers.stop()
        finally:
            server.kill()


def too_late(_number, _frame):
    raise Finding("it took longer than 150 s")


def main(body, kills):
    """Runs a test from its command line; a finding leaves the folder behind, and names the seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(150)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulet-crash-"))
    try:
        body(arguments.program, folder, arguments.kills, arguments.seed)
    except Finding as finding:
        print("seed %s: %s\nits state is in %s" % (arguments.seed, finding, folder))
        return 1
    shutil.rmtree(folder)
    return 0
