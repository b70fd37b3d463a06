#!/usr/bin/python3
"""Kills `cumulet serve` while functions handle events: every accepted event is handled, and its end reaches its queue,
and so does every record of a table's stream, which the function refuses.

usage: lambda_crash_test.py CUMULET [--kills N] [--seed S]
"""

import argparse
import base64
import http.client
import io
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import zipfile

from serve_crash_test import BROKEN, Client, Finding, Server

SOURCE = "def handler(event, context):\n    return event['id']\n"  # a stream's event has none
QUEUE = "arn:aws:sqs:us-east-1:000000000000:ends"
FUNCTION = "/2015-03-31/functions"


class Functions:
    """One kept-alive connection that speaks Lambda's protocol."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, method, path, body, expected, **headers):
        self.connection.request(method, path, json.dumps(body), {
            "Content-Type": "application/json",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
                             "SignedHeaders=host, Signature=0", **headers})
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status >= 500:
            raise http.client.HTTPException("%s answers %d" % (path, response.status))
        if response.status != expected:
            raise Finding("%s answers %d: %s" % (path, response.status, text))
        return text


def create(port):
    Client(port).call("sqs", "CreateQueue", QueueName="ends")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", SOURCE)
    functions = Functions(port)
    functions.call("POST", FUNCTION, {
        "FunctionName": "f", "Runtime": "python3.12", "Role": "arn:aws:iam::000000000000:role/r", "Timeout": 1,
        "Handler": "index.handler", "Code": {"ZipFile": base64.b64encode(package.getvalue()).decode()}}, 201)
    functions.call("PUT", "/2019-09-25/functions/f/event-invoke-config",
                   {"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}, "OnFailure": {"Destination": QUEUE}}}, 200)


def map_stream(port):
    client = Client(port)
    table = client.call("dynamodb", "CreateTable", TableName="table", BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    Functions(port).call("POST", "/2015-03-31/event-source-mappings", {
        "FunctionName": "f", "EventSourceArn": table["TableDescription"]["LatestStreamArn"], "StartingPosition": "LATEST",
        "BatchSize": 1, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}, 202)


class Load:
    """Callers that queue events in one process, until it is gone."""

    def __init__(self, port, accepted, written, seed):
        self.port, self.accepted, self.written = port, accepted, written
        self.ended = threading.Event()
        self.findings = []
        self.threads = [threading.Thread(target=self._run, args=("%s/%d" % (seed, i),)) for i in range(3)]
        for thread in self.threads:
            thread.start()

    def _run(self, seed):
        rng = random.Random(seed)
        try:
            client, tables = Functions(self.port), Client(self.port)
            while not self.ended.is_set():
                name = "%016x" % rng.getrandbits(64)
                client.call("POST", FUNCTION + "/f/invocations", {"id": name}, 202, **{"X-Amz-Invocation-Type": "Event"})
                self.accepted.append(name)
                if rng.random() < 0.1:
                    tables.call("dynamodb", "PutItem", TableName="table", Item={"id": {"S": name}})
                    self.written.append(name)
                time.sleep(0.002)
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


def advance(port):
    """What a killed process had claimed is tried again once its time is up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/_cumulet/clock", json.dumps({"advance": "PT1M"}))
    connection.getresponse().read()


def check(port, accepted, written):
    client = Client(port)
    url = client.call("sqs", "GetQueueUrl", QueueName="ends")["QueueUrl"]
    missing, refused, deadline = set(accepted), set(), time.monotonic() + 60
    advance(port)
    while missing or len(refused) < len(written):
        if time.monotonic() > deadline:
            raise Finding("%d of %d accepted events have no end, of %d records %d have" % (
                len(missing), len(accepted), len(written), len(refused)))
        messages = client.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", ())
        for message in messages:
            record = json.loads(message["Body"])
            if "DDBStreamBatchInfo" in record:
                refused.add(record["DDBStreamBatchInfo"]["startSequenceNumber"])
                continue
            if record["requestContext"]["condition"] != "Success":
                raise Finding("an event failed: %s" % message["Body"])
            missing.discard(record["requestPayload"]["id"])
        if messages:
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            client.call("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=entries)


def run(program, folder, kills, seed):
    rng = random.Random(seed)
    accepted, written = [], []
    for number in range(kills + 1):
        server = Server(program, folder)
        try:
            port = server.wait_until_ready()
            if number == 0:
                create(port)
                map_stream(port)
            if number == kills:
                check(port, accepted, written)
                break
            load = Load(port, accepted, written, "%s/%d" % (seed, number))
            time.sleep(0.5 + rng.random())
            server.kill()
            load.stop()
        finally:
            server.kill()
    if len(accepted) < 50:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d events and %d records, all came to their end" % (kills, len(accepted), len(written)))


def too_late(_number, _frame):
    raise Finding("it took longer than 150 s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", default=str(random.SystemRandom().getrandbits(32)))
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(150)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulet-crash-"))
    try:
        run(arguments.program, folder, arguments.kills, arguments.seed)
    except Finding as finding:
        print("seed %s: %s\nits state is in %s" % (arguments.seed, finding, folder))
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
