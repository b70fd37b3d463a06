#!/usr/bin/python3
"""The shop's access patterns on a deployed table; then a mistake, and the table as it was before it."""

import datetime
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "tests" / "examples")]

import harness  # noqa: E402

try:
    import boto3
except ImportError:
    print("Skipped: boto3 is not installed (python3-boto3)")
    sys.exit(harness.SKIPPED)

import shop as shop_module  # noqa: E402

STACK = "single-table-design"


def connect(cloud):
    return boto3.resource("dynamodb", endpoint_url=cloud.endpoint, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="test")


def expect(error, call):
    try:
        call()
    except error as raised:
        return raised
    raise AssertionError("expected %s" % error.__name__)


def fill(shop):
    shop.add_product("tea", "Tea", 450, stock=10)
    shop.add_product("cup", "Cup", 1100, stock=3)
    shop.register("ada", "Ada", "ada@example.com")
    shop.register("bo", "Bo", "bo@example.com")
    shop.fill_basket("ada", {"tea": 2}, expires=4102444800)
    shop.place_order("ada", "o1", "2026-03-01T10:00", "north", {"tea": (2, 450), "cup": (1, 1100)})
    shop.place_order("ada", "o2", "2026-03-05T09:00", "north", {"tea": (1, 450)})
    shop.place_order("bo", "o3", "2026-03-03T12:00", "north", {"cup": (1, 1100)})


def check_reading(shop):
    page = shop.customer_page("ada")
    assert page["profile"]["orders"] == 2 and page["basket"] is None, page
    assert [order["SK"] for order in page["orders"]] == ["ORDER#2026-03-05T09:00#o2", "ORDER#2026-03-01T10:00#o1"]
    assert page["orders"][1]["totalCents"] == 2000
    assert shop.customer_of_email("bo@example.com") == "bo" and shop.customer_of_email("nobody") is None
    assert [order["GSI1PK"] for order in shop.orders_between("ada", "2026-03-02", "2026-03-31")] == ["ORDER#o2"]
    assert {line["SK"]: int(line["quantity"]) for line in shop.lines("o1")} == {"LINE#cup": 1, "LINE#tea": 2}
    assert sorted(shop.orders_with("cup")) == ["o1", "o3"]
    assert shop.stock_report() == {"tea": 7, "cup": 1}


def check_refusals(shop):
    expect(shop_module.EmailTaken, lambda: shop.register("cy", "Cy", "ada@example.com"))
    assert shop.customer_page("cy")["profile"] is None  # neither of the two items was written
    short = expect(shop_module.OutOfStock,
                   lambda: shop.place_order("bo", "o4", "2026-03-06T08:00", "north", {"tea": (1, 450), "cup": (2, 1100)}))
    assert short.args == (["cup"],), short.args
    assert shop.lines("o4") == [] and shop.stock_report() == {"tea": 7, "cup": 1}
    assert shop.customer_page("bo")["profile"]["orders"] == 1


def check_open_orders(shop):
    ids = lambda orders: [order["SK"].rsplit("#")[-1] for order in orders]  # noqa: E731
    assert ids(shop.open_orders("north")) == ["o1", "o3", "o2"]
    assert ids(shop.open_orders("north", until="2026-03-02")) == ["o1"]
    assert "state" not in shop.open_orders("north")[0]  # the index has only what it was told to hold
    shop.ship("o3")
    assert ids(shop.open_orders("north")) == ["o1", "o2"]
    expect(shop.client.exceptions.ConditionalCheckFailedException, lambda: shop.ship("o3"))


def check_recovery(cloud, shop):
    """A mistake takes the products away; the table as it was a minute before has them."""
    cloud.advance("PT1M")  # clients speak of whole seconds
    before = cloud.json_http("GET", "/_cumulet/clock")[1]["now"]
    cloud.advance("PT1M")
    for product in ("tea", "cup"):
        shop.table.delete_item(Key={"PK": f"PRODUCT#{product}", "SK": "PRODUCT"})
    assert shop.stock_report() == {}
    shop.client.restore_table_to_point_in_time(SourceTableName=shop.name, TargetTableName="shop-before", RestoreDateTime=before)
    harness.wait_for("the restored table", lambda: shop.client.describe_table(
        TableName="shop-before")["Table"]["TableStatus"] == "ACTIVE")
    restored = shop_module.Shop(connect(cloud), "shop-before")
    assert restored.stock_report() == {"tea": 7, "cup": 1}
    assert sorted(restored.orders_with("cup")) == ["o1", "o3"]
    shop.client.delete_table(TableName="shop-before")


def check_expiry(cloud, shop):
    now = datetime.datetime.fromisoformat(cloud.json_http("GET", "/_cumulet/clock")[1]["now"].replace("Z", "+00:00"))
    shop.fill_basket("bo", {"cup": 1}, expires=int(now.timestamp()) + 60)
    assert shop.customer_page("bo")["basket"]["lines"] == {"cup": 1}
    cloud.advance("PT2M")
    harness.wait_for("the basket expires", lambda: shop.customer_page("bo")["basket"] is None)


def main(binary):
    with harness.temporary_folder() as folder:
        cloud = harness.Cloud(binary, folder).start()
        cloud.cumulet("deploy", HERE / "template.yaml", "--stack-name", STACK)
        shop = shop_module.Shop(connect(cloud), cloud.outputs(STACK)["TableName"])
        fill(shop)
        check_reading(shop)
        check_refusals(shop)
        cloud.kill()
        cloud.start()
        check_reading(shop)
        check_open_orders(shop)
        check_recovery(cloud, shop)
        check_expiry(cloud, shop)
        cloud.cumulet("delete", STACK)
        assert cloud.remains() == {} or "tables" not in cloud.remains(), cloud.remains()
        cloud.stop()


if __name__ == "__main__":
    main(harness.arguments(__doc__).binary)
    print("Done: deployed, filled, asked, killed, mistaken, restored, deleted.")
