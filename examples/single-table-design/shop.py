"""The access patterns of a shop over one table.

Every kind of thing is an item whose keys say what it is and where it belongs:

    thing      PK               SK                     GSI1PK            GSI1SK
    customer   CUSTOMER#<id>    PROFILE
    email      EMAIL#<address>  EMAIL                                                  (keeps addresses unique)
    order      CUSTOMER#<id>    ORDER#<time>#<id>      ORDER#<id>        ORDER
    line       ORDER#<id>       LINE#<product>         PRODUCT#<id>      ORDER#<id>
    product    PRODUCT#<id>     PRODUCT
    basket     CUSTOMER#<id>    BASKET                                                 (expires by itself)

What is asked together lies together: a customer's page is one Query, and so is an order with its lines."""

from boto3.dynamodb.conditions import Attr, Key


class OutOfStock(Exception):
    pass


class EmailTaken(Exception):
    pass


class Shop:
    def __init__(self, dynamodb, table_name):
        self.client = dynamodb.meta.client
        self.table = dynamodb.Table(table_name)
        self.name = table_name

    def _write(self, *parts):
        self.client.transact_write_items(TransactItems=list(parts))

    def _put(self, item, **more):
        return {"Put": {"TableName": self.name, "Item": item, **more}}

    # Writing

    def add_product(self, product, title, cents, stock):
        self.table.put_item(Item={"PK": f"PRODUCT#{product}", "SK": "PRODUCT", "title": title, "cents": cents, "stock": stock})

    def register(self, customer, name, email):
        """Two items or none: the profile, and the address that nobody else may have."""
        new = {"ConditionExpression": "attribute_not_exists(PK)"}
        try:
            self._write(
                self._put({"PK": f"CUSTOMER#{customer}", "SK": "PROFILE", "name": name, "email": email, "orders": 0}, **new),
                self._put({"PK": f"EMAIL#{email}", "SK": "EMAIL", "customerId": customer}, **new))
        except self.client.exceptions.TransactionCanceledException as error:
            codes = [reason["Code"] for reason in error.response["CancellationReasons"]]
            if codes == ["None", "ConditionalCheckFailed"]:
                raise EmailTaken(email) from error
            raise

    def fill_basket(self, customer, lines, expires):
        self.table.put_item(Item={"PK": f"CUSTOMER#{customer}", "SK": "BASKET", "lines": lines, "expires": expires})

    def place_order(self, customer, order, placed, warehouse, lines):
        """The order, its lines, the stock that it takes and the customer's count, in one transaction."""
        total = sum(quantity * cents for quantity, cents in lines.values())
        parts = [
            self._put({"PK": f"CUSTOMER#{customer}", "SK": f"ORDER#{placed}#{order}", "GSI1PK": f"ORDER#{order}",
                       "GSI1SK": "ORDER", "customerId": customer, "totalCents": total, "state": "OPEN",
                       "warehouse": warehouse, "openSince": placed}, ConditionExpression="attribute_not_exists(PK)"),
            {"Update": {"TableName": self.name, "Key": {"PK": f"CUSTOMER#{customer}", "SK": "PROFILE"},
                        "UpdateExpression": "ADD orders :one", "ConditionExpression": "attribute_exists(PK)",
                        "ExpressionAttributeValues": {":one": 1}}},
            {"Delete": {"TableName": self.name, "Key": {"PK": f"CUSTOMER#{customer}", "SK": "BASKET"}}},
        ]
        for product, (quantity, cents) in lines.items():
            parts.append(self._put({"PK": f"ORDER#{order}", "SK": f"LINE#{product}", "GSI1PK": f"PRODUCT#{product}",
                                    "GSI1SK": f"ORDER#{order}", "quantity": quantity, "cents": cents}))
            parts.append({"Update": {
                "TableName": self.name, "Key": {"PK": f"PRODUCT#{product}", "SK": "PRODUCT"},
                "UpdateExpression": "SET stock = stock - :quantity", "ConditionExpression": "stock >= :quantity",
                "ExpressionAttributeValues": {":quantity": quantity}}})
        try:
            self._write(*parts)
        except self.client.exceptions.TransactionCanceledException as error:
            reasons = error.response["CancellationReasons"]
            short = [product for product, reason in zip(lines, reasons[4::2]) if reason["Code"] == "ConditionalCheckFailed"]
            if short:
                raise OutOfStock(short) from error
            raise

    def ship(self, order):
        """The order leaves the sparse index with the attributes that put it there."""
        key = self.order_key(order)
        self.table.update_item(
            Key=key, UpdateExpression="SET #state = :shipped REMOVE openSince, warehouse",
            ConditionExpression=Attr("state").eq("OPEN"),
            ExpressionAttributeNames={"#state": "state"}, ExpressionAttributeValues={":shipped": "SHIPPED"})

    # Reading

    def customer_page(self, customer, orders=10):
        """The profile, the basket and the latest orders: one collection, read from its end."""
        latest = self.table.query(
            KeyConditionExpression=Key("PK").eq(f"CUSTOMER#{customer}") & Key("SK").begins_with("ORDER#"),
            ScanIndexForward=False, Limit=orders)["Items"]
        head = self.client.batch_get_item(RequestItems={self.name: {"Keys": [
            {"PK": f"CUSTOMER#{customer}", "SK": "PROFILE"}, {"PK": f"CUSTOMER#{customer}", "SK": "BASKET"}]}})
        named = {item["SK"]: item for item in head["Responses"][self.name]}
        return {"profile": named.get("PROFILE"), "basket": named.get("BASKET"), "orders": latest}

    def customer_of_email(self, email):
        return self.table.get_item(Key={"PK": f"EMAIL#{email}", "SK": "EMAIL"}).get("Item", {}).get("customerId")

    def orders_between(self, customer, first, last):
        return self.table.query(KeyConditionExpression=Key("PK").eq(f"CUSTOMER#{customer}")
                                & Key("SK").between(f"ORDER#{first}", f"ORDER#{last}~"))["Items"]

    def lines(self, order):
        return self.table.query(KeyConditionExpression=Key("PK").eq(f"ORDER#{order}"))["Items"]

    def order_key(self, order):
        found = self.table.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq(f"ORDER#{order}"))["Items"]
        return {name: found[0][name] for name in ("PK", "SK")} if found else None

    def orders_with(self, product):
        lines = self.table.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq(f"PRODUCT#{product}"))["Items"]
        return [line["GSI1SK"].removeprefix("ORDER#") for line in lines]

    def open_orders(self, warehouse, until=None):
        """What a warehouse has to send, oldest first, page by page."""
        condition = Key("warehouse").eq(warehouse)
        if until:
            condition &= Key("openSince").lte(until)
        orders, page = [], {}
        while True:
            answer = self.table.query(IndexName="open-orders", KeyConditionExpression=condition, Limit=2, **page)
            orders += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return orders
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def stock_report(self, segments=4):
        """All products, read by several at once."""
        found = []
        for segment in range(segments):
            page = {}
            while True:
                answer = self.table.scan(FilterExpression=Attr("SK").eq("PRODUCT"), Segment=segment, TotalSegments=segments,
                                         ProjectionExpression="PK, stock", **page)
                found += answer["Items"]
                if "LastEvaluatedKey" not in answer:
                    break
                page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return {item["PK"].removeprefix("PRODUCT#"): int(item["stock"]) for item in found}
