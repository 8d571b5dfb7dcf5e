"""Each check of the preflight, with an account that is ready, one that is not, and one that refuses to say.

Every answer has the shape of AWS's service models (scripted.py). A row names the check, what the
account answers otherwise than a ready one, and the level that follows.
"""

import contextlib
import io
import json
import os
import unittest
from unittest import mock

import answers
from answers import (
    EUM,
    STACK,
    alarm,
    country_rules,
    destination,
    identity,
    number,
    pool,
    quota,
    secret_made,
    sender_id,
    ses_account,
    text_events,
)
from scripted import ROOT, Fails, ScriptedAccount

from preflight import __main__ as command
from preflight import platform_checks, runner
from preflight.account import Refused, Unanswered, action_of
from preflight.findings import GREEN, RED, UNKNOWN, YELLOW, exit_code, render_table
from preflight.wanted import Template, Wanted

TEMPLATE = Template()
STACK_CALL = ("cloudformation", "DescribeStacks")
BY_SNS = {STACK_CALL: answers.stack({"SmsProvider": "sns"})}
DENIED = Fails("AccessDeniedException", "User is not authorized", 403)
GOLDEN = ROOT / "tests" / "preflight" / "table.txt"


def reached(_address):
    return 200


def found(
    changes=None,
    stage="prod",
    messages=100_000,
    countries=("ES", "PT"),
    channels=("email", "sms", "push"),
    reach=reached,
    deployed=True,
):
    """Returns the findings and the account, which answers as a ready one does but for `changes`."""
    account = ScriptedAccount(answers.ready(TEMPLATE) | (changes or {}))
    stack = platform_checks.read_stack(account, STACK) if deployed else None
    wanted = Wanted(
        STACK, stage, "offers@shop.test", countries, messages, channels, TEMPLATE, stack
    )
    with mock.patch.object(platform_checks, "reach_by_https", reach):
        return runner.run_checks(account, wanted), account


def level_of(findings, check):
    [finding] = [finding for finding in findings if finding.check == check]
    return finding.level


