// Who is connected stands in a table. What one says goes to all of them, in the order of the table.

import { dynamodb, post } from "./aws.mjs";

const TableName = process.env.CONNECTIONS;
const key = (connectionId) => ({ connectionId: { S: connectionId } });
const done = { statusCode: 200 };

export async function join({ requestContext, queryStringParameters }) {
  const { connectionId, connectedAt } = requestContext;
  const name = queryStringParameters.name.slice(0, 40);
  if (!name.trim()) return { statusCode: 400 };
  await dynamodb("PutItem", { TableName, Item: { ...key(connectionId), name: { S: name }, connectedAt: { N: `${connectedAt}` } } });
  return done;
}

export async function leave({ requestContext }) {
  const { Attributes } = await dynamodb("DeleteItem", { TableName, Key: key(requestContext.connectionId), ReturnValues: "ALL_OLD" });
  if (Attributes) await tellAll(requestContext, { left: Attributes.name.S });
  return done;
}

export async function say({ requestContext, body }) {
  const { Item } = await dynamodb("GetItem", { TableName, Key: key(requestContext.connectionId), ConsistentRead: true });
  await tellAll(requestContext, { from: Item.name.S, text: `${JSON.parse(body).text}` });
  return done;
}

async function tellAll(api, message) {
  let ExclusiveStartKey;
  do {
    const page = await dynamodb("Scan", { TableName, ProjectionExpression: "connectionId", ConsistentRead: true, ExclusiveStartKey });
    await Promise.all(page.Items.map(async ({ connectionId }) => {
      // A client that went away without a word is forgotten by whoever finds it gone.
      if (!(await post(api, connectionId.S, JSON.stringify(message)))) await dynamodb("DeleteItem", { TableName, Key: { connectionId } });
    }));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
