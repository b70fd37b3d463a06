"""Takes orders and shows them. What money is, the layer knows."""

import json
import os
import uuid

import boto3
import money  # of the layer

table = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table(os.environ["ORDERS_TABLE"])


def answer(status, value):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(value)}


def place(event, context):
    try:
        cents = money.read(json.loads(event["body"])["price"])
    except (ValueError, KeyError, TypeError) as error:
        return answer(400, {"message": str(error)})
    order_id = str(uuid.uuid4())
    table.put_item(Item={"orderId": order_id, "cents": cents})
    return answer(201, {"orderId": order_id})


def show(event, context):
    item = table.get_item(Key={"orderId": event["pathParameters"]["orderId"]}, ConsistentRead=True).get("Item")
    if item is None:
        return answer(404, {"message": "There is no such order."})
    return answer(200, {"orderId": item["orderId"], "price": money.show(int(item["cents"]))})