# (check, its level, what the account answers otherwise)
ROWS = [
    (
        "production access",
        RED,
        {("sesv2", "GetAccount"): ses_account(ProductionAccessEnabled=False)},
    ),
    ("sending", RED, {("sesv2", "GetAccount"): ses_account(SendingEnabled=False)}),
    ("sending", RED, {("sesv2", "GetAccount"): ses_account(EnforcementStatus="SHUTDOWN")}),
    ("sending", YELLOW, {("sesv2", "GetAccount"): ses_account(EnforcementStatus="PROBATION")}),
    (
        "daily quota",
        YELLOW,
        {("sesv2", "GetAccount"): ses_account(SendQuota=quota(most=50_000.0, used=30_000.0))},
    ),
    (
        "daily quota",
        RED,
        {("sesv2", "GetAccount"): ses_account(SendQuota=quota(most=200.0, used=0.0))},
    ),
    (
        "daily quota",
        GREEN,
        {("sesv2", "GetAccount"): ses_account(SendQuota=quota(most=-1.0, used=0.0))},
    ),
    ("rate", RED, {("sesv2", "GetAccount"): ses_account(SendQuota=quota(rate=14.0))}),
    ("sender", RED, {("sesv2", "GetEmailIdentity"): Fails("NotFoundException", "no", 404)}),
    (
        "sender",
        RED,
        {
            ("sesv2", "GetEmailIdentity"): identity(
                VerifiedForSendingStatus=False, VerificationStatus="PENDING"
            )
        },
    ),
    (
        "DKIM",
        RED,
        {
            ("sesv2", "GetEmailIdentity"): identity(
                DkimAttributes={"SigningEnabled": True, "Status": "FAILED"}
            )
        },
    ),
    (
        "DKIM",
        RED,
        {
            ("sesv2", "GetEmailIdentity"): identity(
                DkimAttributes={"SigningEnabled": False, "Status": "SUCCESS"}
            )
        },
    ),
    (
        "MAIL FROM",
        YELLOW,
        {
            ("sesv2", "GetEmailIdentity"): identity(
                MailFromAttributes={
                    "MailFromDomain": "b.shop.test",
                    "MailFromDomainStatus": "PENDING",
                    "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
                }
            )
        },
    ),
    (
        "suppression list",
        YELLOW,
        {
            ("sesv2", "GetAccount"): ses_account(
                SuppressionAttributes={"SuppressedReasons": ["BOUNCE"]}
            )
        },
    ),
    (
        "configuration set",
        RED,
        {("sesv2", "GetConfigurationSet"): Fails("NotFoundException", "no", 404)},
    ),
    (
        "configuration set",
        RED,
        {("sesv2", "GetConfigurationSet"): {"SendingOptions": {"SendingEnabled": False}}},
    ),
    (
        "configuration set",
        RED,
        {
            ("sesv2", "GetConfigurationSetEventDestinations"): {
                "EventDestinations": [destination(Enabled=False)]
            }
        },
    ),
    (
        "configuration set",
        RED,
        {
            ("sesv2", "GetConfigurationSetEventDestinations"): {
                "EventDestinations": [destination(MatchingEventTypes=["BOUNCE", "COMPLAINT"])]
            }
        },
    ),
    (
        "configuration set",
        RED,
        {
            ("sesv2", "GetConfigurationSetEventDestinations"): {
                "EventDestinations": [destination(SnsDestination={"TopicArn": answers.ALARMS})]
            }
        },
    ),
    ("SNS sandbox", RED, BY_SNS | {("sns", "GetSMSSandboxAccountStatus"): {"IsInSandbox": True}}),
    (
        "account tier",
        RED,
        {
            (EUM, "DescribeAccountAttributes"): {
                "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]
            }
        },
    ),
    ("SNS spend limit", RED, BY_SNS | {("sns", "GetSMSAttributes"): {"attributes": {}}}),
    (
        "SNS spend limit",
        RED,
        BY_SNS | {("sns", "GetSMSAttributes"): {"attributes": {"MonthlySpendLimit": "4999"}}},
    ),
    (
        "spend limit",
        RED,
        {
            (EUM, "DescribeSpendLimits"): {
                "SpendLimits": [
                    {
                        "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                        "EnforcedLimit": 1,
                        "MaxLimit": 1,
                        "Overridden": False,
                    }
                ]
            }
        },
    ),
    (
        "originations",
        RED,
        {STACK_CALL: answers.stack({"SmsOriginations": "", "SmsReplyNumber": ""})},
    ),
    ("origination default", RED, {(EUM, "DescribePools"): {"Pools": [pool(Status="CREATING")]}}),
    (
        "origination default",
        RED,
        {(EUM, "DescribePools"): {"Pools": [pool(MessageType="TRANSACTIONAL")]}},
    ),
    ("origination PT", RED, {(EUM, "DescribeSenderIds"): {"SenderIds": [sender_id("ES")]}}),
    (
        "origination US",
        RED,
        {STACK_CALL: answers.stack({"SmsOriginations": "US=+12025550100"})},
    ),
    (
        "origination ES",
        GREEN,
        {STACK_CALL: answers.stack({"SmsOriginations": "ES=phone-1"})},
    ),
    (
        "events of SMS",
        RED,
        {(EUM, "DescribeConfigurationSets"): text_events("TEXT_DELIVERED")},
    ),
    (
        "events of SMS",
        RED,
        {(EUM, "DescribeConfigurationSets"): text_events("TEXT_ALL", Enabled=False)},
    ),
    ("events of SMS", GREEN, {(EUM, "DescribeConfigurationSets"): text_events("TEXT_ALL")}),
    (
        "events of SMS",
        RED,
        {
            (EUM, "DescribeConfigurationSets"): Fails(
                "ResourceNotFoundException", "no such configuration set"
            )
        },
    ),
    (
        "protect configuration",
        RED,
        {(EUM, "GetProtectConfigurationCountryRuleSet"): country_rules(ES="BLOCK", PT="ALLOW")},
    ),
    ("pool pool-1", YELLOW, {(EUM, "DescribePools"): {"Pools": [pool(Status="CREATING")]}}),
    (
        "from ES",
        RED,
        {
            (EUM, "DescribePhoneNumbers"): {"PhoneNumbers": []},
            (EUM, "DescribeSenderIds"): {"SenderIds": [sender_id("ES", False)]},
        },
    ),
    (
        "from ES",
        GREEN,
        {
            (EUM, "DescribePhoneNumbers"): {"PhoneNumbers": []},
            (EUM, "DescribeSenderIds"): {"SenderIds": [sender_id("ES")]},
        },
    ),
    ("from ES", RED, {(EUM, "DescribePhoneNumbers"): {"PhoneNumbers": [number(Status="PENDING")]}}),
    (
        "from ES",
        RED,
        {(EUM, "DescribePhoneNumbers"): {"PhoneNumbers": [number(NumberType="SIMULATOR")]}},
    ),
    ("from PT", YELLOW, {(EUM, "DescribeSenderIds"): {"SenderIds": []}}),
    ("from ES", RED, {(EUM, "ListPoolOriginationIdentities"): answers.pool_of()}),
    ("from PT", YELLOW, {STACK_CALL: answers.stack({"SmsOriginations": "PT=OTHER"})}),
    (
        "replies",
        RED,
        {(EUM, "DescribePhoneNumbers"): {"PhoneNumbers": [number(TwoWayEnabled=False)]}},
    ),
    (
        "replies",
        RED,
        {
            (EUM, "DescribePhoneNumbers"): {
                "PhoneNumbers": [number(TwoWayChannelArn=answers.ALARMS)]
            }
        },
    ),
    ("replies", GREEN, {STACK_CALL: answers.stack({"SmsReplyNumber": "34600000001"})}),
    (
        "phone numbers",
        YELLOW,
        {
            (EUM, "DescribeAccountLimits"): {
                "AccountLimits": [{"Name": "PHONE_NUMBERS", "Used": 5, "Max": 5}]
            }
        },
    ),
    (
        "APNS",
        RED,
        {
            ("sns", "ListPlatformApplications"): {
                "PlatformApplications": [
                    {"PlatformApplicationArn": answers.APNS, "Attributes": {"Enabled": "false"}}
                ]
            }
        },
    ),
    ("GCM", YELLOW, {("sns", "ListPlatformApplications"): {"PlatformApplications": []}}),
    (
        "failures of GCM/shop",
        YELLOW,
        {("sns", "GetPlatformApplicationAttributes"): {"Attributes": {"Enabled": "true"}}},
    ),
    (
        "certificate of APNS/shop",
        RED,
        {
            ("sns", "GetPlatformApplicationAttributes"): {
                "Attributes": {"AppleCertificateExpiryDate": "2020-01-01T00:00:00Z"}
            }
        },
    ),
    (
        "Lambda concurrency",
        RED,
        {
            ("lambda", "GetAccountSettings"): {
                "AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
            }
        },
    ),
    (
        "Lambda concurrency",
        YELLOW,
        {
            ("lambda", "GetAccountSettings"): {
                "AccountLimit": {"ConcurrentExecutions": 102, "UnreservedConcurrentExecutions": 93}
            }
        },
    ),
    (
        "DynamoDB writes",
        RED,
        {("dynamodb", "DescribeLimits"): {"TableMaxWriteCapacityUnits": 3_000}},
    ),
    (
        "dead letters",
        YELLOW,
        {("sqs", "GetQueueAttributes"): {"Attributes": {"ApproximateNumberOfMessages": "3"}}},
    ),
    (
        "sign-in e-mails",
        YELLOW,
        {
            ("cognito-idp", "DescribeUserPool"): {
                "UserPool": {"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}}
            }
        },
    ),
    (
        "second factor",
        YELLOW,
        {("cognito-idp", "DescribeUserPool"): {"UserPool": {"MfaConfiguration": "OFF"}}},
    ),
    (
        "user pool",
        YELLOW,
        {("cognito-idp", "DescribeUserPool"): {"UserPool": {"DeletionProtection": "INACTIVE"}}},
    ),
    ("alarms", RED, {("cloudwatch", "DescribeAlarms"): {"MetricAlarms": []}}),
    (
        "who is told",
        RED,
        {
            ("sns", "ListSubscriptionsByTopic"): {
                "Subscriptions": [answers.subscription(confirmed=False)]
            }
        },
    ),
    (
        "who is told",
        RED,
        {
            ("cloudwatch", "DescribeAlarms"): {
                "MetricAlarms": [
                    alarm(name, AlarmActions=[]) for name in TEMPLATE.alarm_names(STACK)
                ]
            }
        },
    ),
    (
        "who is told",
        RED,
        {
            ("cloudwatch", "DescribeAlarms"): {
                "MetricAlarms": [
                    alarm(name, ActionsEnabled=name != f"{STACK}-sms-spend")
                    for name in TEMPLATE.alarm_names(STACK)
                ]
            }
        },
    ),
    (
        f"backup of {STACK}-vouchers",
        RED,
        {("dynamodb", "DescribeContinuousBackups"): answers.backups("DISABLED")},
    ),
    (
        f"backup of {STACK}-vouchers",
        RED,
        {("dynamodb", "DescribeTable"): answers.table(DeletionProtectionEnabled=False)},
    ),
    (
        "log retention",
        YELLOW,
        {
            ("logs", "DescribeLogGroups"): {
                "logGroups": [{"logGroupName": f"/aws/lambda/{STACK}-x"}]
            }
        },
    ),
    ("age of secrets", YELLOW, {("secretsmanager", "ListSecretVersionIds"): secret_made(181)}),
    ("age of secrets", GREEN, {("secretsmanager", "ListSecretVersionIds"): secret_made(180)}),
    ("budget", RED, {("budgets", "DescribeBudgets"): {"Budgets": []}}),
    (
        "budget",
        RED,
        {
            ("budgets", "DescribeBudgets"): {
                "Budgets": [{"BudgetName": "u", "TimeUnit": "MONTHLY", "BudgetType": "USAGE"}]
            }
        },
    ),
    ("CloudTrail", YELLOW, {("cloudtrail", "DescribeTrails"): {"trailList": []}}),
    ("CloudTrail", YELLOW, {("cloudtrail", "GetTrailStatus"): {"IsLogging": False}}),
    (
        "stack",
        RED,
        {("cloudformation", "DescribeStacks"): answers.stack(status="UPDATE_ROLLBACK_COMPLETE")},
    ),
    ("stage", RED, {("cloudformation", "DescribeStacks"): answers.stack({"Stage": "dev"})}),
    (
        "console origin",
        RED,
        {
            ("cloudformation", "DescribeStacks"): answers.stack(
                {"ConsoleOrigin": "http://localhost:5173"}
            )
        },
    ),
    (
        "public address",
        YELLOW,
        {("cloudformation", "DescribeStacks"): answers.stack({"PublicUrl": ""})},
    ),
]


class Checks(unittest.TestCase):
    def test_in_an_account_that_is_ready_all_is_green(self):
        findings, _ = found()
        self.assertEqual([finding for finding in findings if finding.level != GREEN], [])
        self.assertEqual(exit_code(findings), 0)

    def test_each_fault_shows_in_its_check_with_the_way_to_mend_it(self):
        for check, level, changes in ROWS:
            with self.subTest(check=check, changes=changes):
                findings, _ = found(changes)
                named = [finding for finding in findings if finding.check == check]
                self.assertIn(level, [finding.level for finding in named])
                self.assertTrue(
                    all(
                        finding.mend and finding.needed
                        for finding in named
                        if finding.level != GREEN
                    )
                )
                self.assertEqual(
                    exit_code(findings) == 1, RED in {finding.level for finding in findings}
                )

    def test_every_check_has_a_row_that_is_not_green(self):
        findings, _ = found()
        faults = {check for check, level, _ in ROWS if level != GREEN}
        told = {"account", "region", "rate"} | {
            finding.check
            for finding in findings
            if finding.check.startswith(("backup", "failures"))
        }
        self.assertEqual({finding.check for finding in findings} - faults - told, set())

    def test_what_may_not_be_asked_is_unknown_and_names_the_permission(self):
        answered = answers.ready(TEMPLATE)
        for service, operation in answered:
            if (service, operation) == ("cloudformation", "DescribeStacks"):
                continue
            with self.subTest(service=service, operation=operation):
                stack = BY_SNS if "SMS" in operation else {}
                findings, _ = found(stack | {(service, operation): DENIED})
                unknown = [finding for finding in findings if finding.level == UNKNOWN]
                self.assertTrue(unknown)
                self.assertTrue(
                    all(
                        f"grant {action_of(service, operation)}" in finding.mend
                        for finding in unknown
                    )
                )
                self.assertNotEqual(exit_code(findings), 0)

    def test_an_account_that_tells_nothing_has_no_green_check(self):
        denied = dict.fromkeys(answers.ready(TEMPLATE), DENIED)
        findings, _ = found(denied, deployed=False)
        # neither asks the account: the SDK knows the regions, and the template wants no number
        self.assertEqual(
            {finding.check for finding in findings if finding.level == GREEN}, {"region", "replies"}
        )

    def test_an_error_that_is_no_refusal_is_unknown_too(self):
        findings, _ = found(
            {("sesv2", "GetAccount"): Fails("TooManyRequestsException", "slow down", 429)}
        )
        self.assertEqual(level_of(findings, "sending"), UNKNOWN)

    def test_a_trial_is_warned_where_a_launch_is_refused(self):
        tier = {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}
        sandbox = {
            ("sesv2", "GetAccount"): ses_account(ProductionAccessEnabled=False),
            (EUM, "DescribeAccountAttributes"): tier,
        }
        stack = {("cloudformation", "DescribeStacks"): answers.stack({"Stage": "dev"})}
        findings, _ = found(sandbox | stack, stage="dev", messages=0)
        self.assertEqual(
            (level_of(findings, "production access"), level_of(findings, "account tier")),
            (YELLOW, YELLOW),
        )
        self.assertEqual(exit_code(findings), 0)

    def test_a_size_is_what_makes_a_quota_red(self):
        limited = {
            ("sesv2", "GetAccount"): ses_account(SendQuota=quota(most=50_000.0, used=30_000.0))
        }
        levels = {}
        for messages in (40_000, 400_000, 4_000_000):
            findings, _ = found(limited, messages=messages, channels=("email",))
            levels[messages] = level_of(findings, "daily quota")
        self.assertEqual(levels, {40_000: GREEN, 400_000: YELLOW, 4_000_000: RED})

    def test_a_channel_that_is_not_used_is_not_asked_about(self):
        findings, account = found(channels=("email",), countries=())
        self.assertFalse(
            [finding for finding in findings if "SMS" in finding.group or "Push" in finding.group]
        )
        self.assertNotIn(EUM, {service for service, _, _ in account.asked})

    def test_the_domain_of_an_address_covers_it(self):
        def only_the_domain(asked):
            return (
                identity()
                if asked["EmailIdentity"] == "shop.test"
                else Fails("NotFoundException", "no", 404)
            )

        findings, account = found({("sesv2", "GetEmailIdentity"): only_the_domain})
        self.assertEqual(level_of(findings, "sender"), GREEN)
        self.assertEqual(
            [
                asked["EmailIdentity"]
                for _, operation, asked in account.asked
                if operation == "GetEmailIdentity"
            ],
            ["offers@shop.test", "shop.test"],
        )

    def test_before_the_first_deployment_its_resources_are_not_asked_about(self):
        missing = Fails("ValidationError", "Stack with id vouchers does not exist")
        gone = {("sesv2", "GetConfigurationSet"): Fails("NotFoundException", "no", 404)}
        findings, account = found(
            {("cloudformation", "DescribeStacks"): missing} | gone, deployed=False
        )
        self.assertEqual(
            (
                level_of(findings, "stack"),
                level_of(findings, "alarms"),
                level_of(findings, "configuration set"),
            ),
            (YELLOW, YELLOW, YELLOW),
        )
        self.assertNotIn("cloudwatch", {service for service, _, _ in account.asked})
        self.assertIsNone(platform_checks.read_stack(account, STACK))

    def test_a_public_address_that_does_not_answer_is_red(self):
        for answer in (503, "Name or service not known"):
            findings, _ = found(reach=lambda _address, answer=answer: answer)
            self.assertEqual(
                (level_of(findings, "public address"), level_of(findings, "console origin")),
                (RED, YELLOW),
            )

    def test_numbers_come_from_the_template(self):
        as_deployed = TEMPLATE.queue_workers(lambda name: {"PushWorkers": "50"}.get(name, "2"))
        by_default = TEMPLATE.queue_workers()
        fewer = (4 - 2) + (8 - 2)  # of SMS and e-mail
        self.assertEqual(as_deployed - by_default, 50 - int(TEMPLATE.default("PushWorkers")) - fewer)
        findings, _ = found()
        [needed] = [finding.needed for finding in findings if finding.check == "Lambda concurrency"]
        total = TEMPLATE.queue_workers() + TEMPLATE.stream_readers() + TEMPLATE.api_requests()
        self.assertTrue(needed.startswith(f"{total}: "))
        self.assertIn(f"{STACK}-webhooks-dlq-not-empty", TEMPLATE.alarm_names(STACK))

    def test_errors_are_told_apart(self):
        account = ScriptedAccount(
            {
                ("sts", "GetCallerIdentity"): DENIED,
                ("lambda", "GetAccountSettings"): Fails("ServiceException", "oops", 500),
            }
        )
        with self.assertRaisesRegex(Refused, "sts:GetCallerIdentity"):
            account.ask("sts", "GetCallerIdentity")
        with self.assertRaisesRegex(Unanswered, "ServiceException"):
            account.ask("lambda", "GetAccountSettings")


class Command(unittest.TestCase):
    def run_command(self, *arguments, changes=None):
        account = ScriptedAccount(answers.ready(TEMPLATE) | (changes or {}))
        printed, refused = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(refused),
            mock.patch.object(platform_checks, "reach_by_https", reached),
        ):
            code = command.answer(command.parse_arguments(arguments), account)
        return code, printed.getvalue(), refused.getvalue()

    def test_the_printed_table_is_the_one_that_was_reviewed(self):
        changes = {
            ("sesv2", "GetAccount"): ses_account(
                SendQuota=quota(most=50_000.0, rate=14.0, used=2_000.0)
            ),
            (EUM, "DescribeSpendLimits"): {
                "SpendLimits": [
                    {
                        "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                        "EnforcedLimit": 1,
                        "MaxLimit": 1,
                        "Overridden": False,
                    }
                ]
            },
            ("lambda", "GetAccountSettings"): {
                "AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
            },
            ("budgets", "DescribeBudgets"): DENIED,
        }
        code, printed, _ = self.run_command(
            "--stage", "prod", "--countries", "es,PT,US", "--messages", "200000", changes=changes
        )
        self.assertEqual(code, 1)
        if os.environ.get("UPDATE_TABLE") == "1":
            GOLDEN.write_text(printed)
        self.assertEqual(printed, GOLDEN.read_text())

    def test_json_has_the_same_findings(self):
        code, printed, _ = self.run_command(
            "--stage", "prod", "--countries", "ES,PT", "--messages", "100000", "--json"
        )
        document = json.loads(printed)
        self.assertEqual((code, document["ready"]), (0, True))
        findings = document["report"]["findings"]
        self.assertEqual({finding["level"] for finding in findings}, {GREEN})
        self.assertEqual(
            {finding["part"] for finding in findings},
            {"platform", "email", "sms", "push", "operations"},
        )
        self.assertEqual(
            [lane["channel"] for lane in document["ramp"]["lanes"]], ["email", "sms", "push"]
        )

    def test_only_unknown_is_a_code_of_its_own(self):
        code, _, _ = self.run_command(
            "--stage",
            "prod",
            "--countries",
            "ES,PT",
            "--messages",
            "100000",
            changes={("budgets", "DescribeBudgets"): DENIED},
        )
        self.assertEqual(code, 3)

    def test_a_stack_that_may_not_be_asked_about_is_unknown(self):
        code, printed, _ = self.run_command(
            "--sender", "offers@shop.test", changes={("cloudformation", "DescribeStacks"): DENIED}
        )
        self.assertEqual(code, 3)
        self.assertIn("grant cloudformation:DescribeStacks", printed)

    def test_before_a_deployment_an_unverified_sender_or_no_credentials_stop_it(self):
        wanted = ("--before-deploy", "--sender", "offers@shop.test")
        self.assertEqual(self.run_command(*wanted)[0], 0)
        for changes in (
            {("sesv2", "GetEmailIdentity"): Fails("NotFoundException", "no", 404)},
            {("sesv2", "GetEmailIdentity"): identity(VerifiedForSendingStatus=False)},
            {("sts", "GetCallerIdentity"): Fails("ExpiredToken", "expired", 403)},
        ):
            code, printed, _ = self.run_command(*wanted, changes=changes)
            self.assertEqual(code, 1, printed)

    def test_a_command_line_that_makes_no_sense_is_refused(self):
        for bad in (
            ["--countries", "Spain"],
            ["--channels", "fax"],
            ["--messages", "-1"],
            ["--stage", "live"],
        ):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                command.parse_arguments(bad)

    def test_a_table_in_colours_says_the_same(self):
        findings, _ = found()
        plain = render_table(findings)
        coloured = render_table(findings, colour=True)
        self.assertEqual(coloured.replace("\033[32m", "").replace("\033[0m", ""), plain)


if __name__ == "__main__":
    unittest.main()
