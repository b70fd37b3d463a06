"""Keeps how many words each text has. S3 may tell of a change twice, or of an older one later: its number says which is newer."""

import os
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import ClientError

endpoint = os.environ.get("AWS_ENDPOINT_URL")
objects = boto3.client("s3", endpoint_url=endpoint)
texts = boto3.resource("dynamodb", endpoint_url=endpoint).Table(os.environ["TEXTS_TABLE"])


def words_in(bucket, key):
    try:
        return len(objects.get_object(Bucket=bucket, Key=key)["Body"].read().split())
    except objects.exceptions.NoSuchKey:
        return None  # gone again: the event that says so is on its way


def keep(key, number, words):
    """Notes what is known of the text, unless something newer is."""
    try:
        texts.update_item(
            Key={"key": key},
            UpdateExpression="SET words = :words, seen = :seen",
            ConditionExpression="attribute_not_exists(seen) OR seen < :seen",
            ExpressionAttributeValues={":words": words, ":seen": number})
        print(f"{key}: {words} words")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def handler(event, context):
    for record in event["Records"]:
        told = record["s3"]
        key = unquote_plus(told["object"]["key"])
        removed = record["eventName"].startswith("ObjectRemoved:")
        keep(key, told["object"]["sequencer"], None if removed else words_in(told["bucket"]["name"], key))
