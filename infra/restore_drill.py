#!/usr/bin/env python3
"""Restores a stack's tables into a second one, checks them, says how long it took, and destroys it.

    restore_drill.py [--stack vouchers] [--drill vouchers-drill] [--at 2026-11-30T07:00:00Z] [--deploy]
                     [--keep] [--local] [--json]

Reads the tables of the first stack and writes only what has the second one's name. Every campaign in
it is paused and every webhook endpoint disabled before a function can read them. `--deploy` also
makes the stack around the tables, with the first one's secrets, and recounts the reports. `--keep`
leaves it: then it is no drill but a restore. Exit code 1 if a voucher is missing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parent / "local"))

import sdk  # noqa: E402 - after the path
from deployment.parameters import sam_words  # noqa: E402
from install import SAM  # noqa: E402
from preflight.names import wrong_stack_name  # noqa: E402
from processes import StepFailed, say  # noqa: E402
from sdk import has_sdk, read_local_stack, start_again  # noqa: E402


class Drill:
    """One restore: its clients, its tables, and the time of each step."""

    def __init__(self, options, session, template, now=None):
        self.options, self.template = options, template
        self.client = session.client
        self.dynamodb = self.client("dynamodb")
        self.now = now or datetime.now(timezone.utc)
        self.steps, self.report = [], {"stack": options.stack, "drill": options.drill}
        self.sources, self.made, self.has_stack = [], [], False

    def step(self, name, function, *arguments, **keywords):
        """Runs a step, keeps its time and returns what it returned."""
        say(f"{name} ...")
        began = time.monotonic()
        result = function(*arguments, **keywords)
        self.steps.append((name, time.monotonic() - began))
        return result

    def run(self):
        """Restores, checks and tells; returns true if nothing is missing."""
        from restore import tables

        names = self.template.physical_names(
            "AWS::DynamoDB::Table", "TableName", self.options.stack
        )
        sources = self.step(
            "reading the tables of the first stack",
            tables.read_sources,
            self.dynamodb,
            list(names.values()),
            self.options.stack,
            self.options.drill,
        )
        if self.options.local:
            sources = as_if_recoverable(sources, self.template, names, self.now)
        self.sources = sources
        wanted = tables.parse_moment(self.options.at) if self.options.at else None
        moment = tables.choose_moment(sources, wanted)
        self.report["moment"] = moment.isoformat()
        self.report["lost_seconds"] = round((self.now - moment).total_seconds())
        self.refuse_if_there()
        self.restore_tables(moment)
        self.stop_all(moment)
        complete = self.check_vouchers(moment)
        if self.options.deploy:
            self.deploy(names)
        return complete

    def refuse_if_there(self):
        """Refuses to go on if the second stack has a table already: it might be somebody's."""
        from restore.tables import RestoreFailed

        there = set(
            self.dynamodb.list_tables(ExclusiveStartTableName=f"{self.options.drill}-")[
                "TableNames"
            ]
        )
        if taken := sorted(there & {source.target for source in self.sources}):
            raise RestoreFailed(
                f"{', '.join(taken)} exist already: choose another DRILL, or delete them"
            )

    def restore_tables(self, moment):
        """Restores what has a backup and makes the other tables empty."""
        from restore import tables

        how = {}
        for source in self.sources:
            with tables.unless_there_already(self.made, source.target):
                how[source.target] = self.step(
                    f"{source.name} -> {source.target}",
                    tables.make_table,
                    self.dynamodb,
                    source,
                    moment,
                )
        ready = self.step(
            "waiting for the tables and their indexes",
            tables.wait_until_ready,
            self.dynamodb,
            self.sources,
        )
        applied = {}
        for source in self.sources:
            applied[source.target] = self.step(
                f"settings of {source.target}",
                tables.finish_table,
                self.dynamodb,
                source,
                self.options.keep,
            )
        self.report["tables"] = {
            name: {
                "how": how[name],
                "ready_after_seconds": round(ready[name], 1),
                "settings": applied[name],
            }
            for name in how
        }

    def stop_all(self, moment):
        """Pauses campaigns and disables endpoints in the restored Control table."""
        from restore.campaigns import stop_everything

        note = f"restored to {moment.isoformat()} from the stack {self.options.stack}"
        table = self.target_of("control")
        stopped = self.step(
            "pausing campaigns",
            stop_everything,
            self.dynamodb,
            table,
            note,
            datetime.now(timezone.utc),
        )
        self.report["paused"] = [
            {"campaign": campaign, "was": state} for campaign, state in stopped.campaigns
        ]
        self.report["endpoints_disabled"] = list(stopped.endpoints)

    def check_vouchers(self, moment):
        """Compares the vouchers of both stacks; returns true if none is missing or too many."""
        from restore.counts import compare_counts, count_vouchers, stage_totals

        ahead = self.options.ahead_ms  # of the functions' clock, on the local AWS
        until = int(moment.timestamp() * 1000) + ahead
        alive_at = int(self.now.timestamp()) + ahead // 1000 + 24 * 3600
        both = {
            role: self.step(
                f"counting the vouchers of the {role} stack",
                count_vouchers,
                self.dynamodb,
                table,
                until,
                alive_at,
            )
            for role, table in (
                ("first", f"{self.options.stack}-vouchers"),
                ("second", self.target_of("vouchers")),
            )
        }
        wrong, moved = compare_counts(both["first"], both["second"])
        self.report["vouchers"] = {role: stage_totals(counts) for role, counts in both.items()}
        self.report["missing"] = [
            {"campaign": campaign, "first": before, "second": after}
            for campaign, before, after in wrong
        ]
        self.report["moved_since"] = [
            {"campaign": campaign, "stages": stages} for campaign, stages in moved
        ]
        return not wrong

    def deploy(self, names):
        """Makes the stack around the tables, gives it the secrets, and starts a recount."""
        from restore import second_stack

        restored = {
            logical: self.target_of(name.removeprefix(f"{self.options.stack}-"))
            for logical, name in names.items()
        }
        cloudformation = self.client("cloudformation")
        [first] = cloudformation.describe_stacks(StackName=self.options.stack)["Stacks"]
        parameters = {item["ParameterKey"]: item["ParameterValue"] for item in first["Parameters"]}
        parameters = parameters_of_second(parameters, self.options.keep)
        self.has_stack = True
        self.step(
            "importing the tables into the stack",
            second_stack.import_tables,
            cloudformation,
            self.template.main,
            self.options.drill,
            restored,
            parameters,
        )
        self.step("sam deploy", deploy_with_sam, self.options.drill, parameters)
        self.step(
            "copying secrets",
            second_stack.copy_secrets,
            self.client("secretsmanager"),
            self.options.stack,
            self.options.drill,
        )
        status, answer = self.step(
            "starting a recount",
            second_stack.start_recount,
            self.client("lambda"),
            self.options.drill,
        )
        self.report["recount"] = {
            "status": status,
            "state": answer.get("state"),
            "number": answer.get("number"),
        }

    def destroy(self):
        """Deletes everything that the drill made."""
        from restore import second_stack, tables

        if self.has_stack:
            pool = stack_output(self.client("cloudformation"), self.options.drill, "UserPoolId")
            self.step(
                "deleting the stack",
                second_stack.delete_stack,
                self.client("cloudformation"),
                self.options.drill,
            )
            self.step(
                "deleting what it keeps",
                second_stack.delete_leftovers,
                self.client("secretsmanager"),
                self.client("cognito-idp"),
                self.options.drill,
                pool,
            )
        self.report["deleted"] = self.step(
            "deleting the tables",
            tables.delete_tables,
            self.dynamodb,
            self.made,
            self.options.drill,
        )

    def target_of(self, name):
        """Returns the restored table of a short name, such as control."""
        return f"{self.options.drill}-{name}"


