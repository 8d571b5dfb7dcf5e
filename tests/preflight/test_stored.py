"""What preflight tells the stack: the same findings, in the form and within the limits of its API."""

import contextlib
import io
import json
import re
import unittest
from datetime import UTC, datetime
from unittest import mock

import answers
from scripted import ROOT, Fails, ScriptedAccount

from preflight import __main__ as command
from preflight import platform_checks, stored
from preflight.findings import GREEN, RED, YELLOW, Finding
from preflight.wanted import Template, Wanted

NOW = datetime(2026, 11, 30, 9, 30, 15, 250_000, UTC)
TEMPLATE = Template()
WANTED = Wanted("vouchers", "prod", "offers@shop.test", ("ES",), 200_000, ("sms",))


def finding(level=RED, check="spend limit", mend="ask AWS"):
    return Finding("SMS (End User Messaging)", check, level, "1 dollar", "9,000 dollars", mend)


class Stored(unittest.TestCase):
    def test_a_report_has_each_finding_with_its_part_of_the_account(self):
        account = Finding("Platform", "account", GREEN, "111122223333, eu-west-1, stage prod")
        report = stored.make_report([account, finding()], "eu-west-1", WANTED, NOW)
        self.assertEqual(report["checked_at"], "2026-11-30T09:30:15Z")
        self.assertEqual(report["account"], "111122223333, eu-west-1, stage prod")
        self.assertEqual(report["messages"], 200_000)
        self.assertEqual(
            [(it["part"], it["level"], it["check"]) for it in report["findings"]],
            [("sms", "red", "spend limit"), ("platform", "green", "account")],
        )

    def test_what_is_too_long_is_cut_in_bytes_and_what_is_too_much_loses_the_green(self):
        report = stored.make_report([finding(mend="é" * 400)], "r", WANTED, NOW)
        [kept] = report["findings"]
        self.assertLessEqual(len(kept["mend"].encode()), stored.LONGEST)
        self.assertTrue(kept["mend"].endswith("é..."))
        many = [finding(GREEN, f"green {number}") for number in range(120)]
        kept = stored.make_report([*many, finding(YELLOW)], "r", WANTED, NOW)["findings"]
        self.assertEqual((len(kept), kept[0]["level"]), (stored.MOST, "yellow"))

    def test_the_limits_are_those_of_the_api(self):
        rule = (ROOT / "shared" / "domain" / "src" / "campaign" / "readiness.rs").read_text()
        for name, limit in (("MAX_TEXT", stored.LONGEST), ("MAX_FINDINGS", stored.MOST)):
            [number] = re.findall(rf"const {name}: usize = (\d+);", rule)
            self.assertEqual(int(number), limit, name)

    def store(self, before):
        written = []
        item = {"Item": {"version": {"N": str(before)}}} if before else {}
        account = ScriptedAccount(
            {
                ("dynamodb", "GetItem"): item,
                ("dynamodb", "TransactWriteItems"): lambda asked: written.append(asked) or {},
            }
        )
        report = stored.make_report([finding()], "eu-west-1", WANTED, NOW)
        version = stored.store_report(account, "vouchers", report, NOW)
        [asked] = written
        return version, [it["Put"] for it in asked["TransactItems"]], report

    def test_it_is_the_next_version_of_the_setting_with_an_audit_record(self):
        version, (setting, audit), report = self.store(before=4)
        self.assertEqual(version, 5)
        self.assertEqual({it["TableName"] for it in (setting, audit)}, {"vouchers-control"})
        self.assertEqual(setting["ConditionExpression"], "#version = :before")
        self.assertEqual(setting["ExpressionAttributeValues"], {":before": {"N": "4"}})
        self.assertEqual(json.loads(setting["Item"]["document"]["S"]), report)
        self.assertEqual(setting["Item"]["updated_at"], {"N": "1796031015250"})
        self.assertEqual(audit["Item"]["sk"], {"S": "AUDIT#2026-11-30T09:30:15.250Z#000005"})
        self.assertEqual(
            audit["Item"]["listed_at"],
            {"S": "2026-11-30T09:30:15.250Z#settings#readiness#AUDIT#2026-11-30T09:30:15.250Z#000005"},
        )
        self.assertEqual(audit["Item"]["actor"], setting["Item"]["updated_by"])

    def test_the_first_one_replaces_nothing(self):
        version, (setting, _), _ = self.store(before=0)
        self.assertEqual(version, 1)
        self.assertEqual(setting["ConditionExpression"], "attribute_not_exists(campaign_id)")


class Command(unittest.TestCase):
    def run_command(self, changes):
        account = ScriptedAccount(answers.ready(TEMPLATE) | changes)
        refused = io.StringIO()
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(refused),
            mock.patch.object(platform_checks, "reach_by_https", lambda _: 200),
        ):
            options = ["--stage", "prod", "--countries", "ES,PT", "--messages", "100000", "--store"]
            code = command.answer(command.parse_arguments(options), account)
        return code, refused.getvalue()

    def test_an_account_that_is_ready_is_stored_as_such(self):
        writes = {("dynamodb", "GetItem"): {}, ("dynamodb", "TransactWriteItems"): {}}
        code, said = self.run_command(writes)
        self.assertEqual((code, said), (0, "stored as version 1 of the stack's readiness\n"))

    def test_what_could_not_be_stored_is_an_error_and_says_why(self):
        for error, reason in (
            (Fails("AccessDeniedException"), "grant dynamodb:GetItem"),
            (Fails("ResourceNotFoundException"), "not stored: dynamodb:GetItem"),
        ):
            code, said = self.run_command({("dynamodb", "GetItem"): error})
            self.assertEqual(code, 1)
            self.assertIn(reason, said)


if __name__ == "__main__":
    unittest.main()
