"""Writes an invoice for every order in its queue.

The queue holds orders as they were published (raw message delivery). An order may come twice; its invoice is the same. One that
fails comes again after the visibility timeout, and after three times is laid aside in the dead-letter queue, from where it can
be moved back once billing works again."""

import json
import os

import boto3

invoices = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table(os.environ["INVOICES_TABLE"])


def bill(order):
    if os.environ["BILLING_WORKS"] != "yes":
        raise RuntimeError("billing is down")
    invoices.put_item(Item={"orderId": order["orderId"], "totalCents": order["totalCents"]})
    print(f"billed {order['orderId']}")


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            bill(json.loads(record["body"]))
        except Exception as error:  # one bad order must not hold up the others
            print(f"message {record['messageId']} failed: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
