#!/usr/bin/python3
"""Kills `cumulet serve` under load, over and over: what it acknowledged over HTTP is there, what was deleted stays gone;
a table, its index and its stream tell the same.

usage: serve_crash_test.py CUMULET [--kills N] [--seed S]
"""

import http.client
import json
import random
import sys
import threading
import time

from killing import Callers, Client, Finding, Server, main

VISIBILITY_SECONDS = 4


class Expectation:
    """What the callers were told. Every method is called under the lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = set()
        self.delete_tried = set()
        self.deleted = {}    # body: when its deletion was acknowledged
        self.versions = {}   # key: the newest acknowledged version
        self.attempted = {}  # key: the newest version that was asked for
        self.orders = {}         # group: numbers of acknowledged messages
        self.handled = set()     # (group, number) whose deletion was tried
        self.ids = {}            # (group, number): message id

    def received(self, body, asked):
        if self.deleted.get(body, float("inf")) < asked:
            raise Finding("%s was deleted, and returns" % body)

    def ordered(self, messages):
        """One answer of the FIFO queue: nothing overtakes what is not handled, and nothing comes twice."""
        batch = set()
        for message in messages:
            group, number = parse_order(message["Body"])
            if self.ids.setdefault((group, number), message["MessageId"]) != message["MessageId"]:
                raise Finding("order %s is there twice" % message["Body"])
            batch.add((group, number))
            for earlier in self.orders.get(group, ()):
                if earlier < number and (group, earlier) not in batch and (group, earlier) not in self.handled:
                    raise Finding("order %s overtook %d" % (message["Body"], earlier))

    def read(self, key, item):
        version = int(item["version"]["N"]) if item else 0
        acknowledged, attempted = self.versions.get(key, 0), self.attempted.get(key, 0)
        if not acknowledged <= version <= attempted:
            raise Finding("%s has version %d, not %d to %d" % (key, version, acknowledged, attempted))
        if item and item["text"]["S"] != text_of(version):
            raise Finding("%s is not whole" % key)
        self.versions[key] = self.attempted[key] = version


def parse_order(body):
    group, number = body.split(":")
    return group, int(number)


def text_of(version):
    return "%d " % version * (1 + version * 37 % 200)


class Load(Callers):
    def __init__(self, port, url, orders_url, expectation, seed):
        self.url, self.orders_url, self.expectation = url, orders_url, expectation
        work = [(self.send, i) for i in range(2)] + [(self.handle, i) for i in range(2)] + [(self.put, i) for i in range(3)]
        work += [(self.put_pairs, 0), (self.handle_orders, 0)] + [(self.order, i) for i in range(2)]
        super().__init__([lambda rng, call=call, number=number: call(Client(port), number, rng) for call, number in work], seed)

    def send(self, client, _number, rng):
        while not self.ended.is_set():
            bodies = ["%016x" % rng.getrandbits(64) for _ in range(rng.choice((1, 1, 1, 5)))]
            if len(bodies) == 1:
                client.call("sqs", "SendMessage", QueueUrl=self.url, MessageBody=bodies[0])
            else:
                entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
                result = client.call("sqs", "SendMessageBatch", QueueUrl=self.url, Entries=entries)
                bodies = [bodies[int(entry["Id"])] for entry in result["Successful"]]
            with self.expectation.lock:
                self.expectation.sent.update(bodies)

    def handle(self, client, _number, rng):
        while not self.ended.is_set():
            asked = time.monotonic()
            result = client.call("sqs", "ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in result.get("Messages", ()):
                with self.expectation.lock:
                    self.expectation.received(message["Body"], asked)
                    if rng.random() < 0.2:
                        continue  # left to become visible again
                    self.expectation.delete_tried.add(message["Body"])
                client.call("sqs", "DeleteMessage", QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                now = time.monotonic()
                if now < asked + VISIBILITY_SECONDS:  # later, another may have received it
                    with self.expectation.lock:
                        self.expectation.deleted[message["Body"]] = now

    def order(self, client, number, rng):
        """Sends to its own group, each message twice now and then. A message whose answer is lost is sent again next time."""
        group = "g%d" % number
        while not self.ended.is_set():
            with self.expectation.lock:
                next_number = max(self.expectation.orders.get(group, [0])) + 1
            for _ in range(rng.choice((1, 1, 2))):
                sent = client.call("sqs", "SendMessage", QueueUrl=self.orders_url, MessageBody="%s:%d" % (group, next_number),
                                   MessageGroupId=group, MessageDeduplicationId="%s-%d" % (group, next_number))
            with self.expectation.lock:
                if self.expectation.ids.setdefault((group, next_number), sent["MessageId"]) != sent["MessageId"]:
                    raise Finding("order %s:%d was taken twice" % (group, next_number))
                self.expectation.orders.setdefault(group, []).append(next_number)

    def handle_orders(self, client, _number, rng):
        while not self.ended.is_set():
            result = client.call("sqs", "ReceiveMessage", QueueUrl=self.orders_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            messages = result.get("Messages", ())
            with self.expectation.lock:
                self.expectation.ordered(messages)
            for message in messages:
                if rng.random() < 0.02:
                    break  # the rest of the batch is left to become visible again
                with self.expectation.lock:
                    self.expectation.handled.add(parse_order(message["Body"]))
                client.call("sqs", "DeleteMessage", QueueUrl=self.orders_url, ReceiptHandle=message["ReceiptHandle"])

    def put(self, client, number, rng):
        while not self.ended.is_set():
            key = "%d.%d" % (number, rng.randrange(6))
            with self.expectation.lock:
                version = self.expectation.attempted[key] = self.expectation.attempted.get(key, 0) + 1
            client.call("dynamodb", "PutItem", TableName="items", Item=item_of(key, version))
            with self.expectation.lock:
                self.expectation.versions[key] = version

    def put_pairs(self, client, _number, _rng):
        while not self.ended.is_set():
            with self.expectation.lock:
                version = self.expectation.attempted["left"] = self.expectation.attempted.get("left", 0) + 1
                self.expectation.attempted["right"] = version
            client.call("dynamodb", "TransactWriteItems", TransactItems=[
                {"Put": {"TableName": "items", "Item": item_of(key, version)}} for key in ("left", "right")])
            with self.expectation.lock:
                self.expectation.versions["left"] = self.expectation.versions["right"] = version


def item_of(key, version):
    """Every other version of an item stands in the table's index."""
    item = {"pk": {"S": key}, "version": {"N": str(version)}, "text": {"S": text_of(version)}}
    return item | {"grp": {"S": "even"}} if version % 2 == 0 else item


