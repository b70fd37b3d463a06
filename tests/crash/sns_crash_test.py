#!/usr/bin/python3
"""Kills `cumulet serve` while messages are published: what a topic acknowledged comes to every queue, FIFO groups in order.

usage: sns_crash_test.py CUMULET [--kills N] [--seed S]
"""

import http.client
import sys
import urllib.parse

from killing import Callers, Client, Finding, drain, kill_over_and_over, main

QUEUES = ("billing", "shipping", "archive")
TOPIC = "arn:aws:sns:us-east-1:000000000000:orders"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:"


class Topics:
    """One kept-alive connection that speaks SNS's query protocol."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def call(self, operation, **members):
        form = urllib.parse.urlencode({"Action": operation, "Version": "2010-03-31", **members})
        self.connection.request("POST", "/", form, {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        response = self.connection.getresponse()
        body = response.read().decode()
        if response.status >= 500:
            raise http.client.HTTPException("%s answers %d" % (operation, response.status))
        if response.status != 200:
            raise Finding("%s answers %d: %s" % (operation, response.status, body))
        return body


def create(port):
    sqs, sns = Client(port), Topics(port)
    for name in QUEUES:
        sqs.call("sqs", "CreateQueue", QueueName=name)
    sqs.call("sqs", "CreateQueue", QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})
    raw = {"Protocol": "sqs", "Attributes.entry.1.key": "RawMessageDelivery", "Attributes.entry.1.value": "true"}
    sns.call("CreateTopic", Name="orders")
    sns.call("CreateTopic", **{"Name": "orders.fifo", "Attributes.entry.1.key": "FifoTopic", "Attributes.entry.1.value": "true"})
    for name in QUEUES:
        sns.call("Subscribe", TopicArn=TOPIC, Endpoint=QUEUE + name, **raw)
    sns.call("Subscribe", TopicArn=TOPIC + ".fifo", Endpoint=QUEUE + "ordered.fifo", **raw)


class Load(Callers):
    def __init__(self, port, acknowledged, seed):
        self.acknowledged = acknowledged
        work = [(self.publish, i) for i in range(4)] + [(self.publish_in_order, i) for i in range(3)]
        super().__init__([lambda rng, call=call, number=number: call(Topics(port), number, rng) for call, number in work], seed)

    def publish(self, client, _number, rng):
        while not self.ended.is_set():
            body = "%016x" % rng.getrandbits(64)
            client.call("Publish", TopicArn=TOPIC, Message=body)
            self.acknowledged["standard"].append(body)

    def publish_in_order(self, client, number, _rng):
        group = self.acknowledged["groups"][number]
        while not self.ended.is_set():
            group["next"] += 1  # whose fate is unknown is never tried again
            body = "%d.%08d" % (number, group["next"])
            client.call("Publish", TopicArn=TOPIC + ".fifo", Message=body, MessageGroupId=str(number),
                        MessageDeduplicationId=body)
            group["acknowledged"].append(body)


def check(port, acknowledged):
    for queue in QUEUES:
        lost = set(acknowledged["standard"]) - set(drain(port, queue))
        if lost:
            raise Finding("%d of %d acknowledged messages never came to %s" % (len(lost), len(acknowledged["standard"]), queue))
    came = drain(port, "ordered.fifo")
    for number, group in enumerate(acknowledged["groups"]):
        mine = [body for body in came if body.startswith("%d." % number)]
        if mine != sorted(set(mine)):
            raise Finding("the order of group %d is not kept, or something came twice" % number)
        lost = set(group["acknowledged"]) - set(mine)
        if lost:
            raise Finding("%d acknowledged messages of group %d are lost" % (len(lost), number))


def run(program, folder, kills, seed):
    acknowledged = {"standard": [], "groups": [{"next": 0, "acknowledged": []} for _ in range(3)]}
    kill_over_and_over(program, folder, kills, seed, create, lambda port, seed: Load(port, acknowledged, seed),
                       lambda port: check(port, acknowledged))
    ordered = sum(len(group["acknowledged"]) for group in acknowledged["groups"])
    if len(acknowledged["standard"]) < 100 or ordered < 50:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d messages and %d in order acknowledged, all came" % (kills, len(acknowledged["standard"]), ordered))


if __name__ == "__main__":
    sys.exit(main(run, kills=8))
