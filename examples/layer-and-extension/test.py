#!/usr/bin/python3
"""Orders through functions in two languages that share a layer; and an extension that tells what it saw."""

import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "examples"))

import harness  # noqa: E402

STACK = "layer-and-extension"


def log_of(cloud, function):
    """The lines that the function and its extensions have written."""
    group = "/aws/lambda/" + function
    groups = cloud.aws_json("logs", "Logs_20140328.DescribeLogGroups", {"logGroupNamePrefix": group}, "1.1")["logGroups"]
    if not groups:
        return []
    events = cloud.aws_json("logs", "Logs_20140328.FilterLogEvents", {"logGroupName": group}, "1.1")["events"]
    return [each["message"] for each in events]


def check_orders(cloud, url):
    status, order = cloud.json_http("POST", url + "/orders", {"price": "12.34 EUR"})
    assert status == 201, (status, order)
    shown = cloud.json_http("GET", url + "/orders/" + order["orderId"])
    assert shown == (200, {"orderId": order["orderId"], "price": "12.34 EUR"}), shown
    assert cloud.json_http("POST", url + "/orders", {"price": "much"})[0] == 400
    assert cloud.json_http("GET", url + "/orders/none")[0] == 404
    harness.wait_for("the notice", lambda: any(line.endswith("noticed " + order["orderId"]) for line in log_of(cloud, "notices")))
    return order["orderId"]


def check_extension(cloud):
    for function, calls in (("place-order", 2), ("show-order", 2), ("notices", 1)):
        mine = "audit: %s has event" % function
        seen = lambda: [line for line in log_of(cloud, function) if line.startswith(mine)]
        harness.wait_for("the extension of " + function, lambda: len(seen()) == calls)
        assert "EXTENSION\tName: audit\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in log_of(cloud, function)


def check_new_layer(cloud, url, folder, order):
    """A changed layer is a new version; the functions have it from the next event on, and the old environments end."""
    source = folder / "layers/money/python/money.py"
    source.write_text(source.read_text().replace('{cents % 100:02} EUR', '{cents % 100:02} €'))
    cloud.cumulet("deploy", folder / "template.yaml", "--stack-name", STACK)
    status, shown = cloud.json_http("GET", url + "/orders/" + order)
    assert (status, shown["price"]) == (200, "12.34 €"), (status, shown)
    end = "audit: show-order ends after 2 calls: spindown"
    harness.wait_for("the extension's last word", lambda: end in log_of(cloud, "show-order"))


def main():
    options = harness.arguments(__doc__)
    with harness.temporary_folder() as temporary:
        folder = pathlib.Path(temporary) / "app"
        shutil.copytree(HERE, folder)
        cloud = harness.Cloud(options.binary, pathlib.Path(temporary) / "state").start()
        try:
            cloud.cumulet("deploy", folder / "template.yaml", "--stack-name", STACK)
            url = cloud.outputs(STACK)["ApiUrl"]
            order = check_orders(cloud, url)
            check_extension(cloud)
            check_new_layer(cloud, url, folder, order)
            cloud.cumulet("delete", STACK)
            left = {kind: names for kind, names in cloud.remains().items() if kind != "log groups"}
            assert not left, left
            cloud.stop()
        finally:
            cloud.kill()


if __name__ == "__main__":
    main()
