"""POST /orders: publishes that an order was placed, and knows nobody who listens.

What listeners choose by goes into message attributes, so that they need not read the order to know that it is not theirs."""

import json
import os
import uuid

import boto3

# The endpoint is set where this runs outside AWS; boto3 before 1.28 does not look for it by itself.
sns = boto3.client("sns", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))

DELIVERIES = ("parcel", "download")


def reply(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def fault(order):
    """Why this is no order, or None."""
    if not isinstance(order, dict):
        return "An order is a JSON object."
    if order.get("delivery") not in DELIVERIES:
        return "delivery must be parcel or download."
    if not isinstance(order.get("totalCents"), int) or order["totalCents"] < 0:
        return "totalCents must be a number of cents."
    return None


def attribute(text):
    return {"DataType": "String", "StringValue": text}


def handler(event, context):
    try:
        order = json.loads(event.get("body") or "")
    except ValueError:
        order = None
    wrong = fault(order)
    if wrong:
        return reply(400, {"error": wrong})

    order = {**order, "orderId": str(uuid.uuid4())}
    sns.publish(
        TopicArn=os.environ["ORDER_EVENTS_ARN"],
        Message=json.dumps(order),
        MessageAttributes={"event": attribute("OrderPlaced"), "delivery": attribute(order["delivery"])},
    )
    print(f"placed {order['orderId']}")
    return reply(202, {"orderId": order["orderId"]})
