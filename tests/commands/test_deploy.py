"""Deploying, deleting and deploying again: what is asked first, which stacks follow each other, what is taken over."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from account import NOW, POOL, Account

import cloud  # noqa: E402 - after the path that `account` sets
from deployment.console import KEPT, upload  # noqa: E402
from deployment.parameters import WrongParameters, quoted, read_parameters, release_of, sam_words  # noqa: E402
from deployment.removal import destroy  # noqa: E402
from deployment.retained import kept_template  # noqa: E402
from preflight.wanted import Template  # noqa: E402
from processes import StepFailed  # noqa: E402

TEMPLATE = Template()
TABLES = TEMPLATE.physical_names("AWS::DynamoDB::Table", "TableName", "vouchers")
SECRETS = ("webhook", "signing", "cursor", "links", "addresses")
ADDRESS = "https://d1.cloudfront.net"


def left_behind(account, scheduled=True):
    """Puts into the account what deleting a stack leaves."""
    account.tables = dict.fromkeys(TABLES.values(), True)
    account.secrets = {f"vouchers/{name}": "there" if name == "addresses" or not scheduled else "scheduled" for name in SECRETS}
    account.pools = {POOL: "vouchers-operators", "eu-west-1_Other": "somebody-elses"}
    account.buckets = {"vouchers-picturesbucket-1": {"pictures/a": (b"a", NOW, {})}, "vouchers-imports": {}, "vouchers-batches": {}}


class Case(unittest.TestCase):
    def setUp(self):
        self.account = Account()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.package = Path(folder) / "package.zip"
        self.package.write_bytes(b"code")
        self.dist = Path(folder) / "dist"
        (self.dist / "assets").mkdir(parents=True)
        (self.dist / "index.html").write_text("<page>")
        (self.dist / "assets" / "app-1.js").write_text("code")
        (self.dist / "made-of").write_text("digest")
        for patch in (
            mock.patch.object(cloud, "install_tools"),
            mock.patch.object(cloud.shutil, "which", lambda _name: "/bin/npm"),
            mock.patch.object(cloud, "build_console", lambda: True),
            mock.patch.object(cloud, "PACKAGE", self.package),
            mock.patch.object(cloud, "CONSOLE", Path(folder)),
            mock.patch.object(cloud, "open_session", lambda _local: self.account.session),
            mock.patch.object(cloud.subprocess, "run", self.account.run),
            mock.patch("time.sleep"),
            mock.patch("preflight.wanted.Template", lambda: TEMPLATE),  # read once: it takes seconds
            mock.patch.dict(os.environ, {"CONFIRM": "1"}),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            self.enterContext(patch)
        os.environ.pop("AWS_ENDPOINT_URL", None)

    def deploy(self, **changes):
        options = SimpleNamespace(
            name="vouchers", sender="offers@shop.es", stage="dev", parameters="", console_parameters="", architecture="arm64", console=True
        )
        options.__dict__.update(changes)
        self.account.commands.clear()
        return cloud.deploy(options)

    def given(self, number):
        """Returns the parameters that a call of sam was given."""
        command = [command for command in self.account.commands if "--stack-name" in command][number]
        return dict(word.split("=", 1) for word in command[command.index("--parameter-overrides") + 1 :])

    def console_files(self):
        return self.account.buckets["vouchers-console-bucket-1"]


class Deploy(Case):
    def test_asks_the_account_before_sam_runs(self):
        self.deploy(parameters="EmailRatePerSecond=14 PublicUrl=https://v.shop.es", console=False)
        first, second = self.account.commands
        self.assertIn("--before-deploy", first)
        self.assertIn("deploy", second)
        self.assertEqual(self.given(0)["EmailRatePerSecond"], "14")
        self.assertEqual(self.given(0)["SenderEmail"], "offers@shop.es")

    def test_creates_nothing_when_the_account_says_no(self):
        self.account.preflight = 1
        with self.assertRaisesRegex(StepFailed, "nothing was created"):
            self.deploy()
        self.assertEqual(self.account.sam(), [])

    def test_asks_nobody_about_what_is_typed_wrong(self):
        for wrong in (
            {"name": "Shop"},
            {"sender": "shop.es"},
            {"parameters": "Rate"},
            {"parameters": "Stage=dev"},
            {"parameters": "Release=1"},
            {"parameters": "Colour=red"},
            {"parameters": "BrandName='Shop"},
            {"console_parameters": "ApiId=1"},
            {"console_parameters": "BrandName=Shop"},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(StepFailed):
                self.deploy(**wrong)
            self.assertEqual(self.account.commands, [])
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}), self.assertRaises(StepFailed):
            self.deploy()

    def test_needs_somebody_who_confirms(self):
        with mock.patch.dict(os.environ, {"CONFIRM": ""}), mock.patch.object(cloud.sys, "stdin", io.StringIO()):
            with self.assertRaisesRegex(StepFailed, "CONFIRM=1"):
                self.deploy()
        self.assertEqual(self.account.sam(), [])

    def test_the_first_time_makes_both_stacks_and_tells_the_api_where_the_console_is(self):
        self.assertEqual(self.deploy(console_parameters="ConsoleDomain=c.shop.es"), 0)
        self.assertEqual(self.account.sam(), ["vouchers", "vouchers-console", "vouchers"])
        console = self.given(1)
        self.assertEqual((console["ApiId"], console["UserPoolId"], console["SignInDomain"], console["ConsoleDomain"]), ("abcdef1234", POOL, "vouchers-1", "c.shop.es"))
        self.assertNotIn("ConsoleOrigin", self.given(0))
        self.assertEqual(self.given(2)["ConsoleOrigin"], ADDRESS)
        self.assertEqual(self.given(2)["Release"], self.given(0)["Release"], "no function reads the address: no new version for it")
        self.assertEqual(set(self.console_files()), {"index.html", "config.json", "assets/app-1.js"})

    def test_again_changes_nothing(self):
        self.deploy()
        releases = self.given(0)["Release"]
        self.account.session.calls.clear()
        self.deploy()
        self.assertEqual(self.account.sam(), ["vouchers", "vouchers-console"])
        self.assertEqual((self.given(0)["Release"], self.given(0)["ConsoleOrigin"]), (releases, ADDRESS))
        self.assertEqual(self.account.session.of("PutObject") + self.account.session.of("DeleteObject"), [])

    def test_an_address_that_was_typed_is_left_alone(self):
        self.deploy(parameters="ConsoleOrigin=https://console.shop.es")
        self.assertEqual(self.account.sam(), ["vouchers", "vouchers-console"])
        self.assertEqual(self.given(0)["ConsoleOrigin"], "https://console.shop.es")

    def test_without_the_console_leaves_it_as_it_is(self):
        self.deploy(console=False)
        self.assertEqual(self.account.sam(), ["vouchers"])

    def test_goes_no_further_when_a_change_set_is_declined(self):
        self.account.declines = {"vouchers"}
        with self.assertRaisesRegex(StepFailed, "was not changed"):
            self.deploy()
        self.assertEqual(self.account.sam(), ["vouchers"])
        self.account.declines = {"vouchers-console"}
        with self.assertRaisesRegex(StepFailed, "vouchers-console was not deployed"):
            self.deploy()

    def test_production_does_not_become_less_when_no_stage_is_typed(self):
        self.deploy(console=False)
        self.deploy(console=False, stage="test")
        self.deploy(console=False, stage="prod")
        for less in ("dev", "test"):
            with self.assertRaisesRegex(StepFailed, "deployed as prod.*STAGE=prod"):
                self.deploy(console=False, stage=less)
            self.assertEqual(self.account.sam(), [], "nothing was changed")
        self.deploy(console=False, stage="prod")
        self.assertEqual(self.given(0)["Stage"], "prod")

    def test_production_is_rolled_out_gradually_unless_it_says_otherwise(self):
        self.deploy(console=False)
        self.assertNotIn("Rollout", self.given(0))
        self.deploy(console=False, stage="prod")
        self.assertEqual(self.given(0)["Rollout"], "Canary10Percent5Minutes")
        self.deploy(console=False, stage="prod", parameters="Rollout=AllAtOnce")
        self.assertEqual(self.given(0)["Rollout"], "AllAtOnce")


class Parameters(unittest.TestCase):
    def test_may_have_blanks_in_quotes(self):
        found = read_parameters("""BrandName='Big "Shop"' Currency=EUR SmsReplyNumber=""", cloud.MAIN.read_text())
        self.assertEqual(found, {"BrandName": 'Big "Shop"', "Currency": "EUR", "SmsReplyNumber": ""})

    def test_reach_sam_as_they_were_typed(self):
        from samcli.cli.types import CfnParameterOverridesType

        for value in ("plain", "Big Shop", 'a "quoted" shop', "https://v.shop.es/?a=b&c", "21:00-08:00", "back\\slash"):
            with self.subTest(value):
                [word] = sam_words({"BrandName": value})
                read = CfnParameterOverridesType().convert((word,), None, None)
                self.assertEqual(read, {"BrandName": value})

    def test_that_are_empty_are_quoted(self):
        self.assertEqual((quoted(""), sam_words({"A": ""})), ('""', ['A=""']))

    def test_the_release_is_what_a_version_is_made_of(self):
        one = release_of(b"code", "template", {"A": "1", "ConsoleOrigin": "x"})
        self.assertRegex(one, r"^[0-9a-f]{10}$")
        self.assertEqual(one, release_of(b"code", "template", {"ConsoleOrigin": "y", "A": "1", "Release": "0"}))
        others = [release_of(b"cod2", "template", {"A": "1"}), release_of(b"code", "templat2", {"A": "1"}), release_of(b"code", "template", {"A": "2"})]
        self.assertEqual(len({one, *others}), 4)

    def test_no_function_reads_the_consoles_address(self):
        functions = TEMPLATE.of_type("AWS::Serverless::Function")
        self.assertTrue(functions)
        self.assertNotIn("ConsoleOrigin", json.dumps([functions, TEMPLATE.main["Globals"]]))

    def test_an_unknown_one_is_named(self):
        with self.assertRaisesRegex(WrongParameters, "Colour"):
            read_parameters("Colour=red", cloud.MAIN.read_text())


class Files(Case):
    def put(self, **objects):
        self.account.buckets["b"] = dict(objects)
        return upload(self.account.session.client("s3"), "b", self.dist, "{}", NOW)

    def test_the_page_comes_last_and_says_how_long_it_may_be_kept(self):
        self.put()
        names = [call["Key"] for call in self.account.session.of("PutObject")]
        self.assertEqual(names, ["assets/app-1.js", "config.json", "index.html"])
        how = {name: entry[2] for name, entry in self.account.buckets["b"].items()}
        self.assertEqual(how["index.html"], {"ContentType": "text/html", "CacheControl": "no-cache"})
        self.assertEqual(how["assets/app-1.js"]["ContentType"], "text/javascript")
        self.assertIn("immutable", how["assets/app-1.js"]["CacheControl"])

    def test_old_files_stay_for_pages_that_are_open_and_then_go(self):
        young, old = (b"x", NOW - KEPT + timedelta(hours=1), {}), (b"x", NOW - KEPT - timedelta(hours=1), {})
        self.assertEqual(self.put(**{"assets/young.js": young, "assets/old.js": old}), (3, 1))
        self.assertIn("assets/young.js", self.account.buckets["b"])
        self.assertNotIn("assets/old.js", self.account.buckets["b"])

    def test_a_console_that_was_not_built_is_no_console(self):
        (self.dist / "index.html").unlink()
        with self.assertRaises(FileNotFoundError):
            self.put()


class TakingOver(Case):
    def test_everything_that_a_stack_left_becomes_part_of_the_next(self):
        left_behind(self.account)
        self.deploy(console=False, parameters="OperatorMfa=ON")
        [change] = self.account.session.of("CreateChangeSet")
        self.assertEqual(change["ChangeSetType"], "IMPORT")
        imported = {each["LogicalResourceId"] for each in change["ResourcesToImport"]}
        self.assertEqual(imported, {*TABLES, "WebhookSecret", "SigningSecret", "CursorSecret", "LinkSecret", "AddressSecret", "UserPool", "PicturesBucket"})
        self.assertEqual(len(self.account.session.of("RestoreSecret")), 4)
        self.assertIn({"ParameterKey": "OperatorMfa", "ParameterValue": "ON"}, change["Parameters"])
        self.assertEqual(self.account.sam(), ["vouchers"], "sam adds the rest")

    def test_what_is_imported_is_what_a_stack_keeps_and_nothing_else_needs_a_name(self):
        kept = {name for name, body in TEMPLATE.main["Resources"].items() if str(body.get("DeletionPolicy", "")).startswith("Retain")}
        left_behind(self.account)
        self.deploy(console=False)
        [change] = self.account.session.of("CreateChangeSet")
        imported = {each["LogicalResourceId"] for each in change["ResourcesToImport"]}
        self.assertLessEqual(kept, imported)
        self.assertEqual({TEMPLATE.main["Resources"][name]["Type"] for name in imported - kept}, {"AWS::SecretsManager::Secret"})

    def test_the_part_of_the_template_is_whole_without_the_rest(self):
        body = kept_template(TEMPLATE.main, [*TABLES, "UserPool", "PicturesBucket", "AddressSecret"])
        self.assertEqual({each["DeletionPolicy"] for each in body["Resources"].values()}, {"Retain"})
        text = json.dumps(body["Resources"])
        for name in ("KmsKeyArn", "OperatorMfa"):
            self.assertIn(name, body["Parameters"])
        for condition in ("HasKey", "HasMfa", "IsProduction"):
            self.assertIn(condition, body["Conditions"])
            self.assertIn(condition, text)

    def test_a_stack_that_is_there_is_asked_about_nothing(self):
        self.deploy(console=False)
        left_behind(self.account)
        self.deploy(console=False)
        self.assertEqual(self.account.session.of("CreateChangeSet"), [])

    def test_addresses_without_their_secret_are_refused(self):
        left_behind(self.account)
        del self.account.secrets["vouchers/addresses"]
        with self.assertRaisesRegex(StepFailed, "no opt-out would be known again"):
            self.deploy()
        self.assertEqual(self.account.sam(), [])

    def test_two_pools_or_buckets_of_the_name_are_for_a_person(self):
        for more in ("pools", {"eu-west-1_Two": "vouchers-operators"}), ("buckets", {"vouchers-picturesbucket-2": {}}):
            left_behind(self.account)
            getattr(self.account, more[0]).update(more[1])
            with self.subTest(more[0]), self.assertRaisesRegex(StepFailed, "all but one"):
                self.deploy()


class Destroy(Case):
    def destroy(self, data=False, name="vouchers"):
        options = SimpleNamespace(name=name, data=data)
        with mock.patch.dict(os.environ, {"CONFIRM": name}):
            return cloud.destroy(options)

    def made(self):
        self.deploy()
        left_behind(self.account, scheduled=False)
        self.account.buckets["vouchers-console-bucket-1"] = {"index.html": (b"a", NOW, {})}
        self.account.buckets["vouchers-imports"] = {"customers/a.csv": (b"a", NOW, {})}
        self.account.stacks["vouchers-alarms"] = {"status": "CREATE_COMPLETE", "parameters": {}}

    def test_takes_the_stacks_and_leaves_the_data(self):
        self.made()
        self.destroy()
        self.assertEqual({name: stack["status"] for name, stack in self.account.stacks.items()}, dict.fromkeys(["vouchers", "vouchers-console", "vouchers-alarms"], "DELETE_COMPLETE"))
        self.assertEqual(set(self.account.tables), set(TABLES.values()))
        self.assertIn("vouchers-picturesbucket-1", self.account.buckets)
        self.assertEqual(self.account.secrets["vouchers/links"], "scheduled")

    def test_and_the_next_deployment_has_it_all_again(self):
        self.made()
        self.destroy()
        self.account.session.calls.clear()
        self.assertEqual(self.deploy(), 0)
        [change] = self.account.session.of("CreateChangeSet")
        self.assertEqual(len(change["ResourcesToImport"]), len(TABLES) + 5 + 1 + 1)
        self.assertEqual(set(self.account.secrets.values()), {"there"})

    def test_with_the_data_nothing_is_left_that_a_new_stack_would_meet(self):
        self.made()
        self.account.protected = {POOL, "eu-west-1_Other"}
        self.destroy(data=True)
        self.assertEqual((self.account.tables, self.account.secrets, self.account.pools), ({}, {}, {"eu-west-1_Other": "somebody-elses"}))
        self.assertEqual(self.account.protected, {"eu-west-1_Other"}, "of others nothing is touched")
        self.assertNotIn("vouchers-picturesbucket-1", self.account.buckets)
        self.account.session.calls.clear()
        self.assertEqual(self.deploy(), 0)
        self.assertEqual(self.account.session.of("CreateChangeSet"), [])

    def test_again_deletes_what_an_interrupted_one_left(self):
        left_behind(self.account)
        self.assertEqual(destroy(self.account.session, TEMPLATE, "vouchers", True, lambda _text: None), [])
        self.assertEqual(self.account.tables, {})

    def test_clears_away_a_first_deployment_that_failed_which_a_deployment_does_not(self):
        self.account.stacks["vouchers"] = {"status": "ROLLBACK_COMPLETE", "parameters": {}}
        with self.assertRaisesRegex(StepFailed, "make destroy STACK=vouchers"):
            self.deploy()
        self.assertEqual(self.account.sam(), [])
        self.destroy()
        self.assertEqual(self.deploy(), 0)

    def test_needs_the_name_typed(self):
        self.made()
        with mock.patch.dict(os.environ, {"CONFIRM": "1"}), self.assertRaisesRegex(StepFailed, "nothing was deleted"):
            cloud.destroy(SimpleNamespace(name="vouchers", data=True))
        self.assertEqual(self.account.session.of("DeleteStack"), [])


if __name__ == "__main__":
    unittest.main()
