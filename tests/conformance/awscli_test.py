"""Smoke runs with the AWS CLI."""

import json
import os
import re
import shutil
import unittest

from aws_command import AwsCliTest, run
from clients import ENDPOINT, ON_AWS, unique

class AwsCli(AwsCliTest):
    def package(self, source, bucket):
        """Writes packaged.yaml. Before 2.13 the CLI's own command uploads to AWS whatever --endpoint-url says."""
        major, minor = map(int, re.match(r"aws-cli/(\d+)\.(\d+)", run("--version").stdout).groups())
        if ON_AWS or (major, minor) >= (2, 13) or (major == 1 and minor >= 29):
            variables = {} if ON_AWS else {"AWS_ENDPOINT_URL": ENDPOINT}
            done = run("cloudformation", "package", "--template-file", "template.yaml", "--s3-bucket", bucket,
                       "--output-template-file", "packaged.yaml", cwd=self.folder, env=os.environ | variables)
            self.assertEqual(done.returncode, 0, done.stderr)
            return
        shutil.make_archive(str(self.folder / "code"), "zip", source)
        self.aws("s3", "cp", "code.zip", f"s3://{bucket}/code.zip")
        template = (self.folder / "template.yaml").read_text()
        (self.folder / "packaged.yaml").write_text(template.replace("CodeUri: src/", f"CodeUri: s3://{bucket}/code.zip"))

    def test_a_rest_api_is_imported_and_exported(self):
        mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
                "responses": {"default": {"statusCode": "200"}}}
        (self.folder / "api.json").write_text(json.dumps({
            "openapi": "3.0.1", "info": {"title": unique("api"), "version": "1"},
            "paths": {"/pets": {"get": {"responses": {"200": {"description": "good"}},
                                        "x-amazon-apigateway-integration": mock}}}}))
        api = self.aws("apigateway", "import-rest-api", "--body", "fileb://api.json")["id"]
        self.addCleanup(run, "apigateway", "delete-rest-api", "--rest-api-id", api)
        self.aws("apigateway", "create-deployment", "--rest-api-id", api, "--stage-name", "live")
        self.aws("apigateway", "get-export", "--rest-api-id", api, "--stage-name", "live", "--export-type", "swagger",
                 "--parameters", "extensions=integrations", "exported.json")
        exported = json.loads((self.folder / "exported.json").read_text())
        self.assertEqual(exported["paths"]["/pets"]["get"]["x-amazon-apigateway-integration"]["type"], "mock")
        self.assertIn("Invalid API identifier", self.refused("apigateway", "get-rest-api", "--rest-api-id", "none"))

    def test_an_object_goes_up_and_comes_down(self):
        bucket = unique("bucket")
        self.aws("s3", "mb", f"s3://{bucket}")
        self.addCleanup(run, "s3", "rb", "--force", f"s3://{bucket}")
        small, large = self.folder / "small.txt", self.folder / "large.bin"
        small.write_text("hello")
        large.write_bytes(bytes(range(256)) * 40_000)  # beyond the threshold for uploads in parts
        self.aws("s3", "cp", str(small), f"s3://{bucket}/folder/small.txt")
        self.aws("s3", "cp", str(large), f"s3://{bucket}/large.bin")
        self.assertIn("small.txt", self.aws("s3", "ls", "--recursive", f"s3://{bucket}/"))
        self.aws("s3", "cp", f"s3://{bucket}/large.bin", "back.bin")
        self.assertEqual((self.folder / "back.bin").read_bytes(), large.read_bytes())
        self.aws("s3", "sync", f"s3://{bucket}/folder", "synced")
        self.assertEqual((self.folder / "synced" / "small.txt").read_text(), "hello")
        self.assertIn("404", self.refused("s3api", "head-object", "--bucket", bucket, "--key", "missing"))

    def test_messages_and_items(self):
        url = self.aws("sqs", "create-queue", "--queue-name", unique("queue"))["QueueUrl"]
        self.addCleanup(run, "sqs", "delete-queue", "--queue-url", url)
        self.aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
        [message] = self.aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "5")["Messages"]
        self.assertEqual(message["Body"], "hello")
        self.aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
        self.assertIn("AWS.SimpleQueueService.NonExistentQueue",
                      self.refused("sqs", "get-queue-url", "--queue-name", unique("missing")))

        table = unique("table")
        self.aws("dynamodb", "create-table", "--table-name", table, "--billing-mode", "PAY_PER_REQUEST",
                 "--key-schema", "AttributeName=id,KeyType=HASH",
                 "--attribute-definitions", "AttributeName=id,AttributeType=S")
        self.addCleanup(run, "dynamodb", "delete-table", "--table-name", table)
        self.aws("dynamodb", "wait", "table-exists", "--table-name", table)
        item = {"id": {"S": "1"}, "n": {"N": "2"}}
        self.aws("dynamodb", "put-item", "--table-name", table, "--item", json.dumps(item))
        read = self.aws("dynamodb", "get-item", "--table-name", table, "--key", '{"id": {"S": "1"}}')
        self.assertEqual(read["Item"], item)

    def test_a_serverless_application_is_packaged_and_deployed(self):
        bucket, stack = unique("packages"), unique("stack")
        self.aws("s3", "mb", f"s3://{bucket}")
        self.addCleanup(run, "s3", "rb", "--force", f"s3://{bucket}")
        source = self.folder / "src"
        source.mkdir()
        (source / "app.py").write_text("def handler(event, context):\n    return {'got': event}\n")
        (self.folder / "template.yaml").write_text("""
Transform: AWS::Serverless-2016-10-31
Parameters: {Level: {Type: String}}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: src/
      Environment: {Variables: {LEVEL: !Ref Level}}
Outputs:
  Name: {Value: !Ref Echo}
""")
        self.package(source, bucket)
        deploy = ("cloudformation", "deploy", "--template-file", "packaged.yaml", "--stack-name", stack,
                  "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "Level=debug")
        self.aws(*deploy)
        self.addCleanup(run, "cloudformation", "wait", "stack-delete-complete", "--stack-name", stack)
        self.addCleanup(run, "cloudformation", "delete-stack", "--stack-name", stack)
        self.assertIn("No changes to deploy", run(*deploy, cwd=self.folder).stdout)
        [described] = self.aws("cloudformation", "describe-stacks", "--stack-name", stack)["Stacks"]
        self.assertEqual(described["StackStatus"], "CREATE_COMPLETE")
        name = described["Outputs"][0]["OutputValue"]
        self.aws("lambda", "invoke", "--function-name", name, "--cli-binary-format", "raw-in-base64-out",
                 "--payload", '{"a": 1}', "answer.json")
        self.assertEqual(json.loads((self.folder / "answer.json").read_text()), {"got": {"a": 1}})
        configuration = self.aws("lambda", "get-function-configuration", "--function-name", name)
        self.assertEqual(configuration["Environment"]["Variables"], {"LEVEL": "debug"})

    def test_who_am_i(self):
        self.assertRegex(self.aws("sts", "get-caller-identity")["Account"], r"^\d{12}$")
        self.assertIn("NoSuchEntity", self.refused("iam", "get-role", "--role-name", unique("missing")))

    def test_a_custom_domain_leads_to_both_kinds_of_apis(self):
        domain = f"{unique('api')}.example.com"
        certificate = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555"
        self.aws("apigateway", "create-domain-name", "--domain-name", domain, "--regional-certificate-arn", certificate,
                 "--endpoint-configuration", "types=REGIONAL")
        self.addCleanup(run, "apigateway", "delete-domain-name", "--domain-name", domain)
        rest = self.aws("apigateway", "create-rest-api", "--name", unique("api"))["id"]
        self.addCleanup(run, "apigateway", "delete-rest-api", "--rest-api-id", rest)
        self.aws("apigateway", "create-base-path-mapping", "--domain-name", domain, "--rest-api-id", rest,
                 "--base-path", "rest")
        http = self.aws("apigatewayv2", "create-api", "--name", unique("api"), "--protocol-type", "HTTP",
                        "--target", "https://site.example")["ApiId"]
        self.addCleanup(run, "apigatewayv2", "delete-api", "--api-id", http)
        self.aws("apigatewayv2", "create-api-mapping", "--domain-name", domain, "--api-id", http, "--stage", "$default",
                 "--api-mapping-key", "http/v1")
        mapped = self.aws("apigatewayv2", "get-api-mappings", "--domain-name", domain)["Items"]
        self.assertEqual({item["ApiMappingKey"]: item["ApiId"] for item in mapped}, {"rest": rest, "http/v1": http})
        self.assertIn("Base path already exists",
                      self.refused("apigateway", "create-base-path-mapping", "--domain-name", domain, "--rest-api-id", rest,
                                   "--base-path", "rest"))
        self.aws("apigatewayv2", "export-api", "--api-id", http, "--specification", "OAS30", "--output-type", "YAML",
                 "api.yaml")
        self.assertIn("$default", (self.folder / "api.yaml").read_text())
        for item in mapped:
            self.aws("apigatewayv2", "delete-api-mapping", "--domain-name", domain, "--api-mapping-id", item["ApiMappingId"])

    def test_logs_and_apis(self):
        group = unique("/conformance/group")
        self.aws("logs", "create-log-group", "--log-group-name", group)
        self.addCleanup(run, "logs", "delete-log-group", "--log-group-name", group)
        [found] = self.aws("logs", "describe-log-groups", "--log-group-name-prefix", group)["logGroups"]
        self.assertEqual(found["logGroupName"], group)
        api = self.aws("apigatewayv2", "create-api", "--name", unique("api"), "--protocol-type", "HTTP")
        self.addCleanup(run, "apigatewayv2", "delete-api", "--api-id", api["ApiId"])
        self.assertEqual(self.aws("apigatewayv2", "get-api", "--api-id", api["ApiId"])["Name"], api["Name"])


if __name__ == "__main__":
    unittest.main()
