// POST /orders: an order is written down and counted, both or neither, before anyone is told, then handed to the queue.

import { randomUUID } from "node:crypto";
import { dynamodb, sqs } from "./aws.mjs";
import { counterKey, fault, toItem } from "./order.mjs";

const reply = (statusCode, body) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

function parse(event) {
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  try {
    return JSON.parse(text ?? "");
  } catch {
    return null;
  }
}

export async function handler(event) {
  const order = parse(event);
  const wrong = fault(order);
  if (wrong) return reply(400, { error: wrong });

  const orderId = randomUUID();
  const TableName = process.env.ORDERS_TABLE;
  await dynamodb("TransactWriteItems", {
    TransactItems: [
      {
        Put: {
          TableName,
          Item: toItem(orderId, new Date().toISOString(), order),
          ConditionExpression: "attribute_not_exists(orderId)",
        },
      },
      {
        Update: {
          TableName,
          Key: counterKey(order.customer),
          UpdateExpression: "ADD orders :one",
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      },
    ],
    ClientRequestToken: orderId,
  });
  await sqs("SendMessage", { QueueUrl: process.env.ORDERS_QUEUE_URL, MessageBody: JSON.stringify({ orderId }) });
  console.log(`placed ${orderId} for ${order.customer}`);
  return reply(202, { orderId, status: "PLACED" });
}