def as_if_recoverable(sources, template, names, now):
    """Returns the sources with backups where the template promises them: the local AWS has no history.

    It restores a table as it is at that moment, so the moment is now.
    """
    tables = template.of_type("AWS::DynamoDB::Table")
    promised = {
        names[logical]
        for logical, properties in tables.items()
        if "PointInTimeRecoverySpecification" in properties
    }
    for source in sources:
        source.recoverable = source.name in promised
        source.earliest = source.latest = now if source.recoverable else None
    return sources


def parameters_of_second(parameters, keep):
    """Returns the parameters of the second stack: the first one's, without the domain it still has.

    A drill is no production either, or its tables could not be deleted.
    """
    changed = {"ApiDomain": "", "ApiCertificateArn": ""}
    if not keep:
        changed |= {"Stage": "dev", "PublicUrl": ""}
    return {name: changed.get(name, value) for name, value in parameters.items()}


def deploy_with_sam(drill, parameters):
    """Adds the rest of template.yaml to the stack of the restored tables."""
    root = Path(__file__).resolve().parents[1]
    command = [
        SAM,
        "deploy",
        "--template-file",
        root / "template.yaml",
        "--stack-name",
        drill,
        "--resolve-s3",
        "--capabilities",
        "CAPABILITY_IAM",
    ]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides"]
    command += sam_words({name: value for name, value in parameters.items() if value})
    if (
        subprocess.run(
            [str(part) for part in command], env=os.environ | {"SAM_CLI_TELEMETRY": "0"}
        ).returncode
        != 0
    ):
        raise StepFailed("sam deploy of the second stack failed: the tables are imported and stay")


