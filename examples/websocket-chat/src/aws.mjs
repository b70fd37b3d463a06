// The AWS calls that the chat needs, without an SDK: requests signed with Signature Version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

import { createHash, createHmac } from "node:crypto";

const region = process.env.AWS_REGION;

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

async function signed(service, method, url, headers, body) {
  headers["x-amz-date"] = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  if (process.env.AWS_SESSION_TOKEN) headers["x-amz-security-token"] = process.env.AWS_SESSION_TOKEN;
  const day = headers["x-amz-date"].slice(0, 8);
  const names = Object.keys(headers).concat("host").sort();
  const valueOf = (name) => (name === "host" ? url.host : headers[name]);
  const path = url.pathname.split("/").map(encode).join("/"); // what is escaped already is escaped once more
  const canonical = [method, path, "", ...names.map((name) => `${name}:${valueOf(name)}`), "", names.join(";"), sha256(body)];
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(canonical.join("\n"))].join("\n");
  const key = [day, region, service, "aws4_request"].reduce(hmac, `AWS4${process.env.AWS_SECRET_ACCESS_KEY}`);
  const credential = `${process.env.AWS_ACCESS_KEY_ID}/${scope}`;
  const signature = hmac(key, text).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return fetch(url, { method, headers, body });
}

export async function dynamodb(operation, input) {
  const url = new URL(process.env.AWS_ENDPOINT_URL ?? `https://dynamodb.${region}.amazonaws.com`);
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": `DynamoDB_20120810.${operation}` };
  const response = await signed("dynamodb", "POST", url, headers, JSON.stringify(input));
  const output = await response.json();
  if (!response.ok) throw new Error(`${operation}: ${output.__type}: ${output.message ?? output.Message}`);
  return output;
}

/** Sends `text` to one client of the WebSocket API; false if the client is gone. */
export async function post({ domainName, apiId, stage }, connectionId, text) {
  const own = process.env.AWS_ENDPOINT_URL;
  const api = own ? `${own}/_aws/execute-api/${apiId}/${stage}` : `https://${domainName}/${stage}`;
  const url = new URL(`${api}/@connections/${encodeURIComponent(connectionId)}`);
  const response = await signed("execute-api", "POST", url, {}, text);
  if (!response.ok && response.status !== 410) throw new Error(`@connections: ${response.status} ${await response.text()}`);
  return response.ok;
}
