#!/usr/bin/python3
"""Kills `cumulet serve` while objects come and go: of every change that was acknowledged the bucket's queue is told.

usage: s3_crash_test.py CUMULET [--kills N] [--seed S]
"""

import http.client
import json
import sys

from killing import Callers, Client, Finding, drain, kill_over_and_over, main

BUCKET, QUEUE = "uploads", "told"
CONFIGURATION = """<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><QueueConfiguration>
<Queue>arn:aws:sqs:us-east-1:000000000000:%s</Queue><Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event>
</QueueConfiguration></NotificationConfiguration>""" % QUEUE


class Objects:
    """One kept-alive connection that speaks S3's protocol."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, method, path, body=""):
        self.connection.request(method, "/" + BUCKET + path, body, {
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        response = self.connection.getresponse()
        answer = response.read().decode()
        if response.status >= 500:
            raise http.client.HTTPException("%s %s answers %d" % (method, path, response.status))
        if response.status >= 300:
            raise Finding("%s %s answers %d: %s" % (method, path, response.status, answer))


def create(port):
    Client(port).call("sqs", "CreateQueue", QueueName=QUEUE)
    objects = Objects(port)
    objects.call("PUT", "")
    objects.call("PUT", "?notification", CONFIGURATION)


class Load(Callers):
    def __init__(self, port, acknowledged, seed):
        self.acknowledged = acknowledged
        super().__init__([lambda rng: self.write(Objects(port), rng)] * 6, seed)

    def write(self, objects, rng):
        while not self.ended.is_set():
            key = "%016x" % rng.getrandbits(64)
            objects.call("PUT", "/" + key, "x" * rng.choice((5, 5000)))
            self.acknowledged.append(("ObjectCreated:Put", key))
            if rng.random() < 0.5:
                objects.call("DELETE", "/" + key)
                self.acknowledged.append(("ObjectRemoved:Delete", key))


def check(port, acknowledged):
    came = set()
    for body in drain(port, QUEUE):
        for record in json.loads(body).get("Records", ()):
            came.add((record["eventName"], record["s3"]["object"]["key"]))
    lost = set(acknowledged) - came
    if lost:
        raise Finding("of %d of %d acknowledged changes nobody was told" % (len(lost), len(acknowledged)))


def run(program, folder, kills, seed):
    acknowledged = []
    kill_over_and_over(program, folder, kills, seed, create, lambda port, seed: Load(port, acknowledged, seed),
                       lambda port: check(port, acknowledged))
    if len(acknowledged) < 100:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d changes acknowledged, all told" % (kills, len(acknowledged)))


if __name__ == "__main__":
    sys.exit(main(run, kills=6))
