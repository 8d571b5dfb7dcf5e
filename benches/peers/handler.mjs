// record-feedback in Node, for the cold start's comparison: the same event, the same UpdateItem, with the AWS SDK v3.
// The loop is the smallest that speaks the runtime API (AWS's own client does more). As usual, the client is made before the first event.

import http from "node:http";
import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

const dynamodb = new DynamoDBClient({});
const { AWS_ENDPOINT_URL, AWS_LAMBDA_RUNTIME_API, VOUCHERS_TABLE } = process.env;
if (!AWS_ENDPOINT_URL) throw new Error("AWS_ENDPOINT_URL says where DynamoDB is");

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function decodeBase32(text) {
  let bits = 0, value = 0;
  const bytes = [];
  for (const letter of text) {
    value = (value << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
      value &= (1 << bits) - 1;
    }
  }
  return Buffer.from(bytes).toString();
}

async function record(event) {
  for (const { body } of event.Records) {
    const { tags } = JSON.parse(body).mail;
    try {
      await dynamodb.send(new UpdateItemCommand({
        TableName: VOUCHERS_TABLE,
        Key: { customer_id: { S: decodeBase32(tags.customer[0]) }, voucher_id: { S: tags.voucher[0] } },
        UpdateExpression:
          "SET #a.#s = :state, last_via = if_not_exists(last_via, :channel), " +
          "delivered_at = if_not_exists(delivered_at, :at), delivered_via = if_not_exists(delivered_via, :channel), " +
          "sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel)",
        ConditionExpression: "attribute_exists(#a) AND #a.#s IN (:from0, :from1, :from2)",
        ExpressionAttributeNames: { "#a": "a_email", "#s": "s" },
        ExpressionAttributeValues: {
          ":state": { S: "delivered" }, ":channel": { S: "email" }, ":at": { N: "1795348740000" },
          ":from0": { S: "claimed" }, ":from1": { S: "sent" }, ":from2": { S: "unknown" },
        },
        ReturnValues: "NONE",
      }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  return { batchItemFailures: [] };
}

const agent = new http.Agent({ keepAlive: true });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`, { method, agent }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => (text += piece)).on("end", () => resolve({ headers: answer.headers, text }));
    });
    request.on("error", reject).end(body);
  });
}

for (;;) {
  const { headers, text } = await call("GET", "next");
  const answer = await record(JSON.parse(text));
  await call("POST", `${headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(answer));
}
