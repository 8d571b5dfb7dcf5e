"""What a deployment refuses before it creates anything."""

import sys
import unittest

from scripted import ROOT

sys.path.insert(0, str(ROOT / "infra"))

from preflight.names import what_is_wrong, wrong_sender, wrong_stack_name, wrong_stage  # noqa: E402
from preflight.wanted import Template  # noqa: E402

LONGEST = "v" * 27
FUNCTION_NAME = 64  # characters, by Lambda
BUCKET = 63  # by S3
SIGN_IN_DOMAIN = 63  # by Cognito; the account's number and a hyphen are 13
ENVIRONMENT = 4096  # bytes, by Lambda


class Names(unittest.TestCase):
    def test_names_of_stacks(self):
        for good in ("vouchers", "v", "shop-2", LONGEST):
            self.assertIsNone(wrong_stack_name(good), good)
        for bad in (
            "",
            "Shop",
            "2shop",
            "shop-",
            "shop_1",
            "shop.es",
            "-shop",
            LONGEST + "v",
            "my-aws-shop",
            "amazon",
            "cognito-x",
            "tiendañ",
            "shop\n",
        ):
            self.assertIsNotNone(wrong_stack_name(bad), bad)

    def test_the_longest_name_fits_everything_that_is_made_of_it(self):
        template = Template()
        functions = template.physical_names(
            "AWS::Serverless::Function", "FunctionName", LONGEST
        ).values()
        self.assertLessEqual(max(map(len, functions)), FUNCTION_NAME)
        self.assertLessEqual(len(LONGEST) + 13, SIGN_IN_DOMAIN)
        buckets = template.physical_names("AWS::S3::Bucket", "BucketName", LONGEST).values()
        for bucket in buckets:
            whole = bucket.replace("${AWS::AccountId}", "1" * 12).replace("${AWS::Region}", "ap-southeast-1")
            self.assertLessEqual(len(whole), BUCKET, bucket)
        self.assertTrue(buckets)
        queue = len(
            f"https://sqs.ap-southeast-1.amazonaws.com/123456789012/{LONGEST}-parked-records"
        )
        for name, function in template.of_type("AWS::Serverless::Function").items():
            variables = function.get("Environment", {}).get("Variables", {})
            size = sum(
                len(key)
                + (
                    queue
                    if key.endswith("QUEUE_URL") or key.endswith("DLQ_URL")
                    else len(LONGEST) + 20
                )
                for key in variables
            )
            self.assertLess(size, ENVIRONMENT, name)

    def test_senders(self):
        for good in ("offers@shop.es", "o.f+x@news.shop.co.uk", "a@xn--caf-dma.es"):
            self.assertIsNone(wrong_sender(good), good)
        for bad in (
            "",
            "shop.es",
            "offers@",
            "@shop.es",
            "offers@shop",
            "Shop <offers@shop.es>",
            "a b@shop.es",
            "offers@Shop.es",
            "offers@café.es",
            "offers@example.com",
            "x@mail.example.org",
            "a..b@shop.es",
            ".a@shop.es",
            "a.@shop.es",
            "a@shop.es\n",
        ):
            self.assertIsNotNone(wrong_sender(bad), bad)
        self.assertIn("this is a domain", wrong_sender("shop.es"))

    def test_stages(self):
        self.assertEqual([wrong_stage(stage) for stage in ("dev", "test", "prod")], [None] * 3)
        self.assertIsNotNone(wrong_stage("production"))

    def test_all_that_is_wrong_is_said_at_once(self):
        self.assertEqual(len(what_is_wrong("Shop", "shop.es", "live")), 3)


if __name__ == "__main__":
    unittest.main()
