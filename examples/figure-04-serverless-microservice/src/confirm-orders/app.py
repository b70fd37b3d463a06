"""Works through placed orders: each is confirmed with its total, or rejected.

A message may arrive twice, and a batch may fail in part: an order's result is written once, under the condition that it has
none yet, and only the messages that failed come again."""

import json
import os

import boto3
from botocore.exceptions import ClientError

# The endpoint is set where this runs outside AWS; boto3 before 1.28 does not look for it by itself.
table = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table(os.environ["ORDERS_TABLE"])

TAX_PERCENT = int(os.environ["TAX_PERCENT"])
MAX_UNITS = int(os.environ["MAX_UNITS"])


def result_of(order):
    """What becomes of an order: the attributes to set."""
    units = sum(int(item["quantity"]) for item in order["items"])
    if units > MAX_UNITS:
        return {"status": "REJECTED", "reason": f"{units} units are more than {MAX_UNITS}."}
    net_cents = sum(int(item["quantity"]) * int(item["unitCents"]) for item in order["items"])
    tax_cents = (net_cents * TAX_PERCENT + 50) // 100
    return {"status": "CONFIRMED", "taxPercent": TAX_PERCENT, "totalCents": net_cents + tax_cents}


def confirm(order_id):
    order = table.get_item(Key={"orderId": order_id}, ConsistentRead=True).get("Item")
    if order is None:
        raise LookupError(f"there is no order {order_id}")
    result = result_of(order)
    names = {f"#{name}": name for name in result}
    try:
        table.update_item(
            Key={"orderId": order_id},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in result),
            ConditionExpression="#status = :placed",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":placed": "PLACED", **{f":{name}": value for name, value in result.items()}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        print(f"{order_id} had its result already")
        return
    print(f"{result['status'].lower()} {order_id}")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            confirm(json.loads(record["body"])["orderId"])
        except Exception as error:  # one bad message must not hold up the others
            print(f"message {record['messageId']} failed: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
