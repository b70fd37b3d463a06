// Writes a shipment for every order that its queue brings: the subscription's filter lets only parcels through.
// The queue holds notifications (no raw delivery): the order is the Message inside.

import { dynamodb } from "./aws.mjs";

export async function handler(event) {
  for (const record of event.Records) {
    const notification = JSON.parse(record.body);
    const order = JSON.parse(notification.Message);
    await dynamodb("PutItem", {
      TableName: process.env.SHIPMENTS_TABLE,
      Item: { orderId: { S: order.orderId }, announced: { S: notification.Timestamp } },
    });
    console.log(`shipping ${order.orderId}`);
  }
}
