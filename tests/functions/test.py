#!/usr/bin/python3
"""What AWS publishes for functions runs unmodified in functions of Cumulet's: Powertools for TypeScript, and the runtime
interface client for Node.js. ./dev test installs both from npm."""

import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "examples"))
import harness  # noqa: E402


def invoke(cloud, function, event):
    """What the function answers."""
    path = "/2015-03-31/functions/%s/invocations" % function
    status, text = cloud.http("POST", path, json.dumps(event), cloud._signed("lambda"))
    assert status == 200, "%s: %d %s" % (function, status, text)
    return text


def log_of(cloud, function):
    group = "/aws/lambda/" + function
    groups = cloud.aws_json("logs", "Logs_20140328.DescribeLogGroups", {"logGroupNamePrefix": group}, "1.1")["logGroups"]
    if not groups:
        return []  # it has not run yet
    events = cloud.aws_json("logs", "Logs_20140328.FilterLogEvents", {"logGroupName": group}, "1.1")["events"]
    return [each["message"] for each in events]


def records(lines):
    """The lines that are JSON objects."""
    return [json.loads(line) for line in lines if line.startswith("{")]


def dynamodb(cloud, operation, value):
    return cloud.aws_json("dynamodb", "DynamoDB_20120810." + operation, value)


def sqs(cloud, operation, value):
    return cloud.aws_json("sqs", "AmazonSQS." + operation, value)


def try_powertools(cloud, outputs):
    dynamodb(cloud, "PutItem", {"TableName": outputs["Settings"], "Item": {"id": {"S": "discount"}, "value": {"S": "5"}}})
    first = json.loads(invoke(cloud, "place", {"order": "one", "price": 30}))
    assert first["total"] == 25, first
    assert first["trace"].startswith("1-"), first
    assert json.loads(invoke(cloud, "place", {"order": "one", "price": 30})) == first, "the same order is placed once"
    assert json.loads(invoke(cloud, "place", {"order": "two", "price": 30}))["receipt"] != first["receipt"]
    items = dynamodb(cloud, "Scan", {"TableName": outputs["Once"]})["Items"]
    assert sorted(item["status"]["S"] for item in items) == ["COMPLETED", "COMPLETED"], items

    def told():
        found = records(log_of(cloud, "place"))
        return [each for each in found if each.get("message") == "placed"], [each for each in found if "_aws" in each]
    harness.wait_for("logs and metrics of two orders", lambda: len(told()[0]) == 2 and len(told()[1]) == 2)
    logged, measured = told()
    assert logged[0]["order"] == "one" and logged[0]["function_name"] == "place" and logged[0]["service"] == "shop", logged
    assert logged[0]["function_request_id"] and logged[0]["cold_start"] is True and logged[1]["cold_start"] is False, logged
    assert measured[0]["placed"] == 1 and measured[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop", measured

    entries = [{"Id": str(number), "MessageBody": json.dumps({"number": number, "broken": number == 2})} for number in range(4)]
    sqs(cloud, "SendMessageBatch", {"QueueUrl": outputs["Orders"], "Entries": entries})
    shipped = lambda: {each["number"] for each in records(log_of(cloud, "ship")) if each.get("message") == "shipped"}
    harness.wait_for("three of four orders are shipped", lambda: shipped() == {0, 1, 3})
    cloud.advance("PT40S")  # past the visibility timeout: what failed is given up
    failed = lambda: sqs(cloud, "ReceiveMessage", {"QueueUrl": outputs["Failed"]}).get("Messages", [])
    messages = harness.wait_for("the order that cannot be shipped is set aside", failed)
    assert json.loads(messages[0]["Body"])["number"] == 2, messages


def try_runtime_client(cloud):
    for _ in range(2):
        answer = json.loads(invoke(cloud, "doubles", {"n": 21}))
        assert answer["doubled"] == 42 and answer["inTime"] and answer["id"], answer
    failed = json.loads(invoke(cloud, "fails", {}))
    assert failed["errorType"] == "RangeError" and failed["errorMessage"] == "too far" and failed["trace"], failed
    assert invoke(cloud, "streams", {}) == "one two"


def bundle(folder):
    """The application as it is deployed: of the client only what runs, without what it was built from."""
    shutil.copy(HERE / "template.yaml", folder)
    shutil.copytree(HERE / "powertools", folder / "powertools")
    client = "node_modules/aws-lambda-ric"
    for name in ("app.mjs", "bootstrap"):
        (folder / "runtime-client").mkdir(exist_ok=True)
        shutil.copy(HERE / "runtime-client" / name, folder / "runtime-client")
    for name in ("bin", "dist"):
        shutil.copytree(HERE / "runtime-client" / client / name, folder / "runtime-client" / client / name)
    shutil.copy(HERE / "runtime-client" / client / "package.json", folder / "runtime-client" / client)


def main():
    options = harness.arguments(__doc__)
    for name in ("powertools/node_modules/@aws-lambda-powertools", "runtime-client/node_modules/aws-lambda-ric/dist"):
        if not (HERE / name).is_dir():
            sys.exit("tests/functions/%s is missing. Run ./dev test, which installs it." % name)
    with harness.temporary_folder() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "app").mkdir()
        bundle(folder / "app")
        cloud = harness.Cloud(options.binary, folder / "state", "--ephemeral").start()
        try:
            cloud.cumulet("deploy", folder / "app/template.yaml", "--stack-name", "clients")
            try_powertools(cloud, cloud.outputs("clients"))
            try_runtime_client(cloud)
            cloud.cumulet("delete", "clients")
            cloud.stop()
        finally:
            cloud.kill()


if __name__ == "__main__":
    main()
