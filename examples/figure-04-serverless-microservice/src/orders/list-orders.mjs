// GET /customers/{customer}/orders: newest first, and how many there are in all.

import { dynamodb } from "./aws.mjs";
import { counterKey, fromItem } from "./order.mjs";

const TableName = process.env.ORDERS_TABLE;
const shownAtOnce = 20;

export async function handler(event) {
  const customer = decodeURIComponent(event.pathParameters.customer);
  const [counter, page] = await Promise.all([
    dynamodb("GetItem", { TableName, Key: counterKey(customer) }),
    dynamodb("Query", {
      TableName,
      IndexName: "by-customer",
      KeyConditionExpression: "customer = :customer",
      ExpressionAttributeValues: { ":customer": { S: customer } },
      ScanIndexForward: false,
      Limit: shownAtOnce,
    }),
  ]);
  return { customer, placed: Number(counter.Item?.orders.N ?? 0), orders: page.Items.map(fromItem) };
}