class Replay:
    """The table as its stream tells it."""

    def __init__(self):
        self.items = {}
        self.records = 0
        self.latest = {}  # shard: number of the latest record that was read

    def read_on(self, client):
        arn = client.call("streams", "ListStreams", TableName="items")["Streams"][0]["StreamArn"]
        for shard in client.call("streams", "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]:
            self._read_shard(client, arn, shard["ShardId"])

    def _read_shard(self, client, arn, shard):
        kind = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self.latest:
            kind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.latest[shard]}
        iterator = client.call("streams", "GetShardIterator", StreamArn=arn, ShardId=shard, **kind)["ShardIterator"]
        while iterator:
            page = client.call("streams", "GetRecords", ShardIterator=iterator)
            for record in page["Records"]:
                self._take(record["dynamodb"])
                self.latest[shard] = record["dynamodb"]["SequenceNumber"]
            iterator = page.get("NextShardIterator") if page["Records"] else None

    def _take(self, change):
        key = change["Keys"]["pk"]["S"]
        if self.items.get(key) != change.get("OldImage"):
            raise Finding("record %s of %s does not begin where the one before it ended" % (change["SequenceNumber"], key))
        self.items[key] = change["NewImage"]
        self.records += 1


def scan(client, **more):
    found, start = {}, {}
    while True:
        page = client.call("dynamodb", "Scan", TableName="items", **more, **start)
        found.update({item["pk"]["S"]: item for item in page["Items"]})
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check_agreement(client, replay):
    """Nobody writes meanwhile."""
    table = scan(client)
    replay.read_on(client)
    if replay.items != table:
        raise Finding("the stream replays to another table")
    if scan(client, IndexName="by-group") != {key: item for key, item in table.items() if "grp" in item}:
        raise Finding("the index is not as its table")
    if (table.get("left") or {}).get("version") != (table.get("right") or {}).get("version"):
        raise Finding("half of a transaction is there")


def check_items(client, expectation):
    for key in sorted(expectation.attempted):
        result = client.call("dynamodb", "GetItem", TableName="items", Key={"pk": {"S": key}}, ConsistentRead=True)
        expectation.read(key, result.get("Item"))


