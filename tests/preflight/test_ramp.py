"""The ramp: days, rates and caps that fit what the account grants."""

import unittest

import answers
from answers import EUM, quota, sender_id, ses_account
from scripted import Fails, ScriptedAccount

from preflight.ramp import (
    HOURS_A_DAY,
    deploy_command,
    email_lane,
    make_plan,
    parameters_that_fit,
    ramp_days,
    render_ramp,
    sms_rate,
)
from preflight.wanted import Template, Wanted

TEMPLATE = Template()


def plan(messages, changes=None, spend=None):
    account = ScriptedAccount(answers.ready(TEMPLATE) | (changes or {}))
    wanted = Wanted("vouchers", "prod", "offers@shop.test", (), messages, template=TEMPLATE)
    return wanted, *make_plan(account, wanted, spend)


class Ramp(unittest.TestCase):
    def test_days_double_up_to_the_cap_and_add_up(self):
        for messages, cap, first in (
            (200_000, 45_000, 4_000),
            (999, 45_000, 1_000),
            (1_000_000, 100_000, 1),
            (7, 3, 1),
        ):
            days = ramp_days(messages, cap, first)
            self.assertEqual(sum(days), messages)
            self.assertLessEqual(max(days), cap)
            self.assertTrue(
                all(later <= 2 * earlier for earlier, later in zip(days, days[1:], strict=False))
            )
        self.assertEqual(ramp_days(500, None, 1), (500,))
        self.assertEqual(ramp_days(500, 0, 100), ())

    def test_no_proposed_rate_lets_a_day_pass_its_quota(self):
        for most, rate in (
            (50_000.0, 14.0),
            (100_000.0, 500.0),
            (5_000_000.0, 90.0),
            (60_000.0, 1.0),
        ):
            account = ScriptedAccount(
                {
                    ("sesv2", "GetAccount"): ses_account(
                        SendQuota=quota(most=most, rate=rate, used=0.0)
                    )
                }
            )
            lane = email_lane(
                account, Wanted("v", "prod", "a@shop.test", (), int(most) * 3, template=TEMPLATE)
            )
            self.assertLessEqual(lane.rate * HOURS_A_DAY * 3600, most)
            self.assertLessEqual(lane.rate, rate)

    def test_the_lowest_rate_that_is_still_too_much_is_said(self):
        wanted, lanes, _ = plan(
            5_000,
            {("sesv2", "GetAccount"): ses_account(SendQuota=quota(most=200.0, rate=1.0, used=0.0))},
        )
        self.assertIn("launch to parts of the audience", render_ramp(wanted, lanes, []))

    def test_the_spend_limit_bounds_sms(self):
        _, lanes, _ = plan(100_000, spend=1_000.0)
        [sms] = [lane for lane in lanes if lane.channel == "sms"]
        self.assertEqual((sms.quota, sms.days), (20_000, 150))
        self.assertIn("spend limit", sms.limited_by)

    def test_numbers_and_sender_ids_add_up_and_pending_ones_do_not_count(self):
        many = {
            (EUM, "DescribePhoneNumbers"): {
                "PhoneNumbers": [
                    answers.number(),
                    answers.number(Status="PENDING"),
                    answers.number(NumberType="SIMULATOR"),
                ]
            },
            (EUM, "DescribeSenderIds"): {
                "SenderIds": [sender_id(), sender_id("FR", MessagingLimits={})]
            },
        }
        wanted = Wanted("vouchers", "prod", "a@shop.test", (), 1, template=TEMPLATE)
        self.assertEqual(sms_rate(ScriptedAccount(many), wanted), 10 + 20 + 1)

    def test_the_slowest_country_bounds_sms_and_no_other_adds_to_it(self):
        def rate(countries, **parameters):
            account = ScriptedAccount(answers.ready(TEMPLATE) | many)
            stack = {"parameters": parameters}
            wanted = Wanted("v", "prod", "a@s.test", countries, 1, template=TEMPLATE, deployed=stack)
            return sms_rate(account, wanted)

        many = {
            (EUM, "DescribePhoneNumbers"): {
                "PhoneNumbers": [
                    answers.number(),
                    answers.number(
                        "US",
                        "+12025550100",
                        PhoneNumberArn="arn:2",
                        PhoneNumberId="phone-2",
                        MessagingLimits={"RateLimits": {"SMS": 3}},
                    ),
                ]
            }
        }
        self.assertEqual(rate(("PT",)), 20)
        self.assertEqual(rate(("ES", "PT")), 10)
        self.assertEqual(rate(("ES", "PT", "US")), 3)
        self.assertEqual(rate(("ES", "FR")), 10, "a country without any is a finding of its own")
        # only what the stack sends from
        self.assertEqual(rate(("US",), SmsOriginations="pool-1"), 0)
        self.assertEqual(rate(("US",), SmsOriginations="pool-1,US=+12025550100"), 3)
        self.assertEqual(rate(("US",), SmsReplyNumber="12025550100"), 3)

    def test_a_channel_that_may_not_be_asked_is_unknown_and_has_no_parameter(self):
        wanted, lanes, unknown = plan(
            1_000, {(EUM, "DescribePhoneNumbers"): Fails("AccessDeniedException", "no", 403)}
        )
        self.assertEqual(unknown, ["sms: unknown, grant sms-voice:DescribePhoneNumbers"])
        self.assertNotIn("SmsRatePerSecond", parameters_that_fit(lanes))
        self.assertIn("grant sms-voice:DescribePhoneNumbers", render_ramp(wanted, lanes, unknown))

    def test_the_command_has_parameters_of_the_template(self):
        wanted, lanes, _ = plan(100_000)
        self.assertEqual(set(parameters_that_fit(lanes)) - set(TEMPLATE.main["Parameters"]), set())
        command = deploy_command(wanted, lanes)
        self.assertIn("PARAMETERS='EmailRatePerSecond=", command)
        self.assertIn("PublicUrl=https://... OperatorMfa=ON'", command)
        wanted.deployed = {"parameters": {"PublicUrl": "https://v.shop.test", "OperatorMfa": "ON"}}
        self.assertNotIn("PublicUrl", deploy_command(wanted, lanes))


if __name__ == "__main__":
    unittest.main()