def stack_output(cloudformation, name, key):
    """Returns an output of a stack, or None if it has none, or was never made."""
    from botocore.exceptions import ClientError

    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    return next(
        (item["OutputValue"] for item in stack.get("Outputs", []) if item["OutputKey"] == key), None
    )


def parse_arguments(arguments):
    """Returns the options of the command line."""
    parser = argparse.ArgumentParser(prog="restore-drill", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="vouchers")
    parser.add_argument("--drill", default="", help="the second stack, STACK-drill if not given")
    parser.add_argument(
        "--at", default="", help="the moment to go back to; the latest if not given"
    )
    parser.add_argument(
        "--deploy", action="store_true", help="make the whole stack around the tables"
    )
    parser.add_argument("--keep", action="store_true", help="leave it: a restore and no drill")
    parser.add_argument(
        "--local", action="store_true", help="the stack of `make run` on this machine"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.drill = options.drill or f"{options.stack}-drill"
    if options.drill == options.stack:
        parser.error("the second stack needs another name than the first")
    options.ahead_ms = 0
    if options.local and options.deploy:
        parser.error("the local AWS imports no resources: --deploy is for AWS")
    for name in (options.stack, options.drill):
        if wrong := wrong_stack_name(name):
            parser.error(wrong)
    return options


def open_session(options):
    """Returns the session of the shell's credentials, or of the local AWS."""
    if options.local:
        clock = Path(read_local_stack()["clock_file"])
        options.ahead_ms = int(clock.read_text() or 0) if clock.exists() else 0
    return sdk.open_session(options.local)


def run_drill(options, session):
    """Runs the drill and destroys it unless it is to stay; returns the exit code."""
    from preflight.wanted import Template
    from restore.report import render_report

    drill = Drill(options, session, Template())
    complete = False
    try:
        complete = drill.run()
    finally:
        if drill.made and not options.keep:
            drill.destroy()
    if options.json:
        print(
            json.dumps(
                drill.report | {"seconds": dict(drill.steps), "complete": complete}, indent=2
            )
        )
    else:
        print(render_report(drill.report, drill.steps, options.local))
    return 0 if complete else 1


def main():
    options = parse_arguments(sys.argv[1:])
    if not has_sdk():
        return start_again(__file__)
    from botocore.exceptions import BotoCoreError, ClientError

    from restore.tables import RestoreFailed

    try:
        return run_drill(options, open_session(options))
    except StepFailed as failure:
        failure.print_details()
        return 1
    except (RestoreFailed, ClientError, BotoCoreError) as error:
        say(f"failed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
