"""The way of a provider's event through the template's topic to its queue, on whatever AWS is at AWS_ENDPOINT_URL.

Makes topic, queue, policies and subscription with the properties of template.yaml, so that the template is what is tried.
"""

import json
import os
import sys
import unittest
import uuid
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "infra"))

from preflight.wanted import read_template  # noqa: E402 - after the path

RESOURCES = read_template("template.yaml")["Resources"]
EVENT = json.dumps({"eventType": "Bounce", "mail": {"messageId": "1", "tags": {"voucher": ["v-1"]}}, "bounce": {"bounceType": "Permanent"}})
WAIT_SECONDS = 5


def properties(logical):
    return RESOURCES[logical]["Properties"]


class FeedbackTopic(unittest.TestCase):
    def setUp(self):
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        self.sqs, self.sns = boto3.client("sqs", endpoint_url=endpoint), boto3.client("sns", endpoint_url=endpoint)
        name = f"oracle-{uuid.uuid4().hex[:8]}"
        self.topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.addCleanup(self.sqs.delete_queue, QueueUrl=self.queue)
        self.addCleanup(self.sns.delete_topic, TopicArn=self.topic)

    def filled(self, policy):
        """Returns a policy of the template with this topic and this queue in place of its references."""
        text = json.dumps(policy)
        for reference, value in (
            ({"Fn::GetAtt": ["FeedbackQueue", "Arn"]}, self.arn),
            ({"Fn::GetAtt": ["FeedbackDlq", "Arn"]}, self.arn),
            ({"Ref": "FeedbackTopic"}, self.topic),
            ({"Ref": "AWS::AccountId"}, self.topic.split(":")[4]),
        ):
            text = text.replace(json.dumps(reference), json.dumps(value))
        self.assertNotIn("Fn::", text)
        return text

    def subscribe(self, raw):
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": self.filled(properties("FeedbackQueuePolicy")["PolicyDocument"])})
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=self.filled(properties("FeedbackTopicPolicy")["PolicyDocument"]))
        self.sns.subscribe(
            TopicArn=self.topic, Protocol=properties("FeedbackSubscription")["Protocol"], Endpoint=self.arn,
            Attributes={"RawMessageDelivery": str(raw).lower()},
        )

    def received(self):
        answer = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=WAIT_SECONDS, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def test_an_event_reaches_the_queue_as_the_provider_wrote_it(self):
        self.subscribe(properties("FeedbackSubscription")["RawMessageDelivery"])
        self.sns.publish(TopicArn=self.topic, Message=EVENT)
        self.assertEqual(self.received(), [EVENT], "raw: record-feedback reads the provider's event and no envelope of SNS")

    def test_without_raw_delivery_it_would_come_in_an_envelope(self):
        self.subscribe(False)
        self.sns.publish(TopicArn=self.topic, Message=EVENT)
        [body] = self.received()
        self.assertEqual(json.loads(body)["Message"], EVENT)


if __name__ == "__main__":
    unittest.main()
