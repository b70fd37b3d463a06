#!/usr/bin/python3
"""Kills `cumulet serve` while functions handle events: every accepted event is handled, and its end reaches its queue,
and so does every record of a table's stream, which the function refuses.

usage: lambda_crash_test.py CUMULET [--kills N] [--seed S]
"""

import base64
import http.client
import io
import json
import sys
import time
import zipfile

from killing import Callers, Client, Finding, delete, kill_over_and_over, main

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


class Load(Callers):
    def __init__(self, port, accepted, written, seed):
        self.port, self.accepted, self.written = port, accepted, written
        super().__init__([self.queue_events] * 3, seed)

    def queue_events(self, rng):
        client, tables = Functions(self.port), Client(self.port)
        while not self.ended.is_set():
            name = "%016x" % rng.getrandbits(64)
            client.call("POST", FUNCTION + "/f/invocations", {"id": name}, 202, **{"X-Amz-Invocation-Type": "Event"})
            self.accepted.append(name)
            if rng.random() < 0.1:
                tables.call("dynamodb", "PutItem", TableName="table", Item={"id": {"S": name}})
                self.written.append(name)
            time.sleep(0.002)


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
            delete(client, url, messages)


def create_all(port):
    create(port)
    map_stream(port)


def run(program, folder, kills, seed):
    accepted, written = [], []
    kill_over_and_over(program, folder, kills, seed, create_all, lambda port, seed: Load(port, accepted, written, seed),
                       lambda port: check(port, accepted, written), least_seconds=0.5)
    if len(accepted) < 50:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d events and %d records, all came to their end" % (kills, len(accepted), len(written)))


if __name__ == "__main__":
    sys.exit(main(run, kills=4))
