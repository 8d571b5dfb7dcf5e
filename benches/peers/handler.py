"""record-feedback in Python, for the cold start's comparison: the same event, the same UpdateItem, with boto3.

The loop is the smallest that speaks the runtime API (AWS's own client does more). As usual, the client is made before the first event.
"""

import base64
import http.client
import json
import os

import boto3
from botocore.exceptions import ClientError

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["VOUCHERS_TABLE"]


def record(event):
    for record in event["Records"]:
        delivery = json.loads(record["body"])
        tags = delivery["mail"]["tags"]
        code = tags["customer"][0]
        customer = base64.b32decode(code + "=" * (-len(code) % 8)).decode()
        try:
            dynamodb.update_item(
                TableName=TABLE,
                Key={"customer_id": {"S": customer}, "voucher_id": {"S": tags["voucher"][0]}},
                UpdateExpression="SET #a.#s = :state, last_via = if_not_exists(last_via, :channel), "
                "delivered_at = if_not_exists(delivered_at, :at), delivered_via = if_not_exists(delivered_via, :channel), "
                "sent_at = if_not_exists(sent_at, :at), sent_via = if_not_exists(sent_via, :channel)",
                ConditionExpression="attribute_exists(#a) AND #a.#s IN (:from0, :from1, :from2)",
                ExpressionAttributeNames={"#a": "a_email", "#s": "s"},
                ExpressionAttributeValues={
                    ":state": {"S": "delivered"}, ":channel": {"S": "email"}, ":at": {"N": "1795348740000"},
                    ":from0": {"S": "claimed"}, ":from1": {"S": "sent"}, ":from2": {"S": "unknown"},
                },
                ReturnValues="NONE",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
    return {"batchItemFailures": []}


def main():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = api.getresponse()
        event = json.loads(answer.read())
        path = f"/2018-06-01/runtime/invocation/{answer.headers['lambda-runtime-aws-request-id']}/response"
        api.request("POST", path, json.dumps(record(event)))
        api.getresponse().read()


main()
