#!/usr/bin/python3
"""Kills `cumulet serve` while objects come and go: of every change that was acknowledged the bucket's queue is told.

usage: s3_crash_test.py CUMULET [--kills N] [--seed S]
"""

import http.client
import json
import random
import sys
import threading
import time

from serve_crash_test import BROKEN, Client, Finding, Server, main
from sns_crash_test import drain

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


class Load:
    """Writers against one process, until it is gone."""

    def __init__(self, port, acknowledged, seed):
        self.acknowledged = acknowledged
        self.ended = threading.Event()
        self.findings = []
        self.threads = [threading.Thread(target=self._run, args=(port, "%s/%d" % (seed, i))) for i in range(6)]
        for thread in self.threads:
            thread.start()

    def _run(self, port, seed):
        try:
            self.write(Objects(port), random.Random(seed))
        except BROKEN:
            pass  # it was killed; nothing is known of what was under way
        except Exception as error:  # pylint: disable=broad-except
            self.findings.append(error)

    def write(self, objects, rng):
        while not self.ended.is_set():
            key = "%016x" % rng.getrandbits(64)
            objects.call("PUT", "/" + key, "x" * rng.choice((5, 5000)))
            self.acknowledged.append(("ObjectCreated:Put", key))
            if rng.random() < 0.5:
                objects.call("DELETE", "/" + key)
                self.acknowledged.append(("ObjectRemoved:Delete", key))

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(timeout=30)
            if thread.is_alive():
                raise Finding("a writer is still waiting")
        if self.findings:
            raise self.findings[0]


def check(port, acknowledged):
    came = set()
    for body in drain(port, QUEUE):
        for record in json.loads(body).get("Records", ()):
            came.add((record["eventName"], record["s3"]["object"]["key"]))
    lost = set(acknowledged) - came
    if lost:
        raise Finding("of %d of %d acknowledged changes nobody was told" % (len(lost), len(acknowledged)))


def run(program, folder, kills, seed):
    rng = random.Random(seed)
    acknowledged = []
    for number in range(kills + 1):
        server = Server(program, folder)
        try:
            port = server.wait_until_ready()
            if number == 0:
                create(port)
            if number == kills:
                check(port, acknowledged)
                break
            load = Load(port, acknowledged, "%s/%d" % (seed, number))
            time.sleep(0.1 + rng.random())
            server.kill()
            load.stop()
        finally:
            server.kill()
    if len(acknowledged) < 100:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d changes acknowledged, all told" % (kills, len(acknowledged)))


if __name__ == "__main__":
    sys.exit(main(run, kills=6))
