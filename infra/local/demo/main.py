"""Runs the demo of `make run`: a promotion from its audience to its revenue, and two autopilots.

Reads stack.json, and a user's own customers and orders with --data. Writes through the HTTP API
only, and demo.json beside stack.json, which records what is loaded and launched.
Guarantees: the exit code is 0 only if the reconciliation equation closes and the report shows
exactly what the simulated customers did; a second run reuses what exists and prints the result
again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from pathlib import Path

import autopilots
import combined_order
import customer_actions
import diagnostics
import goodwill
import rehearsal
import reports
import results
from api import (
    ApiError,
    ApiUnreachable,
    AppBackend,
    Operator,
    find_api_problem,
    sign_in,
)
from clock import Clock
from files import UnusableFile
from loader import LoadStopped
from progress import DemoProgress
from promotion import BRAND, PromotionPlan
from screen import DemoFailed, Screen, StallTimer, format_count, format_money
from seed import seed_marketplace

UP_SECONDS = 90  # until the API answers after a start
STALLED_SECONDS = 200  # a run without progress: a little over three rounds of the schedule
DELIVERY_SECONDS = 12  # without a further delivery: the provider emulator drops some on purpose
REPORT_SECONDS = 90  # until the counters arrive
POLL_SECONDS = 0.7
STACK_NEEDS = (
    "api_url",
    "webhook_key_id",
    "webhook_secret",
    "endpoint_url",
    "client_id",
    "admin_username",
    "admin_password",
)
ENDED = ("completed", "failed", "cancelled", "archived")
BRAND_SETTINGS = "/v1/configuration/voucher-campaign/brand"
COMBINATION = "/v1/configuration/voucher-campaign/combination"
TWO_VOUCHERS = {"max_vouchers": 2, "first": "percent", "percent_of": "reduced"}
MAX_CUSTOMERS = 999_999  # the width of a customer's number in its id


class Demo:
    """The steps of the demo, one method each."""

    def __init__(self, options: argparse.Namespace, stack: dict, screen: Screen):
        self.options = options
        self.stack = stack
        self.screen = screen
        self.progress = DemoProgress(options.stack, stack)
        self.clock = Clock(stack.get("clock_file"))
        key = stack["webhook_key_id"], stack["webhook_secret"]
        self.app = AppBackend(stack["api_url"], *key)
        self.operator: Operator
        self.totals: customer_actions.ActionTotals
        self.delivery_totals = customer_actions.ActionTotals()

    def run(self) -> bool:
        """Runs all steps; returns whether all numbers agree and nothing failed."""
        screen = self.screen
        screen.line(screen.bold("Voucher campaigns: from an audience to revenue, on this machine"))
        with screen.step("Signing in"):
            self.sign_in()
        with screen.step("The marketplace"):
            seed_marketplace(self.options, self.stack, self.progress, self.app, screen)
        with screen.step("The promotion"):
            self.launch_promotion()
            self.launch_delivery()
        with screen.step("Sending"):
            self.watch_run()
        with screen.step("The customers act"):
            self.act_as_customers()
        with screen.step("Support makes good"):
            self.give_goodwill()
        with screen.step("The result"):
            good = self.print_result()
        with screen.step("The autopilots"):
            currency = self.promotion_plan().currency
            fired = autopilots.run_autopilots(
                self.operator, self.progress, currency, self.clock, screen
            )
        if not self.options.once:
            self.print_addresses()
        return good and fired

    def sign_in(self) -> None:
        deadline = time.monotonic() + UP_SECONDS
        while problem := find_api_problem(self.stack["api_url"]):
            self.screen.show_progress(f"waiting for the API: {problem}")
            if time.monotonic() > deadline:
                raise DemoFailed(f"the API did not answer within {UP_SECONDS} s: {problem}")
            time.sleep(POLL_SECONDS)
        stack = self.stack
        user, password = stack["admin_username"], stack["admin_password"]
        token = sign_in(stack["endpoint_url"], stack["client_id"], user, password)
        self.operator = Operator(stack["api_url"], token)
        groups = self.operator.groups
        groups = groups if isinstance(groups, str) else ", ".join(groups)
        self.screen.say(
            f"operator {user} ({groups or 'no group'}) by token; app backend by signature"
        )

    def launch_promotion(self) -> None:
        plan, progress = self.promotion_plan(), self.progress
        if progress.campaign and self.options.again and progress.campaign.get("done"):
            progress.campaign = {"number": progress.campaign["number"] + 1}
        campaign = self._find_campaign() if progress.campaign.get("id") else None
        if campaign and campaign["state"] != "draft":
            self.screen.say(f"already launched: {campaign['name']} ({campaign['state']})")
            self.screen.say(self.screen.dim("--again launches another campaign"))
            return
        if campaign is None and progress.campaign.pop("id", None):
            progress.campaign.pop("key")  # the key of a campaign that no longer exists
        self._preview_audience(plan)
        self._set_brand()
        number = progress.campaign.get("number", 1)
        key = progress.campaign.get("key") or str(uuid.uuid4())
        progress.campaign = {"number": number, "key": key}
        progress.save()
        name = f"First {plan.new} order" + (f" ({number})" if number > 1 else "")
        body = plan.campaign_body(name, progress.marketplace["count"])
        campaign = self.operator.call("POST", "/v1/campaigns", body, {"idempotency-key": key})
        progress.campaign["id"] = campaign["id"]
        progress.save()
        if campaign["state"] == "draft":
            rehearsal.rehearse(self.operator, campaign["id"], self.screen)
            self.operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        self.screen.say(f"launched   {name} ({campaign['id']})")

    def _set_brand(self) -> None:
        """Gives e-mails a look, unless an operator has given them one."""
        if self.operator.call("GET", BRAND_SETTINGS)["version"] == 0:
            self.operator.call("PUT", BRAND_SETTINGS, BRAND, {"if-match": '"0"'})

    def launch_delivery(self) -> None:
        """Launches free delivery, whose vouchers go on the same order as those of the promotion."""
        progress = self.progress
        known = progress.campaign.setdefault("delivery", {})
        if known.get("id") or progress.campaign.get("done"):
            return
        setting = self.operator.call("GET", COMBINATION)
        if any(setting[name] != value for name, value in TWO_VOUCHERS.items()):
            version = {"if-match": f'"{setting["version"]}"'}
            self.operator.call("PUT", COMBINATION, TWO_VOUCHERS, version)
        key = known.setdefault("key", str(uuid.uuid4()))
        progress.save()
        number = progress.campaign.get("number", 1)
        name = "Free delivery" + (f" ({number})" if number > 1 else "")
        body = self.promotion_plan().delivery_body(name)
        campaign = self.operator.call("POST", "/v1/campaigns", body, {"idempotency-key": key})
        if campaign["state"] == "draft":
            self.operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        known["id"] = campaign["id"]
        progress.save()
        self.screen.say(f"launched   {name} ({campaign['id']}), for the same order")

    def watch_run(self) -> None:
        campaign = self._wait_for_run(self.progress.campaign["id"])
        self.screen.say(_format_run(campaign.get("run") or {}))
        if delivery := self._delivery_id():
            self._wait_for_run(delivery)
        sent, delivered = self._wait_for_deliveries(campaign)
        self.screen.say(
            f"messages   sent {format_count(sent)}   delivered {format_count(delivered)}"
        )
        rehearsal.print_prediction(self.operator, campaign["id"], self.screen)
        if self.stack.get("inbox_url"):
            self.screen.say(f"read them  {self.stack['inbox_url']}")

    def act_as_customers(self) -> None:
        if earlier := self.progress.campaign.get("done"):
            self.totals = customer_actions.ActionTotals(**earlier)
            delivery = self.progress.campaign.get("delivery") or {}
            self.delivery_totals = customer_actions.ActionTotals(**delivery.get("done", {}))
            summary = _format_totals(self.totals, format_count(self.totals.wallets))
            self.screen.say(f"already done: {summary}")
            return
        plan, screen = self.promotion_plan(), self.screen
        path = f"/v1/campaigns/{self.progress.campaign['id']}/vouchers"
        vouchers = customer_actions.select_delivered_vouchers(self.operator.pages(path, limit=100))
        if not vouchers:
            screen.say("no voucher was delivered")
        totals, actions = customer_actions.run_customer_actions(
            vouchers,
            self.app,
            plan,
            lambda totals: screen.show_progress(
                _format_totals(
                    totals, f"{format_count(totals.wallets)} of {format_count(len(vouchers))}"
                )
            ),
        )
        screen.say(_format_totals(totals, format_count(len(vouchers))))
        discounts = format_money(totals.voucher_cost, plan.currency)
        screen.say(
            f"paid       {format_money(totals.revenue, plan.currency)}, "
            f"after discounts of {discounts}"
        )
        customer_actions.show_edge_cases(
            actions, totals, self.app, plan, lambda text: screen.say(f"and        {text}")
        )
        self._show_combined_order(actions, totals)
        for reason in totals.reasons:
            screen.print_error(f"refused    {reason}")
        if totals.problems or totals.discounts_wrong:
            wrong = f"{totals.problems} customers refused, {totals.discounts_wrong} discounts wrong"
            screen.print_error(wrong)
        if not totals.problems:
            self.progress.campaign["done"] = totals.to_json()
            self.progress.campaign["delivery"]["done"] = self.delivery_totals.to_json()
            self.progress.save()
        self.totals = totals

    def give_goodwill(self) -> None:
        path = f"/v1/campaigns/{self.progress.campaign['id']}/vouchers"
        vouchers = customer_actions.select_delivered_vouchers(self.operator.pages(path, limit=100))
        if not vouchers:
            self.screen.say("no customer has a voucher of the promotion")
            return
        goodwill.show_goodwill(
            goodwill.Support(self.operator, self.app, self.clock.now()),
            self.progress,
            vouchers[0].customer_id,
            self.promotion_plan().currency,
            self.screen.say,
        )

    def print_result(self) -> bool:
        totals = self.totals
        row = self._wait_for_report(self.get_campaign(), totals)
        good = results.print_results(self.screen, self.get_campaign(), row, totals)
        if delivery := self._delivery_id():
            row = self._wait_for_report(self.get_campaign(delivery), self.delivery_totals)
            heading = "The same for the free delivery, redeemed beside it"
            good &= results.print_agreement(self.screen, row, self.delivery_totals, heading)
        good &= diagnostics.check_all_skips(
            self.screen, self.operator, self.app, self.get_campaign()
        )
        reports.print_reports(self.screen, self.operator, self.clock)
        self.screen.say()
        return good and not totals.problems and not totals.discounts_wrong

    def print_addresses(self) -> None:
        stack, screen = self.stack, self.screen
        screen.line()
        screen.line(screen.bold("Addresses"))
        rows = [
            ["API", f"{stack['api_url']}/v1"],
            ["OpenAPI", f"{stack['api_url']}/v1/openapi.json"],
            ["inbox", stack.get("inbox_url") or "-"],
            ["operator", f"{stack['admin_username']}   password {stack['admin_password']}"],
            ["details", str(self.options.stack)],
            ["stop", "make stop   (make clean also removes the data)"],
        ]
        screen.table(rows, left=2)

    def promotion_plan(self) -> PromotionPlan:
        return PromotionPlan(**self.progress.marketplace["play"])

    def get_campaign(self, campaign_id: str = "") -> dict:
        """Returns a campaign; without an id, the first promotion."""
        campaign_id = campaign_id or self.progress.campaign["id"]
        return self.operator.call("GET", f"/v1/campaigns/{campaign_id}")

    def _delivery_id(self) -> str:
        return (self.progress.campaign.get("delivery") or {}).get("id", "")

    def _wait_for_run(self, campaign_id: str) -> dict:
        timer = StallTimer(STALLED_SECONDS, POLL_SECONDS)
        campaign = self.get_campaign(campaign_id)
        while campaign["state"] not in ENDED:
            run = campaign.get("run") or {}
            self.screen.show_progress(_format_run(run))
            if not timer.keep_waiting(run):
                raise DemoFailed(f"no progress for {STALLED_SECONDS} s: {_format_run(run)}")
            campaign = self.get_campaign(campaign_id)
        if campaign["state"] in ("failed", "cancelled"):
            raise DemoFailed(
                f"the campaign ended as {campaign['state']}: see its audit and the logs"
            )
        return campaign

    def _wait_for_report(self, campaign: dict, totals: customer_actions.ActionTotals) -> dict:
        timer = StallTimer(REPORT_SECONDS, POLL_SECONDS)
        row = results.find_report_row(self.operator, campaign, self.clock)
        while missing := results.find_disagreements(row, totals):
            self.screen.show_progress(f"waiting for the report to count: {', '.join(missing)}")
            if not timer.keep_waiting(missing):
                break
            row = results.find_report_row(self.operator, campaign, self.clock)
        return row

    def _show_combined_order(
        self,
        actions: list[customer_actions.CustomerActions],
        totals: customer_actions.ActionTotals,
    ) -> None:
        path = f"/v1/campaigns/{self._delivery_id()}/vouchers"
        combined_order.show_combined_order(
            actions,
            customer_actions.select_delivered_vouchers(self.operator.pages(path, limit=100)),
            (totals, self.delivery_totals),
            self.app,
            self.promotion_plan(),
            lambda text: self.screen.say(f"and        {text}"),
        )

    def _find_campaign(self) -> dict | None:
        try:
            return self.get_campaign()
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _preview_audience(self, plan: PromotionPlan) -> None:
        screen = self.screen
        screen.say(f"offer      {plan.offer_text()}")
        screen.say(f"audience   {plan.audience_text()}")
        preview = self.operator.call("POST", "/v1/audience-previews", plan.preview_body())
        reachable = preview.get("reachable") or {}
        channels = "   ".join(
            f"{name} {format_count(reachable.get(name))}" for name in results.CHANNELS
        )
        screen.say(
            f"preview    {format_count(preview['matched'])} of "
            f"{format_count(preview['scanned'])} customers match"
        )
        screen.say(f"reachable  {channels}   any {format_count(reachable.get('any'))}")
        skipped = "   ".join(
            f"{reason} {format_count(n)}" for reason, n in (preview.get("skipped") or {}).items()
        )
        if skipped:
            screen.say(f"skipped    {skipped}")
        if not preview["matched"]:
            raise DemoFailed("no customer matches, so there is nothing to launch")

    def _wait_for_deliveries(self, campaign: dict) -> tuple[int, int]:
        timer = StallTimer(DELIVERY_SECONDS, POLL_SECONDS)
        while True:
            sent, delivered = results.message_counts(
                results.find_report_row(self.operator, campaign, self.clock)
            )
            complete = self.progress.campaign.get("done") or 0 < sent <= delivered
            if complete or not timer.keep_waiting((sent, delivered)):
                return sent, delivered
            self.screen.show_progress(
                f"waiting for delivery events: {format_count(delivered)} of {format_count(sent)}"
            )


def _format_run(run: dict) -> str:
    names = ("selected", "issued", "ghost", "skipped", "waiting", "failed")
    numbers = "   ".join(f"{name} {format_count(run.get(name) or 0)}" for name in names)
    return f"segments {run.get('segments_done', 0)}/{run.get('segments', 0)}   {numbers}"


def _format_totals(totals: customer_actions.ActionTotals, wallets: str) -> str:
    return (
        f"wallets    {wallets}   accepted {format_count(totals.accepted)}   "
        f"declined {format_count(totals.declined)}   redeemed {format_count(totals.redeemed)}"
    )


def main() -> int:
    options = _parse_options()
    screen = Screen()
    try:
        return 0 if Demo(options, _read_stack(options.stack), screen).run() else 1
    except ApiError as error:
        problem = error.lines()
    except (
        DemoFailed,
        LoadStopped,
        ApiUnreachable,
        UnusableFile,
        combined_order.WrongSum,
        goodwill.WrongWallet,
        customer_actions.UnexpectedSuccess,
    ) as error:
        problem = [str(error)]
    except BrokenPipeError:  # the reader, for example `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        screen.line("interrupted; the next run continues from here")
        return 130
    screen.line()
    for line in problem:
        screen.print_error(line)
    return 1


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--stack", type=Path, default=Path(".local/stack.json"), help="the stack.json of the stack"
    )
    parser.add_argument("--customers", type=int, default=2000, help="how many to generate")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed generates other customers"
    )
    parser.add_argument("--data", type=Path, help="folder with customers and orders, see README.md")
    parser.add_argument("--again", action="store_true", help="launch another campaign")
    parser.add_argument("--once", action="store_true", help="print no addresses at the end")
    options = parser.parse_args()
    if not 1 <= options.customers <= MAX_CUSTOMERS:
        parser.error(f"--customers must be between 1 and {MAX_CUSTOMERS}")
    return options


def _read_stack(path: Path) -> dict:
    try:
        stack = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DemoFailed(f"cannot read {path}: {error}; `make run` writes it") from error
    if missing := [name for name in STACK_NEEDS if not stack.get(name)]:
        raise DemoFailed(f"{path} lacks {', '.join(missing)}")
    return stack


if __name__ == "__main__":
    sys.exit(main())
