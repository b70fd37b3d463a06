// GET /orders/{orderId}

import { dynamodb } from "./aws.mjs";
import { fromItem } from "./order.mjs";

export async function handler(event) {
  const { orderId } = event.pathParameters;
  const { Item } = await dynamodb("GetItem", {
    TableName: process.env.ORDERS_TABLE,
    Key: { orderId: { S: orderId } },
    ConsistentRead: true,
  });
  if (!Item) return { statusCode: 404, body: JSON.stringify({ error: `There is no order ${orderId}.` }) };
  // An object without statusCode is a body: API Gateway answers 200 with it, as JSON.
  return fromItem(Item);
}