def drain_orders(client, url, expectation):
    """Receives and deletes all that is left, in order."""
    quiet_since = time.monotonic()
    while time.monotonic() < quiet_since + VISIBILITY_SECONDS + 1:
        result = client.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = result.get("Messages", ())
        expectation.ordered(messages)
        expectation.handled.update(parse_order(message["Body"]) for message in messages)
        if messages:
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            client.call("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=entries)
            quiet_since = time.monotonic()
    lost = [(group, number) for group, numbers in expectation.orders.items() for number in numbers
            if (group, number) not in expectation.handled]
    if lost:
        raise Finding("%d acknowledged orders are lost" % len(lost))


def drain(client, url, expectation):
    """Receives all that is left, and says which bodies came."""
    found = set()
    quiet_since = time.monotonic()
    while time.monotonic() < quiet_since + VISIBILITY_SECONDS + 1:
        asked = time.monotonic()
        result = client.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = result.get("Messages", ())
        for message in messages:
            expectation.received(message["Body"], asked)
            found.add(message["Body"])
        if messages:
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            client.call("sqs", "DeleteMessageBatch", QueueUrl=url, Entries=entries)
            quiet_since = time.monotonic()
    return found


def run(program, folder, kills, seed):
    rng = random.Random(seed)
    expectation = Expectation()
    replay = Replay()
    url = None
    for number in range(kills + 1):
        server = Server(program, folder)
        try:
            if url and number < kills and rng.random() < 0.15:
                time.sleep(rng.random() * 0.1)  # killed while it starts
                server.kill()
                continue
            client = Client(server.wait_until_ready())
            if url is None:
                client.call("dynamodb", "CreateTable", TableName="items", BillingMode="PAY_PER_REQUEST",
                            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"},
                                                  {"AttributeName": "grp", "AttributeType": "S"}],
                            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                            GlobalSecondaryIndexes=[{"IndexName": "by-group", "Projection": {"ProjectionType": "ALL"},
                                                     "KeySchema": [{"AttributeName": "grp", "KeyType": "HASH"}]}],
                            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
                visibility = {"VisibilityTimeout": str(VISIBILITY_SECONDS)}
                client.call("sqs", "CreateQueue", QueueName="jobs", Attributes=visibility)
                client.call("sqs", "CreateQueue", QueueName="orders.fifo", Attributes={"FifoQueue": "true", **visibility})
            url = client.call("sqs", "GetQueueUrl", QueueName="jobs")["QueueUrl"]
            orders_url = client.call("sqs", "GetQueueUrl", QueueName="orders.fifo")["QueueUrl"]
            check_items(client, expectation)
            check_agreement(client, replay)
            if number == kills:
                left = drain(client, url, expectation)
                drain_orders(client, orders_url, expectation)
                break
            load = Load(client.connection.port, url, orders_url, expectation, "%s/%d" % (seed, number))
            time.sleep(0.1 + rng.random() * 1.2)
            server.kill()
            load.stop()
        finally:
            server.kill()
    lost = expectation.sent - left - expectation.delete_tried
    if lost:
        raise Finding("%d of %d acknowledged messages are lost" % (len(lost), len(expectation.sent)))
    if len(expectation.sent) < 100 or sum(expectation.versions.values()) < 100:
        raise Finding("the load was too small to show anything")
    print("%d kills: %d messages acknowledged, %d deletions, %d left; %d orders in order; %d versions written, %d records read"
          % (kills, len(expectation.sent), len(expectation.deleted), len(left), sum(map(len, expectation.orders.values())),
             sum(expectation.versions.values()), replay.records))


def check_clock(program, folder):
    """The cloud's time goes on from where it was moved to: what was stored then does not lie in the future."""
    seen = []
    for request in (("POST", '{"advance":"P3D"}'), ("GET", "")):
        server = Server(program, folder)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.wait_until_ready(), timeout=20)
            connection.request(request[0], "/_cumulet/clock", request[1])
            seen.append(json.loads(connection.getresponse().read())["now"])
        finally:
            server.kill()
    if seen[1] < seen[0]:
        raise Finding("the clock was moved to %s, and shows %s after a kill" % (seen[0], seen[1]))


def test(program, folder, kills, seed):
    run(program, folder, kills, seed)
    check_clock(program, folder)


if __name__ == "__main__":
    sys.exit(main(test, kills=14))
