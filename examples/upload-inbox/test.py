#!/usr/bin/python3
"""The inbox as its users see it: texts that are counted, pictures that are told, and nothing lost by a crash."""

import json
import pathlib
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "examples"))

import harness  # noqa: E402

STACK = "upload-inbox"
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"}


class Inbox:
    """A deployed stack."""

    def __init__(self, cloud):
        self.cloud, self.outputs = cloud, cloud.outputs(STACK)

    def _ask(self, method, key, body=None):
        path = "/%s/%s" % (self.outputs["InboxName"], urllib.parse.quote(key))
        status, text = self.cloud.http(method, path, body, SIGNED)
        assert status < 300, (method, key, status, text)

    def upload(self, key, text):
        self._ask("PUT", key, text)

    def remove(self, key):
        self._ask("DELETE", key)

    def row(self, key):
        answer = self.cloud.aws_json("dynamodb", "DynamoDB_20120810.GetItem", {
            "TableName": self.outputs["TextsTableName"], "Key": {"key": {"S": key}}, "ConsistentRead": True})
        return answer.get("Item")

    def words(self, key):
        """The count that the table has; None where the text is gone, or not seen yet."""
        return int(row["words"].get("N", -1)) if (row := self.row(key)) else None

    def wait_for_words(self, key, count):
        harness.wait_for("%d words in %s" % (count, key), lambda: self.words(key) == count, seconds=120)

    def told_pictures(self):
        messages = self.cloud.aws_json("sqs", "AmazonSQS.ReceiveMessage", {
            "QueueUrl": self.outputs["PicturesUrl"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        return sorted(urllib.parse.unquote_plus(record["s3"]["object"]["key"]) for body in bodies for record in body.get("Records", []))


def check_texts(inbox):
    inbox.upload("in/my letter.txt", "dear reader")
    inbox.wait_for_words("in/my letter.txt", 2)
    inbox.upload("in/my letter.txt", "dear patient reader")
    inbox.wait_for_words("in/my letter.txt", 3)
    inbox.remove("in/my letter.txt")
    harness.wait_for("the letter is gone", lambda: "NULL" in inbox.row("in/my letter.txt")["words"], seconds=120)


def check_pictures(inbox):
    inbox.upload("in/sun flower.png", "not really")
    inbox.upload("out/letter.txt", "nobody is told")
    harness.wait_for("the picture is told", lambda: inbox.told_pictures() == ["in/sun flower.png"], seconds=60)
    assert inbox.row("out/letter.txt") is None


def check_crash(cloud, inbox):
    keys = ["in/%d.txt" % number for number in range(3)]
    for key in keys:
        inbox.upload(key, "x " * 7)
    cloud.kill()
    cloud.start()

    def all_counted():
        if all(inbox.words(key) == 7 for key in keys):
            return True
        time.sleep(1)
        cloud.advance("PT61S")  # past the lease of what the killed process was doing
        return False
    harness.wait_for("all texts are counted", all_counted, seconds=120)
    for key in [*keys, "in/sun flower.png", "out/letter.txt"]:
        inbox.remove(key)


def check_nothing_remains(cloud):
    left = {kind: names for kind, names in cloud.remains().items()
            if kind == "stacks" or any(STACK in name or "CountWords" in name for name in names)}
    assert not left, left


def main(binary):
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder, "--iam", "enforce").start()  # the bucket may do what policies allow
        cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK)
        inbox = Inbox(cloud)
        check_texts(inbox)
        check_pictures(inbox)
        check_crash(cloud, inbox)
        cloud.cumulet("delete", STACK)
        check_nothing_remains(cloud)
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done: uploaded, counted, told, killed, removed, deleted.")
