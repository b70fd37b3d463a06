#!/usr/bin/python3
"""The message bus as its users see it: who hears of which order, what a failing listener costs, and how it is made good."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "examples"))

import harness  # noqa: E402

STACK = "figure-08-message-bus"


def deploy(cloud, *parameters):
    return cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK, *parameters)


class Bus:
    """A deployed stack."""

    def __init__(self, cloud):
        self.cloud, self.outputs = cloud, cloud.outputs(STACK)

    def place(self, delivery, total_cents):
        status, answer = self.cloud.json_http("POST", self.outputs["ApiUrl"] + "/orders",
                                              {"delivery": delivery, "totalCents": total_cents})
        assert status == 202, (status, answer)
        return answer["orderId"]

    def item(self, table, order_id):
        answer = self.cloud.aws_json("dynamodb", "DynamoDB_20120810.GetItem", {
            "TableName": self.outputs[table], "Key": {"orderId": {"S": order_id}}, "ConsistentRead": True})
        return answer.get("Item")

    def archived(self):
        """The ids of the orders in the archive, as often as they are there."""
        items = self.cloud.aws_json("dynamodb", "DynamoDB_20120810.Scan", {"TableName": self.outputs["ArchiveTableName"]})["Items"]
        return sorted(json.loads(item["order"]["S"])["orderId"] for item in items)

    def wait_for_item(self, table, order_id):
        return harness.wait_for("%s of %s" % (table, order_id), lambda: self.item(table, order_id), seconds=120)

    def dead_letters(self):
        attributes = self.cloud.aws_json("sqs", "AmazonSQS.GetQueueAttributes", {
            "QueueUrl": self.outputs["BillingDeadLettersUrl"], "AttributeNames": ["ApproximateNumberOfMessages"]})
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def check_who_hears_what(bus):
    parcel, download = bus.place("parcel", 2380), bus.place("download", 900)
    assert bus.wait_for_item("InvoicesTableName", parcel)["totalCents"] == {"N": "2380"}
    assert bus.wait_for_item("InvoicesTableName", download)["totalCents"] == {"N": "900"}
    bus.wait_for_item("ShipmentsTableName", parcel)
    harness.wait_for("the archive has both", lambda: bus.archived() == sorted([parcel, download]), seconds=60)
    assert bus.item("ShipmentsTableName", download) is None, "a download is shipped to no one"


def check_refusals(bus):
    status, answer = bus.cloud.json_http("POST", bus.outputs["ApiUrl"] + "/orders", {"delivery": "carrier pigeon", "totalCents": 1})
    assert (status, answer) == (400, {"error": "delivery must be parcel or download."}), (status, answer)


def fail_one(bus):
    """An order while billing is down: others hear of it, and it is laid aside."""
    order = bus.place("parcel", 100)
    bus.wait_for_item("ShipmentsTableName", order)

    def laid_aside():
        bus.cloud.advance("PT61S")  # past the visibility timeout
        return bus.dead_letters() == 1
    harness.wait_for("the order is among the dead letters", laid_aside, seconds=120)
    assert bus.item("InvoicesTableName", order) is None
    return order


def redrive(bus, order):
    bus.cloud.aws_json("sqs", "AmazonSQS.StartMessageMoveTask", {"SourceArn": bus.outputs["BillingDeadLettersArn"]})

    def billed():
        bus.cloud.advance("PT1S")
        return bus.item("InvoicesTableName", order)
    assert harness.wait_for("the invoice of the redriven order", billed, seconds=120)["totalCents"] == {"N": "100"}
    assert bus.dead_letters() == 0


def check_nothing_remains(cloud):
    left = {kind: names for kind, names in cloud.remains().items()
            if kind == "stacks" or any(STACK in name or "Order" in name for name in names)}
    assert not left, left


def main(binary):
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder, "--iam", "enforce").start()  # the topic may do what policies allow
        deploy(cloud)
        bus = Bus(cloud)
        check_who_hears_what(bus)
        check_refusals(bus)

        deploy(cloud, "BillingWorks=no")
        order = fail_one(bus)
        cloud.kill()
        cloud.start()
        assert bus.dead_letters() == 1, "a crash loses no dead letter"
        deploy(cloud, "BillingWorks=yes")
        redrive(bus, order)

        cloud.cumulet("delete", STACK)
        check_nothing_remains(cloud)
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done: fanned out, failed, killed, redriven, deleted.")
