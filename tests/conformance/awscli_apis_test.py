"""APIs of all kinds with the AWS CLI, built command by command."""

import json
import unittest

from aws_command import AwsCliTest, run
from clients import ENDPOINT, ON_AWS, unique


class Apis(AwsCliTest):
    def test_a_rest_api_is_built_command_by_command(self):
        def gateway(command, *words):
            return self.aws("apigateway", command, *words)

        api = gateway("create-rest-api", "--name", unique("api"), "--endpoint-configuration", "types=REGIONAL",
                      "--tags", "team=shop")
        of_api = ("--rest-api-id", api["id"])
        self.addCleanup(run, "apigateway", "delete-rest-api", *of_api)
        gateway("update-rest-api", *of_api, "--patch-operations", "op=replace,path=/description,value=ours")
        self.assertEqual(gateway("get-rest-api", *of_api)["description"], "ours")
        [root] = gateway("get-resources", *of_api)["items"]  # older commands do not show what CreateRestApi says of it
        pets = gateway("create-resource", *of_api, "--parent-id", root["id"], "--path-part", "pets")["id"]
        self.assertEqual([each["path"] for each in gateway("get-resources", *of_api)["items"]], ["/", "/pets"])
        gateway("create-model", *of_api, "--name", "Pet", "--content-type", "application/json", "--schema",
                '{"type": "object", "required": ["name"]}')
        validator = gateway("create-request-validator", *of_api, "--name", "bodies", "--validate-request-body")["id"]
        for method, words in (("GET", []), ("POST", ["--request-validator-id", validator, "--api-key-required",
                                                     "--request-models", "application/json=Pet"])):
            where = (*of_api, "--resource-id", pets, "--http-method", method)
            gateway("put-method", *where, "--authorization-type", "NONE", *words)
            gateway("put-integration", *where, "--type", "MOCK", "--request-templates",
                    '{"application/json": "{\\"statusCode\\": 200}"}')
            gateway("put-method-response", *where, "--status-code", "200")
            gateway("put-integration-response", *where, "--status-code", "200", "--response-templates",
                    '{"application/json": "$stageVariables.greeting"}')
        gateway("put-gateway-response", *of_api, "--response-type", "MISSING_AUTHENTICATION_TOKEN", "--status-code", "404")
        tried = gateway("test-invoke-method", *of_api, "--resource-id", pets, "--http-method", "GET",
                        "--path-with-query-string", "/pets", "--stage-variables", "greeting=tried")
        self.assertEqual((tried["status"], tried["body"]), (200, "tried"))
        gateway("create-deployment", *of_api, "--stage-name", "live", "--variables", "greeting=hello")
        gateway("update-stage", *of_api, "--stage-name", "live", "--patch-operations",
                "op=replace,path=/*/*/throttling/rateLimit,value=50", "op=replace,path=/variables/greeting,value=hi")
        stage = gateway("get-stage", *of_api, "--stage-name", "live")
        self.assertEqual(stage["methodSettings"]["*/*"]["throttlingRateLimit"], 50)
        self.assertEqual(stage["variables"], {"greeting": "hi"})

        key = gateway("create-api-key", "--name", unique("key"), "--enabled")
        self.addCleanup(run, "apigateway", "delete-api-key", "--api-key", key["id"])
        plan = gateway("create-usage-plan", "--name", unique("plan"), "--api-stages", f"apiId={api['id']},stage=live",
                       "--throttle", "rateLimit=10,burstLimit=5", "--quota", "limit=100,period=DAY")["id"]
        self.addCleanup(run, "apigateway", "delete-usage-plan", "--usage-plan-id", plan)
        self.addCleanup(run, "apigateway", "update-usage-plan", "--usage-plan-id", plan, "--patch-operations",
                        f"op=remove,path=/apiStages,value={api['id']}:live")
        gateway("create-usage-plan-key", "--usage-plan-id", plan, "--key-type", "API_KEY", "--key-id", key["id"])
        self.assertEqual([each["id"] for each in gateway("get-usage-plan-keys", "--usage-plan-id", plan)["items"]], [key["id"]])
        self.assertEqual(gateway("get-api-key", "--api-key", key["id"], "--include-value")["value"], key["value"])
        if not ON_AWS:
            self.assertEqual(self.visit(f"/_aws/execute-api/{api['id']}/live/pets"), (200, "hi"))
            self.assertEqual(self.visit(f"/_aws/execute-api/{api['id']}/live/none")[0], 404)
            pet = json.dumps({"name": "cat"}).encode()
            path = f"/_aws/execute-api/{api['id']}/live/pets"
            self.assertEqual(self.visit(path, pet)[0], 403)
            self.assertEqual(self.visit(path, pet, {"x-api-key": key["value"]})[0], 200)
            self.assertEqual(self.visit(path, b"{}", {"x-api-key": key["value"]})[0], 400)
        arn = f"arn:aws:apigateway:us-east-1::/restapis/{api['id']}"
        gateway("tag-resource", "--resource-arn", arn, "--tags", "more=1")
        gateway("untag-resource", "--resource-arn", arn, "--tag-keys", "team")
        self.assertEqual(gateway("get-tags", "--resource-arn", arn)["tags"], {"more": "1"})
        self.assertIn("Active stages", self.refused("apigateway", "delete-deployment", *of_api, "--deployment-id",
                                                    stage["deploymentId"]))
        gateway("delete-stage", *of_api, "--stage-name", "live")

    def test_an_http_api_is_built_command_by_command(self):
        def gateway(command, *words):
            return self.aws("apigatewayv2", command, *words)

        made = gateway("create-api", "--name", unique("api"), "--protocol-type", "HTTP", "--cors-configuration",
                       "AllowOrigins=https://site.example,AllowMethods=GET")
        of_api = ("--api-id", made["ApiId"])
        self.addCleanup(run, "apigatewayv2", "delete-api", *of_api)
        gateway("update-api", *of_api, "--description", "ours")
        integration = gateway("create-integration", *of_api, "--integration-type", "HTTP_PROXY", "--integration-method",
                              "GET", "--integration-uri", f"{ENDPOINT}/_localstack/health", "--payload-format-version",
                              "1.0", "--request-parameters", "append:header.x-own=1")["IntegrationId"]
        gateway("update-integration", *of_api, "--integration-id", integration, "--timeout-in-millis", "5000")
        authorizer = gateway("create-authorizer", *of_api, "--name", "users", "--authorizer-type", "JWT",
                             "--identity-source", "$request.header.Authorization", "--jwt-configuration",
                             "Issuer=https://id.example,Audience=shop")["AuthorizerId"]
        route = gateway("create-route", *of_api, "--route-key", "GET /health", "--target", f"integrations/{integration}")
        gateway("create-route", *of_api, "--route-key", "GET /guarded", "--target", f"integrations/{integration}",
                "--authorization-type", "JWT", "--authorizer-id", authorizer, "--authorization-scopes", "read")
        gateway("create-stage", *of_api, "--stage-name", "live", "--auto-deploy", "--default-route-settings",
                "ThrottlingBurstLimit=50,ThrottlingRateLimit=100")
        gateway("update-stage", *of_api, "--stage-name", "live", "--stage-variables", "a=1")
        self.assertEqual(gateway("get-stage", *of_api, "--stage-name", "live")["StageVariables"], {"a": "1"})
        self.assertEqual({each["RouteKey"] for each in gateway("get-routes", *of_api)["Items"]}, {"GET /health", "GET /guarded"})
        if not ON_AWS:
            self.assertEqual(self.visit(f"/_aws/execute-api/{made['ApiId']}/live/health")[0], 200)
            self.assertEqual(self.visit(f"/_aws/execute-api/{made['ApiId']}/live/guarded")[0], 401)
        gateway("delete-route", *of_api, "--route-id", route["RouteId"])
        gateway("delete-cors-configuration", *of_api)
        self.assertNotIn("CorsConfiguration", gateway("get-api", *of_api))
        arn = f"arn:aws:apigateway:us-east-1::/apis/{made['ApiId']}"
        gateway("tag-resource", "--resource-arn", arn, "--tags", "team=shop")
        self.assertEqual(gateway("get-tags", "--resource-arn", arn)["Tags"], {"team": "shop"})
        gateway("delete-stage", *of_api, "--stage-name", "live")

    def test_a_web_socket_api_is_built_command_by_command(self):
        def gateway(command, *words):
            return self.aws("apigatewayv2", command, *words)

        of_api = ("--api-id", gateway("create-api", "--name", unique("chat"), "--protocol-type", "WEBSOCKET",
                                      "--route-selection-expression", "$request.body.action")["ApiId"])
        self.addCleanup(run, "apigatewayv2", "delete-api", *of_api)
        model = gateway("create-model", *of_api, "--name", "Message", "--content-type", "application/json", "--schema",
                        '{"type": "object"}')["ModelId"]
        self.assertEqual(gateway("get-model", *of_api, "--model-id", model)["Name"], "Message")
        integration = gateway("create-integration", *of_api, "--integration-type", "MOCK", "--request-templates",
                              '{"200": "{\\"statusCode\\": 200}"}', "--template-selection-expression", "200")["IntegrationId"]
        gateway("create-integration-response", *of_api, "--integration-id", integration, "--integration-response-key",
                "$default")
        route = gateway("create-route", *of_api, "--route-key", "say", "--target", f"integrations/{integration}",
                        "--route-response-selection-expression", "$default")["RouteId"]
        gateway("create-route-response", *of_api, "--route-id", route, "--route-response-key", "$default")
        deployment = gateway("create-deployment", *of_api)["DeploymentId"]
        gateway("create-stage", *of_api, "--stage-name", "live", "--deployment-id", deployment)
        self.assertEqual(gateway("get-stages", *of_api)["Items"][0]["DeploymentId"], deployment)


if __name__ == "__main__":
    unittest.main()
