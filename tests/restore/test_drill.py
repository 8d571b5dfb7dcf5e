"""The restore drill: what is restored, put back, stopped, counted and deleted, and what it refuses.

Every call and answer passes AWS's service models (modelled.py).
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from modelled import ROOT, Fails, ModelledSession

import restore_drill
from deployment.retained import kept_template
from preflight.wanted import Template
from restore import second_stack, tables
from restore.campaigns import audit_key, stop_everything
from restore.counts import SEGMENTS, compare_counts
from restore.report import render_report
from restore.tables import RestoreFailed

TEMPLATE = Template()
NAMES = TEMPLATE.physical_names("AWS::DynamoDB::Table", "TableName", "vouchers")
NOW = datetime(2026, 11, 30, 8, 0, 0, 45_000, tzinfo=timezone.utc)
LATEST = {
    name: NOW - timedelta(seconds=200 + index) for index, name in enumerate(sorted(NAMES.values()))
}
MILLISECONDS = int(NOW.timestamp() * 1000)


def arn(name):
    return f"arn:aws:dynamodb:eu-west-1:123456789012:table/{name}"


def table(name, **changes):
    """Describes a table as template.yaml makes it, but for a restored one, which has no stream."""
    short = name.rsplit("-", 1)[-1]
    properties = TEMPLATE.of_type("AWS::DynamoDB::Table")[f"{short.capitalize()}Table"]
    description = {
        "TableName": name,
        "TableArn": arn(name),
        "TableStatus": "ACTIVE",
        "KeySchema": properties["KeySchema"],
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index["IndexName"],
                "KeySchema": index["KeySchema"],
                "Projection": index["Projection"],
                "IndexStatus": "ACTIVE",
            }
            for index in properties.get("GlobalSecondaryIndexes", [])
        ],
    }
    if "drill" not in name:
        if "StreamSpecification" in properties:
            description["StreamSpecification"] = {"StreamEnabled": True} | properties[
                "StreamSpecification"
            ]
        description["DeletionProtectionEnabled"] = "DeletionProtectionEnabled" in properties
    return {"Table": description | changes}


def backups(name, recoverable=True):
    recovery = {"PointInTimeRecoveryStatus": "ENABLED" if recoverable else "DISABLED"}
    if recoverable:
        recovery |= {
            "EarliestRestorableDateTime": NOW - timedelta(days=35),
            "LatestRestorableDateTime": LATEST[name],
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def voucher(campaign, status, issued_at=MILLISECONDS - 3_600_000, ttl=None):
    item = {"c": {"S": campaign}, "status": {"S": status}, "issued_at": {"N": str(issued_at)}}
    return item | ({"ttl": {"N": str(ttl)}} if ttl else {})


def campaign(name, state, version=2):
    return {
        "campaign_id": {"S": name},
        "sk": {"S": "META"},
        "state": {"S": state},
        "version": {"N": str(version)},
    }


def endpoint(name, state):
    return {
        "campaign_id": {"S": "webhooks"},
        "sk": {"S": f"HOOK#{name}"},
        "state": {"S": state},
        "version": {"N": "7"},
    }


CONTROL = [
    campaign("cmp_run", "running"),
    campaign("cmp_auto", "enabled", 41),
    campaign("cmp_later", "scheduled"),
    campaign("cmp_draft", "draft"),
    campaign("cmp_paused", "paused"),
    campaign("cmp_done", "completed"),
    {"campaign_id": {"S": "cmp_run"}, "sk": {"S": "QUOTA"}, "vouchers_remaining": {"N": "5"}},
    endpoint("shop", "enabled"),
    endpoint("old", "disabled"),
]
VOUCHERS = [
    voucher("cmp_run", "issued"),
    voucher("cmp_run", "accepted"),
    voucher("cmp_auto", "ghost"),
]


class Store:
    """The answers of a DynamoDB that has the first stack, with its work table not backed up."""

    def __init__(self, vouchers=VOUCHERS, restored=None, protected=()):
        self.vouchers = {
            "vouchers-vouchers": vouchers,
            "vouchers-drill-vouchers": vouchers if restored is None else restored,
        }
        self.protected, self.made = set(protected), set()

    def answers(self):
        return {
            "DescribeTable": lambda asked: table(
                asked["TableName"],
                **(
                    {"DeletionProtectionEnabled": True}
                    if asked["TableName"] in self.protected
                    else {}
                ),
            ),
            "DescribeContinuousBackups": lambda asked: backups(
                asked["TableName"], not asked["TableName"].endswith(("-work", "-reports"))
            ),
            "DescribeTimeToLive": lambda asked: {
                "TimeToLiveDescription": self.time_to_live(asked["TableName"])
            },
            "ListTagsOfResource": {
                "Tags": [
                    {"Key": "team", "Value": "growth"},
                    {"Key": "aws:cloudformation:stack-name", "Value": "vouchers"},
                ]
            },
            "ListTables": {"TableNames": []},
            "RestoreTableToPointInTime": {},
            "CreateTable": {},
            "UpdateTable": {},
            "UpdateTimeToLive": {},
            "UpdateContinuousBackups": {},
            "TagResource": {},
            "DeleteTable": {},
            "TransactWriteItems": {},
            "UpdateItem": {},
            "BatchWriteItem": {"UnprocessedItems": {}},
            "Scan": self.scan,
        }

    @staticmethod
    def time_to_live(name):
        properties = TEMPLATE.of_type("AWS::DynamoDB::Table")[
            f"{name.rsplit('-', 1)[-1].capitalize()}Table"
        ]
        specification = properties.get("TimeToLiveSpecification")
        return (
            {"TimeToLiveStatus": "ENABLED", "AttributeName": specification["AttributeName"]}
            if specification
            else {"TimeToLiveStatus": "DISABLED"}
        )

    def scan(self, asked):
        if asked["TableName"].endswith("-vouchers"):
            vouchers = self.vouchers[asked["TableName"]]
            return {
                "Items": vouchers[asked["Segment"] :: SEGMENTS] if "Segment" in asked else vouchers
            }
        return {"Items": CONTROL}


def options(**changes):
    defaults = {
        "stack": "vouchers",
        "drill": "vouchers-drill",
        "at": "",
        "deploy": False,
        "keep": False,
        "local": False,
        "json": False,
        "ahead_ms": 0,
    }
    return SimpleNamespace(**(defaults | changes))


def drill_of(store, more=None, **changes):
    session = ModelledSession(store.answers() | (more or {}))
    return restore_drill.Drill(options(**changes), session, TEMPLATE, NOW), session


def quiet(function, *arguments, **keywords):
    with contextlib.redirect_stderr(io.StringIO()), mock.patch.object(tables, "POLL_SECONDS", 0):
        return function(*arguments, **keywords)


class Restored(unittest.TestCase):
    def test_all_tables_go_back_to_one_moment_the_latest_that_all_have(self):
        drill, session = drill_of(Store())
        self.assertTrue(quiet(drill.run))
        restored = session.of("RestoreTableToPointInTime")
        with_backup = [name for name in NAMES.values() if not name.endswith(("-work", "-reports"))]
        self.assertEqual(
            {call["SourceTableName"]: call["TargetTableName"] for call in restored},
            {name: name.replace("vouchers-", "vouchers-drill-", 1) for name in with_backup},
        )
        self.assertEqual(
            {call["RestoreDateTime"] for call in restored},
            {min(LATEST[name] for name in with_backup)},
        )

    def test_a_table_without_a_backup_is_made_empty_with_its_keys_and_indexes(self):
        drill, session = drill_of(Store())
        quiet(drill.run)
        made = {call["TableName"]: call for call in session.of("CreateTable")}
        self.assertEqual(set(made), {"vouchers-drill-work", "vouchers-drill-reports"})
        self.assertEqual(
            [index["IndexName"] for index in made["vouchers-drill-work"]["GlobalSecondaryIndexes"]],
            ["due"],
        )
        self.assertNotIn("GlobalSecondaryIndexes", made["vouchers-drill-reports"])

    def test_what_a_restore_leaves_behind_is_put_back_as_the_template_has_it(self):
        drill, session = drill_of(Store())
        quiet(drill.run)
        streams = {
            call["TableName"]: call["StreamSpecification"]["StreamViewType"]
            for call in session.of("UpdateTable")
        }
        living = {
            call["TableName"]: call["TimeToLiveSpecification"]["AttributeName"]
            for call in session.of("UpdateTimeToLive")
        }
        for logical, properties in TEMPLATE.of_type("AWS::DynamoDB::Table").items():
            target = NAMES[logical].replace("vouchers-", "vouchers-drill-", 1)
            self.assertEqual(
                streams.get(target),
                properties.get("StreamSpecification", {}).get("StreamViewType"),
                target,
            )
            self.assertEqual(
                living.get(target),
                properties.get("TimeToLiveSpecification", {}).get("AttributeName"),
                target,
            )
        self.assertEqual(len(session.of("UpdateContinuousBackups")), 4)
        self.assertEqual(
            [call["Tags"] for call in session.of("TagResource")],
            [[{"Key": "team", "Value": "growth"}]] * len(NAMES),
        )

    def test_only_what_stays_is_protected(self):
        for keep, protected in ((False, 0), (True, len(NAMES))):
            drill, session = drill_of(Store(), keep=keep)
            quiet(drill.run)
            self.assertEqual(
                sum("DeletionProtectionEnabled" in call for call in session.of("UpdateTable")),
                protected,
            )

    def test_a_busy_table_is_asked_again_and_another_error_is_not(self):
        busy = iter(
            [Fails("ResourceInUseException"), Fails("ContinuousBackupsUnavailableException")]
        )
        drill, session = drill_of(Store(), {"UpdateTimeToLive": lambda _: next(busy, {})})
        self.assertTrue(quiet(drill.run))
        self.assertEqual(len(session.of("UpdateTimeToLive")), 2 + 4)
        refused, _ = drill_of(Store(), {"UpdateTimeToLive": Fails("AccessDeniedException")})
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            quiet(refused.run)

    def test_it_waits_for_tables_and_indexes(self):
        states = iter(["CREATING", "ACTIVE"])
        index = iter(["CREATING", "ACTIVE"])

        def described(asked):
            body = table(asked["TableName"])["Table"]
            body["TableStatus"] = next(states, "ACTIVE")
            if body["TableStatus"] == "ACTIVE" and body["GlobalSecondaryIndexes"]:
                body["GlobalSecondaryIndexes"][0]["IndexStatus"] = next(index, "ACTIVE")
            return {"Table": body}

        session = ModelledSession({"DescribeTable": described})
        slept = []
        source = SimpleNamespace(target="vouchers-drill-control")
        tables.wait_until_ready(
            session.client("dynamodb"), [source], sleep=slept.append, clock=lambda: 0
        )
        self.assertEqual(len(slept), 2)
        with self.assertRaisesRegex(RestoreFailed, "not ready: vouchers-drill-control"):
            never = ModelledSession(
                {"DescribeTable": lambda asked: table(asked["TableName"], TableStatus="CREATING")}
            )
            times = iter(range(0, 10**6, 50_000))
            tables.wait_until_ready(
                never.client("dynamodb"), [source], sleep=slept.append, clock=lambda: next(times)
            )

    def test_a_service_without_restore_copies_and_says_so(self):
        store = Store()
        drill, session = drill_of(
            store, {"RestoreTableToPointInTime": Fails("UnknownOperationException")}
        )
        self.assertTrue(quiet(drill.run))
        self.assertEqual(
            {
                entry["how"]
                for name, entry in drill.report["tables"].items()
                if not name.endswith(("-work", "-reports"))
            },
            {"copied"},
        )
        left = [{"vouchers-drill-control": [{"PutRequest": {"Item": CONTROL[0]}}]}]
        session.answers["BatchWriteItem"] = lambda asked: {
            "UnprocessedItems": left.pop() if left else {}
        }
        before = len(session.of("BatchWriteItem"))
        tables.copy_items(
            session.client("dynamodb"),
            SimpleNamespace(name="vouchers-control", target="vouchers-drill-control"),
        )
        self.assertEqual(len(session.of("BatchWriteItem")) - before, 2)


class Stopped(unittest.TestCase):
    def test_every_campaign_that_works_is_paused_with_its_audit_record(self):
        drill, session = drill_of(Store())
        quiet(drill.run)
        updates = [call["TransactItems"] for call in session.of("TransactWriteItems")]
        self.assertEqual(
            {items[0]["Update"]["Key"]["campaign_id"]["S"] for items in updates},
            {"cmp_run", "cmp_auto", "cmp_later"},
        )
        for items in updates:
            update, audit = items[0]["Update"], items[1]["Put"]["Item"]
            self.assertEqual(
                (update["TableName"], items[1]["Put"]["TableName"]), ("vouchers-drill-control",) * 2
            )
            values = update["ExpressionAttributeValues"]
            self.assertEqual(values[":state"], {"S": "paused"})
            self.assertEqual(int(values[":version"]["N"]), int(values[":was_version"]["N"]) + 1)
            self.assertEqual(
                (audit["after"], audit["before"], audit["version"]),
                ({"S": "paused"}, values[":was_state"], values[":version"]),
            )
        self.assertEqual(
            [row["was"] for row in drill.report["paused"]], ["enabled", "scheduled", "running"]
        )

    def test_endpoints_hear_nothing_twice(self):
        drill, session = drill_of(Store())
        quiet(drill.run)
        [update] = session.of("UpdateItem")
        self.assertEqual(
            (update["TableName"], update["Key"]["sk"]),
            ("vouchers-drill-control", {"S": "HOOK#shop"}),
        )
        self.assertEqual(drill.report["endpoints_disabled"], ["shop"])

    def test_keys_of_audit_records_are_those_of_the_store(self):
        self.assertEqual(audit_key(NOW, 7), "AUDIT#2026-11-30T08:00:00.045Z#000007")
        source = (ROOT / "shared" / "store" / "src" / "keys" / "control.rs").read_text()
        self.assertIn('format!("AUDIT#{at:.3}#{version:06}")', source)

    def test_it_happens_before_anything_is_deployed(self):
        session = ModelledSession(
            {
                "Scan": {"Items": CONTROL},
                "TransactWriteItems": Fails("TransactionCanceledException"),
                "UpdateItem": {},
            }
        )
        with self.assertRaisesRegex(Exception, "TransactionCanceled"):
            stop_everything(session.client("dynamodb"), "vouchers-drill-control", "note", NOW)
        order = []
        drill, _ = drill_of(Store(), deploy=True)
        with (
            mock.patch.object(drill, "stop_all", lambda _: order.append("stopped")),
            mock.patch.object(drill, "deploy", lambda _: order.append("deployed")),
        ):
            quiet(drill.run)
        self.assertEqual(order, ["stopped", "deployed"])


class Counted(unittest.TestCase):
    def test_a_missing_voucher_fails_the_drill(self):
        drill, _ = drill_of(Store(restored=VOUCHERS[:-1]))
        self.assertFalse(quiet(drill.run))
        self.assertEqual(
            drill.report["missing"], [{"campaign": "cmp_auto", "first": 1, "second": 0}]
        )

    def test_what_was_issued_after_the_moment_or_is_over_does_not_count(self):
        later = voucher("cmp_run", "issued", MILLISECONDS)
        over = voucher("cmp_run", "issued", ttl=int(NOW.timestamp()) - 1)
        drill, _ = drill_of(Store([*VOUCHERS, later, over], restored=VOUCHERS))
        self.assertTrue(quiet(drill.run))
        self.assertEqual(
            drill.report["vouchers"]["first"], {"accepted": 1, "ghost": 1, "issued": 1}
        )

    def test_a_stage_that_moved_since_is_told_and_is_no_fault(self):
        drill, _ = drill_of(
            Store([voucher("cmp_run", "redeemed")], restored=[voucher("cmp_run", "accepted")])
        )
        self.assertTrue(quiet(drill.run))
        self.assertEqual(
            drill.report["moved_since"], [{"campaign": "cmp_run", "stages": {"redeemed": 1}}]
        )
        self.assertEqual(compare_counts({}, {("cmp_run", "issued"): 2}), ([("cmp_run", 0, 2)], []))


class Refused(unittest.TestCase):
    def test_moments_outside_the_window(self):
        for moment in ("2026-11-30T08:00:00Z", "2026-10-01", "yesterday"):
            drill, session = drill_of(Store(), at=moment)
            with self.assertRaises(RestoreFailed):
                quiet(drill.run)
            self.assertEqual(session.of("RestoreTableToPointInTime"), [])
        drill, session = drill_of(Store(), at="2026-11-29T08:00:00")
        quiet(drill.run)
        self.assertEqual(
            {call["RestoreDateTime"] for call in session.of("RestoreTableToPointInTime")},
            {NOW.replace(day=29, microsecond=0)},
        )

    def test_a_stack_without_any_backup(self):
        drill, _ = drill_of(
            Store(), {"DescribeContinuousBackups": lambda asked: backups(asked["TableName"], False)}
        )
        with self.assertRaisesRegex(RestoreFailed, "no table has point-in-time recovery"):
            quiet(drill.run)

    def test_tables_that_exist_already(self):
        drill, session = drill_of(
            Store(), {"ListTables": {"TableNames": ["vouchers-drill-control"]}}
        )
        with self.assertRaisesRegex(RestoreFailed, "vouchers-drill-control exist already"):
            quiet(drill.run)
        self.assertEqual((session.of("RestoreTableToPointInTime"), drill.made), ([], []))

    def test_names(self):
        for bad in (["--drill", "vouchers"], ["--drill", "Drill"], ["--local", "--deploy"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                restore_drill.parse_arguments(bad)
        with self.assertRaises(RestoreFailed):
            tables.target_name("other-control", "vouchers", "vouchers-drill")


class Destroyed(unittest.TestCase):
    def test_a_drill_deletes_what_it_made_also_when_it_failed(self):
        for restored in (None, VOUCHERS[:1]):
            session = ModelledSession(
                Store(restored=restored, protected=["vouchers-drill-control"]).answers()
            )
            with contextlib.redirect_stdout(io.StringIO()):
                code = quiet(restore_drill.run_drill, options(json=True), session)
            self.assertEqual(code, 0 if restored is None else 1)
            self.assertEqual(
                {call["TableName"] for call in session.of("DeleteTable")},
                {name.replace("vouchers-", "vouchers-drill-", 1) for name in NAMES.values()},
            )

    def test_a_restore_that_stays_deletes_nothing(self):
        session = ModelledSession(Store().answers())
        with contextlib.redirect_stdout(io.StringIO()):
            quiet(restore_drill.run_drill, options(keep=True), session)
        self.assertEqual(session.of("DeleteTable"), [])

    def test_a_table_that_somebody_made_meanwhile_is_not_deleted(self):
        def restored(asked):
            there = asked["TargetTableName"] == "vouchers-drill-control"
            return Fails("TableAlreadyExistsException") if there else {}

        session = ModelledSession(Store().answers() | {"RestoreTableToPointInTime": restored})
        with self.assertRaisesRegex(RestoreFailed, "vouchers-drill-control exists already"):
            quiet(restore_drill.run_drill, options(), session)
        deleted = {call["TableName"] for call in session.of("DeleteTable")}
        self.assertNotIn("vouchers-drill-control", deleted)
        self.assertIn("vouchers-drill-customers", deleted)

    def test_no_table_of_another_stack_is_deleted(self):
        session = ModelledSession(Store().answers())
        for name in ("vouchers-control", "vouchers-drillx-control"):
            with self.assertRaises(RestoreFailed):
                tables.delete_tables(session.client("dynamodb"), [name], "vouchers-drill")
        self.assertEqual(session.of("DeleteTable"), [])

    def test_every_write_has_the_name_of_the_second_stack(self):
        session = ModelledSession(Store().answers())
        with contextlib.redirect_stdout(io.StringIO()):
            quiet(restore_drill.run_drill, options(), session)
        reads = {
            "DescribeTable",
            "DescribeContinuousBackups",
            "DescribeTimeToLive",
            "ListTagsOfResource",
            "ListTables",
            "Scan",
        }
        for operation, asked in session.calls:
            if operation not in reads:
                self.assertIn(
                    "vouchers-drill",
                    json.dumps(
                        {key: value for key, value in asked.items() if key != "SourceTableName"},
                        default=str,
                    ),
                    operation,
                )


class SecondStack(unittest.TestCase):
    def test_the_tables_are_imported_by_a_template_of_their_own(self):
        restored = {
            logical: name.replace("vouchers-", "vouchers-drill-", 1)
            for logical, name in NAMES.items()
        }
        done = {
            "DescribeChangeSet": {"Status": "CREATE_COMPLETE"},
            "DescribeStacks": {
                "Stacks": [
                    {
                        "StackName": "vouchers-drill",
                        "CreationTime": NOW,
                        "StackStatus": "IMPORT_COMPLETE",
                    }
                ]
            },
        }
        session = ModelledSession({"CreateChangeSet": {}, "ExecuteChangeSet": {}} | done)
        second_stack.import_tables(
            session.client("cloudformation"),
            TEMPLATE.main,
            "vouchers-drill",
            restored,
            {"Stage": "dev", "KmsKeyArn": "", "Currency": "EUR"},
        )
        [asked] = session.of("CreateChangeSet")
        body = json.loads(asked["TemplateBody"])
        self.assertEqual(asked["ChangeSetType"], "IMPORT")
        self.assertEqual(
            {
                item["LogicalResourceId"]: item["ResourceIdentifier"]["TableName"]
                for item in asked["ResourcesToImport"]
            },
            restored,
        )
        self.assertEqual(set(body["Resources"]), set(restored))
        self.assertNotIn("Transform", body)
        given = {item["ParameterKey"]: item["ParameterValue"] for item in asked["Parameters"]}
        self.assertEqual(given, {"Stage": "dev", "KmsKeyArn": ""})
        self.assertTrue(
            all(resource["DeletionPolicy"] == "Retain" for resource in body["Resources"].values())
        )
        self.assertLess(len(asked["TemplateBody"]), 51_200)

    def test_what_the_tables_template_refers_to_is_in_it(self):
        body = kept_template(TEMPLATE.main, NAMES)
        text = json.dumps([body["Resources"], body["Conditions"]])
        for parameter in TEMPLATE.main["Parameters"]:
            used = f'{{"Ref": "{parameter}"}}' in text
            self.assertEqual(used, parameter in body["Parameters"], parameter)
        for condition in TEMPLATE.main["Conditions"]:
            used = f'"Fn::If": ["{condition}"' in text
            self.assertEqual(used, condition in body["Conditions"], condition)

    def test_the_tables_template_is_one_that_cloudformation_takes(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tables.json"
            file.write_text(json.dumps(kept_template(TEMPLATE.main, NAMES)))
            command = [Path(sys.executable).with_name("cfn-lint"), file]
            done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_drill_takes_no_domain_and_is_no_production(self):
        first = {
            "Stage": "prod",
            "ApiDomain": "v.shop.test",
            "ApiCertificateArn": "arn:aws:acm:x",
            "PublicUrl": "https://v.shop.test",
            "Currency": "EUR",
        }
        self.assertEqual(
            restore_drill.parameters_of_second(first, False),
            dict.fromkeys(first, "") | {"Stage": "dev", "Currency": "EUR"},
        )
        kept = restore_drill.parameters_of_second(first, True)
        self.assertEqual(kept, first | {"ApiDomain": "", "ApiCertificateArn": ""})

    def test_maxima_and_the_key_of_a_table_stay(self):
        description = {
            "OnDemandThroughput": {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5},
            "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": "arn:aws:kms:x:1:key/k"},
        }
        source = SimpleNamespace(
            name="vouchers-control", target="vouchers-drill-control", description=description
        )
        session = ModelledSession(Store().answers())
        tables.start_restore(session.client("dynamodb"), source, NOW)
        [asked] = session.of("RestoreTableToPointInTime")
        self.assertEqual(asked["OnDemandThroughputOverride"], description["OnDemandThroughput"])
        key = asked["SSESpecificationOverride"]["KMSMasterKeyId"]
        self.assertEqual(key, "arn:aws:kms:x:1:key/k")

    def test_the_secrets_of_the_first_stack_are_those_of_the_second(self):
        session = ModelledSession(
            {
                "GetSecretValue": lambda asked: {"SecretString": asked["SecretId"]},
                "PutSecretValue": {},
            }
        )
        second_stack.copy_secrets(session.client("secretsmanager"), "vouchers", "vouchers-drill")
        pairs = {asked["SecretId"]: asked["SecretString"] for asked in session.of("PutSecretValue")}
        named = TEMPLATE.physical_names("AWS::SecretsManager::Secret", "Name", "vouchers").values()
        self.assertEqual(
            pairs, {name.replace("vouchers/", "vouchers-drill/"): name for name in named}
        )

    def test_a_recount_is_asked_for_as_an_administrator(self):
        answer = {"statusCode": 202, "body": json.dumps({"state": "running", "number": 1})}
        session = ModelledSession({"Invoke": {"Payload": json.dumps(answer).encode()}})
        client = session.client("lambda")
        with mock.patch.object(
            client, "invoke", return_value={"Payload": io.BytesIO(json.dumps(answer).encode())}
        ) as invoke:
            self.assertEqual(
                second_stack.start_recount(client, "vouchers-drill"),
                (202, {"state": "running", "number": 1}),
            )
        event = json.loads(invoke.call_args.kwargs["Payload"])
        self.assertEqual(
            (invoke.call_args.kwargs["FunctionName"], event["routeKey"]),
            ("vouchers-drill-operations", f"POST {second_stack.RECOUNT}"),
        )
        self.assertEqual(
            event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"], "[admin]"
        )
        routes = [
            source["Properties"]
            for source in TEMPLATE.of_type("AWS::Serverless::Function")["OperationsFunction"][
                "Events"
            ].values()
        ]
        self.assertIn(
            ("POST", second_stack.RECOUNT), [(route["Method"], route["Path"]) for route in routes]
        )


class Report(unittest.TestCase):
    def test_it_says_what_was_restored_and_compares_with_the_objectives(self):
        drill, _ = drill_of(Store(restored=VOUCHERS[:-1]), local=False)
        quiet(drill.run)
        text = render_report(drill.report, [("a step", 15_000.0)], False)
        for line in (
            "vouchers-drill-work",
            "empty: no backup",
            "WRONG: campaign cmp_auto has 1 vouchers in the first stack and 0 in the second",
            "paused: 3 campaigns",
            "recovery time: 15,000 s, objective 14,400 s: MISSED",
            "recovery point: 204 s, objective 300 s: met",
        ):
            self.assertIn(line, text)
        here = render_report(drill.report, [], True)
        self.assertIn("it has no history", here)
        self.assertNotIn("met", here.rsplit("\n", 1)[-1])


if __name__ == "__main__":
    unittest.main()
