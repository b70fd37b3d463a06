"""Smoke runs with boto3: Debian 12's still speaks SQS's query protocol, and sends S3 bodies without trailers."""

import contextlib
import gzip
import io
import json
import time
import unittest
import zipfile
import zlib

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from clients import ENDPOINT, ON_AWS, REGION, eventually, unique

CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError(event["fail"])
    return {"doubled": event["n"] * 2}
"""
TEMPLATE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 33}}
Outputs:
  Url: {Value: !Ref Jobs}
"""


def client(service, **options):
    config = Config(retries={"total_max_attempts": 1}, **options)
    return boto3.client(service, endpoint_url=None if ON_AWS else ENDPOINT, config=config)


class Boto3(unittest.TestCase):
    @contextlib.contextmanager
    def refused(self, code, status):
        with self.assertRaises(ClientError) as caught:
            yield caught
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], status)

    def test_sts_and_iam(self):
        account = client("sts").get_caller_identity()["Account"]
        iam = client("iam")
        name = unique("role")
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        self.addCleanup(iam.delete_role, RoleName=name)
        self.assertEqual(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"], trust)
        session = eventually(lambda: client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="night"))
        self.assertEqual(session["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{account}:assumed-role/{name}/night")
        with self.refused("NoSuchEntity", 404):
            iam.get_role(RoleName=unique("missing"))

    def test_sns(self):
        sns, sqs = client("sns"), client("sqs")
        topic = sns.create_topic(Name=unique("topic"), Attributes={"DisplayName": "Orders"},
                                 Tags=[{"Key": "team", "Value": "orders"}])["TopicArn"]
        self.addCleanup(sns.delete_topic, TopicArn=topic)
        self.assertEqual(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"], "Orders")
        self.assertEqual(sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "team", "Value": "orders"}])
        url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=url)
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                                                    "Action": "sqs:SendMessage", "Resource": queue}]})})
        arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
        self.assertEqual(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"], arn)
        sent = sns.publish(TopicArn=topic, Message="Zwölf <&>", MessageAttributes={
            "kind": {"DataType": "Number", "StringValue": "7"}})
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        envelope = json.loads(message["Body"])
        self.assertEqual((envelope["MessageId"], envelope["Message"]), (sent["MessageId"], "Zwölf <&>"))
        self.assertEqual(envelope["MessageAttributes"]["kind"], {"Type": "Number", "Value": "7"})
        with self.refused("NotFound", 404):
            sns.publish(TopicArn=topic + "-gone", Message="x")
        with self.refused("InvalidParameter", 400):
            sns.subscribe(TopicArn=topic, Protocol="pigeon", Endpoint="x")

    def test_sqs(self):
        sqs = client("sqs")
        name = unique("queue")
        url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "600"}, tags={"team": "orders"})["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=url)
        self.assertEqual(sqs.get_queue_url(QueueName=name)["QueueUrl"], url)
        self.assertEqual(sqs.list_queues(QueueNamePrefix=name)["QueueUrls"], [url])
        self.assertEqual(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "orders"})
        body = "Zwölf Boxkämpfer <&> \"quoted\"\n\ttabbed"
        # boto3 checks the digests of body and attributes itself.
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "order"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}})
        [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MessageAttributeNames=["All"],
                                        AttributeNames=["All"])["Messages"]
        self.assertEqual(message["Body"], body)
        self.assertEqual(message["MessageAttributes"]["bytes"]["BinaryValue"], b"\x00\xff")
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        [again] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        self.assertEqual(again["MessageId"], message["MessageId"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        answer = sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "good", "MessageBody": "x"}, {"Id": "bad", "MessageBody": "x", "DelaySeconds": 901}])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["good"])
        self.assertEqual([(entry["Id"], entry["Code"]) for entry in answer["Failed"]], [("bad", "InvalidParameterValue")])
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7"})
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
        self.assertEqual(attributes, {"DelaySeconds": "7"})
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName=unique("missing"))
        with self.refused("AWS.SimpleQueueService.NonExistentQueue", 400):
            sqs.get_queue_url(QueueName=unique("missing"))

    def test_sqs_refuses_whole_batches(self):
        sqs = client("sqs")
        url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=url)
        batches = {
            sqs.send_message_batch: {"MessageBody": "x"},
            sqs.delete_message_batch: {"ReceiptHandle": "x"},
            sqs.change_message_visibility_batch: {"ReceiptHandle": "x", "VisibilityTimeout": 1},
        }
        for call, entry in batches.items():
            def refused(code, *ids):
                with self.refused(f"AWS.SimpleQueueService.{code}", 400):
                    call(QueueUrl=url, Entries=[{"Id": id, **entry} for id in ids])
            refused("EmptyBatchRequest")
            refused("TooManyEntriesInBatchRequest", *map(str, range(11)))
            refused("BatchEntryIdsNotDistinct", "a", "b", "a")
            refused("InvalidBatchEntryId", "not valid!")
        with self.refused("AWS.SimpleQueueService.BatchRequestTooLong", 400):
            half = "x" * (1 << 19)
            sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": id, "MessageBody": half} for id in "abc"])

    def test_every_other_sqs_operation(self):
        sqs = client("sqs")
        name = unique("queue")
        make = lambda suffix, **attributes: sqs.create_queue(QueueName=name + suffix, Attributes=attributes)["QueueUrl"]
        arn_of = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        grave = make("-grave")
        self.addCleanup(sqs.delete_queue, QueueUrl=grave)
        policy = json.dumps({"deadLetterTargetArn": arn_of(grave), "maxReceiveCount": 1})
        url = make("-jobs", RedrivePolicy=policy, VisibilityTimeout="0")
        self.addCleanup(sqs.delete_queue, QueueUrl=url)
        sources = eventually(lambda: sqs.list_dead_letter_source_queues(QueueUrl=grave).get("queueUrls"))
        self.assertEqual(sources, [url])

        account = arn_of(url).split(":")[4]
        sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=[account], Actions=["SendMessage", "ReceiveMessage"])
        read = lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes")
        statement = json.loads(eventually(read)["Policy"])["Statement"][0]
        self.assertEqual((statement["Sid"], statement["Action"]), ("share", ["SQS:SendMessage", "SQS:ReceiveMessage"]))
        sqs.remove_permission(QueueUrl=url, Label="share")
        with self.refused("InvalidParameterValue", 400):
            sqs.remove_permission(QueueUrl=url, Label="share")
        sqs.tag_queue(QueueUrl=url, Tags={"team": "orders", "stage": "test"})
        sqs.untag_queue(QueueUrl=url, TagKeys=["stage"])
        self.assertEqual(sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "orders"})

        sqs.send_message(QueueUrl=url, MessageBody="dead")
        def buried():
            sqs.receive_message(QueueUrl=url)
            [count] = sqs.get_queue_attributes(
                QueueUrl=grave, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"].values()
            return count == "1"
        eventually(buried)
        if hasattr(sqs, "start_message_move_task"):  # Debian's boto3 is older than these operations
            sqs.start_message_move_task(SourceArn=arn_of(grave))
            eventually(lambda: sqs.list_message_move_tasks(SourceArn=arn_of(grave))["Results"][0]["Status"] == "COMPLETED")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600", "RedrivePolicy": ""})
        entries = [{"Id": str(index), "MessageBody": "x"} for index in range(2)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        received = eventually(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"))
        handles = [{"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]} for index, each in enumerate(received)]
        changed = sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[entry | {"VisibilityTimeout": 900} for entry in handles])
        self.assertEqual(len(changed["Successful"]), len(handles))
        deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles + [{"Id": "bad", "ReceiptHandle": "x"}])
        self.assertEqual(len(deleted["Successful"]), len(handles))
        self.assertEqual([(each["Id"], each["Code"], each["SenderFault"]) for each in deleted["Failed"]],
                         [("bad", "ReceiptHandleIsInvalid", True)])
        sqs.purge_queue(QueueUrl=url)
        pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=name, PaginationConfig={"PageSize": 1})
        self.assertEqual(sorted(each for page in pages for each in page["QueueUrls"]), [grave, url])

    def test_sqs_errors_have_their_legacy_codes(self):
        sqs = client("sqs")
        name = unique("queue")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        self.addCleanup(sqs.delete_queue, QueueUrl=url)
        entries = [{"Id": str(index), "MessageBody": "x"} for index in range(11)]
        prefix = "AWS.SimpleQueueService."
        with self.refused(prefix + "TooManyEntriesInBatchRequest", 400):
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        with self.refused(prefix + "BatchEntryIdsNotDistinct", 400):
            sqs.send_message_batch(QueueUrl=url, Entries=[entries[0], entries[0]])
        with self.refused(prefix + "InvalidBatchEntryId", 400):
            sqs.send_message_batch(QueueUrl=url, Entries=[entries[0] | {"Id": "a b"}])
        with self.refused(prefix + "BatchRequestTooLong", 400):
            sqs.send_message_batch(QueueUrl=url, Entries=[each | {"MessageBody": "x" * 600_000} for each in entries[:2]])
        with self.refused("QueueAlreadyExists", 400):
            sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "1"})
        with self.refused("InvalidAttributeName", 400):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Colour": "red"})
        with self.refused("InvalidAttributeValue", 400):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "901"})
        with self.assertRaises(sqs.exceptions.ReceiptHandleIsInvalid):
            sqs.delete_message(QueueUrl=url, ReceiptHandle="x")
        with self.refused("InvalidMessageContents", 400):
            sqs.send_message(QueueUrl=url, MessageBody="a\x01b")

    def test_dynamodb(self):
        dynamodb = client("dynamodb")
        table = unique("table")
        dynamodb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        self.addCleanup(dynamodb.delete_table, TableName=table)
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        item = {"id": {"S": "1"}, "n": {"N": "1.5"}, "b": {"B": b"\x00\xff"}, "l": {"L": [{"NULL": True}]}}
        dynamodb.put_item(TableName=table, Item=item)
        self.assertEqual(dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}}, ConsistentRead=True)["Item"], item)
        updated = dynamodb.update_item(
            TableName=table, Key={"id": {"S": "1"}}, UpdateExpression="ADD n :one", ReturnValues="UPDATED_NEW",
            ExpressionAttributeValues={":one": {"N": "1"}})
        self.assertEqual(updated["Attributes"], {"n": {"N": "2.5"}})
        self.assertEqual(dynamodb.scan(TableName=table)["Count"], 1)
        with self.refused("ConditionalCheckFailedException", 400):
            dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")

        def long_answer(encoding):
            request = AWSRequest(
                "POST", dynamodb.meta.endpoint_url,
                headers={"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0",
                         "Accept-Encoding": encoding},
                data=json.dumps({"TableName": table, "Key": {"id": {"S": "long"}}, "ConsistentRead": True}))
            SigV4Auth(boto3.Session().get_credentials(), "dynamodb", REGION).add_auth(request)
            answer = URLLib3Session().send(request.prepare())
            self.assertEqual(int(answer.headers["x-amz-crc32"]), zlib.crc32(answer.content))
            return answer.headers.get("Content-Encoding"), answer.content

        dynamodb.put_item(TableName=table, Item={"id": {"S": "long"}, "text": {"S": "x" * 5000}})
        plain = long_answer("identity")
        self.assertEqual(json.loads(plain[1])["Item"]["text"], {"S": "x" * 5000})
        self.assertIsNone(plain[0])
        for encoding, read in (("gzip", gzip.decompress), ("deflate", zlib.decompress)):
            used, content = long_answer(f"br, {encoding}")
            self.assertEqual((used, read(content)), (encoding, plain[1]))

    def test_s3(self):
        for addressing in ["path"] if not ON_AWS else ["virtual"]:
            s3 = client("s3", s3={"addressing_style": addressing})
            bucket = unique("bucket")
            s3.create_bucket(Bucket=bucket)
            self.addCleanup(s3.delete_bucket, Bucket=bucket)
            body = bytes(range(256)) * 40_000  # beyond boto3's threshold for uploads in parts: 10 MB
            s3.upload_fileobj(io.BytesIO(body), bucket, "large ü", ExtraArgs={"Metadata": {"a": "b"}})
            self.addCleanup(s3.delete_object, Bucket=bucket, Key="large ü")
            fetched = io.BytesIO()
            s3.download_fileobj(bucket, "large ü", fetched)
            self.assertEqual(fetched.getvalue(), body)
            self.assertEqual(s3.head_object(Bucket=bucket, Key="large ü")["Metadata"], {"a": "b"})
            part = s3.get_object(Bucket=bucket, Key="large ü", Range="bytes=1-3")
            self.assertEqual((part["Body"].read(), part["ContentRange"]), (b"\x01\x02\x03", f"bytes 1-3/{len(body)}"))
            listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
            self.assertEqual([(each["Key"], each["Size"]) for each in listed], [("large ü", len(body))])
            with self.refused("NoSuchKey", 404):
                s3.get_object(Bucket=bucket, Key="missing")

    def test_logs(self):
        logs = client("logs")
        group = unique("/conformance/group")
        logs.create_log_group(logGroupName=group)
        self.addCleanup(logs.delete_log_group, logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
        now = int(time.time() * 1000)
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[{"timestamp": now, "message": "hello"}])
        read = lambda: logs.filter_log_events(logGroupName=group, filterPattern="hello")["events"]
        self.assertEqual([event["timestamp"] for event in eventually(read)], [now])

    def test_lambda(self):
        if ON_AWS:
            self.skipTest("needs a role of the account")
        functions = client("lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("app.py", CODE)
        name = unique("function")
        functions.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler",
                                  Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": package.getvalue()})
        self.addCleanup(functions.delete_function, FunctionName=name)
        functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        answer = functions.invoke(FunctionName=name, Payload=b'{"n": 21}')
        self.assertEqual(json.load(answer["Payload"]), {"doubled": 42})
        failed = functions.invoke(FunctionName=name, Payload=b'{"fail": "no"}')
        self.assertEqual(failed["FunctionError"], "Unhandled")
        self.assertEqual(json.load(failed["Payload"])["errorType"], "ValueError")

    def test_cloudformation(self):
        cloudformation = client("cloudformation")
        name = unique("stack")
        cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE)
        quick = {"Delay": 1, "MaxAttempts": 120}
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quick)
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        url = stack["Outputs"][0]["OutputValue"]
        attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self.assertEqual(attributes, {"VisibilityTimeout": "33"})
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=quick)
        with self.refused("ValidationError", 400):
            cloudformation.describe_stacks(StackName=name)

    def test_apigatewayv2(self):
        apis = client("apigatewayv2")
        created = apis.create_api(Name=unique("api"), ProtocolType="HTTP")
        self.addCleanup(apis.delete_api, ApiId=created["ApiId"])
        self.assertEqual(apis.get_api(ApiId=created["ApiId"])["Name"], created["Name"])
        with self.refused("NotFoundException", 404):
            apis.get_api(ApiId="missing123")


if __name__ == "__main__":
    unittest.main()
