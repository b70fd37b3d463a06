#!/usr/bin/python3
"""The shop's front door as its users see it: deployed, used, killed, updated, deleted."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "examples"))

import harness  # noqa: E402

STACK = "figure-03-api-gateway"
KEY = "key-of-the-partners-of-the-shop"


def deploy(cloud, *parameters):
    return cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK, *parameters)


def ask(cloud, method, url, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named["Content-Type"] = "application/json"
    status, text = cloud.http(method, url, None if body is None else json.dumps(body), named)
    return status, json.loads(text or "null")


def check_cache(cloud, url):
    """A product is read once a minute, whoever asks."""
    status, first = ask(cloud, "GET", url + "/products/tea")
    assert status == 200 and first["cents"] == 450, (status, first)
    assert ask(cloud, "GET", url + "/products/tea") == (200, first)
    assert ask(cloud, "GET", url + "/products/cup")[1]["visit"] != first["visit"]
    cloud.advance("PT61S")
    assert ask(cloud, "GET", url + "/products/tea")[1]["visit"] != first["visit"]
    assert ask(cloud, "GET", url + "/products/unknown")[0] == 404
    assert ask(cloud, "GET", url + "/elsewhere") == (403, {"message": "Missing Authentication Token"})


def check_orders(cloud, url):
    """Customers are known by their tokens, and orders are validated before any function sees them."""
    def place(order, **headers):
        return ask(cloud, "POST", url + "/orders", order, **headers)
    order = {"sku": "tea", "quantity": 2}
    assert place(order) == (401, {"message": "Unauthorized"})
    assert place(order, Authorization="nonsense") == (401, {"message": "Unauthorized"})
    assert place(order, Authorization="token-of-nobody") == (401, {"message": "Unauthorized"})
    denied = {"message": "User is not authorized to access this resource with an explicit deny"}
    assert place(order, Authorization="token-of-bo") == (403, denied)
    assert place(order, Authorization="token-of-ada") == (202, {"customer": "ada", **order})
    for wrong in ({"sku": "tea"}, {"sku": "nail", "quantity": 1}, {"sku": "tea", "quantity": 0}, {**order, "more": 1}, []):
        assert place(wrong, Authorization="token-of-ada") == (400, {"message": "Invalid request body"}), wrong


def check_reports(cloud, url):
    """Partners need a key, have three reports a day, and are known by their requests."""
    def report(query="?partner=tea-house", **headers):
        return ask(cloud, "GET", url + "/reports" + query, **headers)
    assert report() == (403, {"message": "Forbidden"})
    assert report("", x_api_key=KEY) == (401, {"message": "Unauthorized"})
    assert report("?partner=stranger", x_api_key=KEY)[0] == 403
    for _ in range(3):
        assert report(x_api_key=KEY) == (200, {"partner": "tea-house", "since": 2020})
    assert report(x_api_key=KEY) == (429, {"error": "That was all for today."})
    cloud.advance("P1D")
    assert report(x_api_key=KEY)[0] == 200


def check_log(cloud):
    def logged():
        events = cloud.aws_json("logs", "Logs_20140328.FilterLogEvents", {"logGroupName": "/api/" + STACK}, "1.1")["events"]
        return "POST /orders 202" in [event["message"] for event in events]
    harness.wait_for("the access log", logged, seconds=30)


def main(binary):
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder, "--iam", "enforce").start()  # functions must permit API Gateway to call
        deploy(cloud)
        url = cloud.outputs(STACK)["ApiUrl"]
        check_cache(cloud, url)
        check_orders(cloud, url)
        check_reports(cloud, url)
        check_log(cloud)
        assert ask(cloud, "GET", url + "/version") == (200, {"version": "current"})

        cloud.kill()
        cloud.start()
        assert ask(cloud, "GET", url + "/version") == (200, {"version": "current"})
        deploy(cloud, "CanaryPercent=100")
        assert ask(cloud, "GET", url + "/version") == (200, {"version": "next"})
        check_orders(cloud, url)

        cloud.cumulet("delete", STACK)
        left = {kind: names for kind, names in cloud.remains().items()
                if kind == "stacks" or any(STACK in name for name in names)}
        assert not left, left
        assert cloud.http("GET", url + "/version")[0] in (403, 404)
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done: deployed, used, killed, updated, deleted.")
