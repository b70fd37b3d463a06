#!/usr/bin/python3
"""The order service as its users see it: deployed, used, killed, updated, deleted."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "examples"))

import harness  # noqa: E402

STACK = "figure-04-serverless-microservice"
TEA = {"customer": "Ada", "items": [{"sku": "tea", "quantity": 2, "unitCents": 450}, {"sku": "cup", "quantity": 1, "unitCents": 1100}]}


def deploy(cloud, deployer, *parameters):
    if deployer == "cumulet":
        return cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK, *parameters)
    aws = harness.aws_that_knows_endpoints()
    packaged = cloud.folder / "packaged.yaml"
    if "artifacts" not in cloud.run(aws, "s3", "ls"):
        cloud.run(aws, "s3", "mb", "s3://artifacts")
    cloud.run(aws, "cloudformation", "package", "--template-file", HERE / "template.yaml", "--s3-bucket", "artifacts",
              "--output-template-file", packaged)
    overrides = ["--parameter-overrides", *parameters] if parameters else []
    return cloud.run(aws, "cloudformation", "deploy", "--template-file", packaged, "--stack-name", STACK,
                     "--capabilities", "CAPABILITY_IAM", *overrides)


def place(cloud, url, order):
    status, answer = cloud.json_http("POST", url + "/orders", order)
    assert status == 202 and answer["status"] == "PLACED", (status, answer)
    return answer["orderId"]


def result(cloud, url, order_id):
    """The order, once the queue's consumer has written its result."""
    def read():
        status, order = cloud.json_http("GET", "%s/orders/%s" % (url, order_id))
        assert status == 200, (status, order)
        return order if order["status"] != "PLACED" else None
    return harness.wait_for("the result of order " + order_id, read, seconds=120)


def check_orders(cloud, url):
    order = result(cloud, url, place(cloud, url, TEA))
    assert order["status"] == "CONFIRMED" and order["customer"] == "Ada", order
    assert order["totalCents"] == 2380, order  # 2 * 450 + 1100, and 19 % tax
    assert order["items"] == TEA["items"], order

    large = {"customer": "Bo", "items": [{"sku": "nail", "quantity": 101, "unitCents": 1}]}
    assert result(cloud, url, place(cloud, url, large))["status"] == "REJECTED"
    return order


def check_list(cloud, url):
    """Whatever was placed is counted, and listed newest first."""
    first, second = place(cloud, url, {**TEA, "customer": "Cy"}), place(cloud, url, {**TEA, "customer": "Cy"})
    status, listed = cloud.json_http("GET", url + "/customers/Cy/orders")
    assert status == 200 and listed["placed"] == 2, (status, listed)
    assert [order["orderId"] for order in listed["orders"]] == [second, first], listed
    assert cloud.json_http("GET", url + "/customers/nobody/orders") == (200, {"customer": "nobody", "placed": 0, "orders": []})


def check_refusals(cloud, url):
    status, answer = cloud.json_http("POST", url + "/orders", {"customer": "Ada", "items": []})
    assert (status, answer) == (400, {"error": "items must hold at least one item."}), (status, answer)
    assert cloud.http("POST", url + "/orders", "not json")[0] == 400
    assert cloud.http("GET", url + "/orders/unknown")[0] == 404
    assert cloud.json_http("GET", url + "/elsewhere") == (404, {"message": "Not Found"})


def check_failed_messages(cloud, outputs):
    """A message that cannot be worked on does not hold up the one beside it, and ends among the failed ones."""
    bad = {"Id": "bad", "MessageBody": json.dumps({"orderId": "of-nobody"})}
    cloud.aws_json("sqs", "AmazonSQS.SendMessageBatch", {"QueueUrl": outputs["OrdersQueueUrl"], "Entries": [bad]})

    def among_the_failed():
        cloud.advance("PT61S")  # past the visibility timeout
        attributes = cloud.aws_json("sqs", "AmazonSQS.GetQueueAttributes", {
            "QueueUrl": outputs["FailedOrdersQueueUrl"], "AttributeNames": ["ApproximateNumberOfMessages"]})
        return attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"
    harness.wait_for("the bad message is among the failed ones", among_the_failed, seconds=120)


def check_logs(cloud, order_id):
    harness.wait_for("the functions' log lines",
                     lambda: "confirmed " + order_id in cloud.cumulet("logs", STACK, "--since", "1d"), seconds=30)


def check_update(cloud, url, deployer, earlier):
    if deployer == "cumulet":
        assert "No changes" in deploy(cloud, deployer)
    deploy(cloud, deployer, "TaxPercent=7")
    order = result(cloud, url, place(cloud, url, TEA))
    assert (order["taxPercent"], order["totalCents"]) == (7, 2140), order
    assert result(cloud, url, earlier["orderId"]) == earlier  # what was confirmed stays as it was


def check_nothing_remains(cloud):
    left = {kind: names for kind, names in cloud.remains().items()
            if kind == "stacks" or any(STACK in name or "Order" in name for name in names)}
    assert not left, left


def one_process(binary, deployer):
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder, "--iam", "enforce").start()  # functions may do what their roles allow
        deploy(cloud, deployer)
        outputs = cloud.outputs(STACK)
        url = outputs["ApiUrl"]
        order = check_orders(cloud, url)
        check_list(cloud, url)
        check_refusals(cloud, url)
        check_logs(cloud, order["orderId"])

        cloud.kill()
        cloud.start()
        assert cloud.outputs(STACK) == outputs
        assert result(cloud, url, order["orderId"]) == order
        check_orders(cloud, url)
        check_update(cloud, url, deployer, order)
        check_failed_messages(cloud, outputs)

        cloud.cumulet("delete", STACK)
        check_nothing_remains(cloud)
        assert cloud.http("GET", url + "/orders/" + order["orderId"])[0] in (403, 404)
        cloud.stop()


def two_processes(binary):
    """Two processes are one cloud: what one deploys the other serves, also once the first is gone."""
    with harness.temporary_folder() as folder:
        database = harness.Postgres(pathlib.Path(folder) / "postgres").start()
        first, second = (harness.Cloud(binary, pathlib.Path(folder) / "data", "--postgres", database.connection).start()
                         for _ in range(2))
        deploy(first, "cumulet")
        url = second.outputs(STACK)["ApiUrl"]
        order = check_orders(second, url)
        assert result(first, url, order["orderId"]) == order

        first.kill()
        # Whoever worked on the queue may be gone with it: another takes over when its lease ends.
        assert result(second, url, place(second, url, TEA))["status"] == "CONFIRMED"
        first.start()
        deploy(first, "cumulet", "TaxPercent=7")
        assert result(second, url, place(second, url, TEA))["taxPercent"] == 7
        second.cumulet("delete", STACK)
        check_nothing_remains(first)
        first.stop()
        second.stop()
        database.stop()


if __name__ == "__main__":
    given = harness.arguments(__doc__)
    if given.deployer == "aws":
        harness.aws_that_knows_endpoints()
    two_processes(given.binary) if given.postgres else one_process(given.binary, given.deployer)
    print("Done: deployed, used, killed, updated, deleted.")
