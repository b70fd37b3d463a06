"""Keeps every event as it was published. The topic calls this function itself, without a queue in between."""

import os

import boto3

archive = boto3.resource("dynamodb", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")).Table(os.environ["ARCHIVE_TABLE"])


def handler(event, context):
    for record in event["Records"]:
        notification = record["Sns"]
        archive.put_item(Item={
            "messageId": notification["MessageId"],
            "published": notification["Timestamp"],
            "event": notification["MessageAttributes"]["event"]["Value"],
            "order": notification["Message"],
        })
        print(f"archived {notification['MessageId']}")
