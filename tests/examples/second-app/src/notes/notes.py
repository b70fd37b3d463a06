"""Notes on shelves: PUT, GET and DELETE /shelves/{shelf}/notes/{note}."""

import json
import os

import boto3

endpoint = os.environ.get("AWS_ENDPOINT_URL")
table = boto3.resource("dynamodb", endpoint_url=endpoint).Table(os.environ["TABLE"])
sqs = boto3.client("sqs", endpoint_url=endpoint)

REVISION = 1


def audit(text):
    if queue_url := os.environ["AUDIT_QUEUE_URL"]:
        sqs.send_message(QueueUrl=queue_url, MessageBody=text)


def handler(event, context):
    key = {name: event["pathParameters"][name] for name in ("shelf", "note")}
    method = event["requestContext"]["http"]["method"]
    if method == "PUT":
        text = json.loads(event["body"])["text"]
        if len(text) > int(os.environ["NOTE_LENGTH"]):
            return {"statusCode": 413, "body": json.dumps({"error": "too long"})}
        table.put_item(Item={**key, "text": text})
        audit("put " + key["note"])
        return {"statusCode": 204}
    if method == "DELETE":
        table.delete_item(Key=key)
        return {"statusCode": 204}
    item = table.get_item(Key=key).get("Item")
    if item is None:
        return {"statusCode": 404, "body": "{}"}
    return {"text": item["text"], "revision": REVISION, "version": context.function_version}
