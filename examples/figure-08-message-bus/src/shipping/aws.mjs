// The one AWS service that this function calls, without an SDK: a request signed with Signature Version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

import { createHash, createHmac } from "node:crypto";

const region = process.env.AWS_REGION;

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

function sign(service, host, headers, body) {
  const date = headers["x-amz-date"];
  const day = date.slice(0, 8);
  const names = Object.keys(headers).concat("host").sort();
  const valueOf = (name) => (name === "host" ? host : headers[name]);
  const canonical = ["POST", "/", "", ...names.map((name) => `${name}:${valueOf(name)}`), "", names.join(";"), sha256(body)];
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical.join("\n"))].join("\n");
  const key = [day, region, service, "aws4_request"].reduce(hmac, `AWS4${process.env.AWS_SECRET_ACCESS_KEY}`);
  const credential = `${process.env.AWS_ACCESS_KEY_ID}/${scope}`;
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}

async function call(service, target, input) {
  const url = new URL(process.env.AWS_ENDPOINT_URL ?? `https://${service}.${region}.amazonaws.com`);
  const body = JSON.stringify(input);
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
    "x-amz-target": target,
  };
  if (process.env.AWS_SESSION_TOKEN) headers["x-amz-security-token"] = process.env.AWS_SESSION_TOKEN;
  headers.authorization = sign(service, url.host, headers, body);
  const response = await fetch(url, { method: "POST", headers, body });
  const output = await response.json();
  if (!response.ok) throw new Error(`${target}: ${output.__type}: ${output.message ?? output.Message}`);
  return output;
}

export const dynamodb = (operation, input) => call("dynamodb", `DynamoDB_20120810.${operation}`, input);
