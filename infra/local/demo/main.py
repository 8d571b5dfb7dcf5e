"""The demo of `make run`: a promotion goes out to a marketplace and comes back as revenue, and two
autopilots fire by themselves.

Reads stack.json, and a user's own customers and orders with --data. Writes through the HTTP API
only, and demo.json beside stack.json to remember what is loaded and launched.
Guarantees: exit code 0 only if the reconciliation equation closes and the report shows exactly
what the customers here did; a second run reuses what is there and prints the result again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from pathlib import Path

import acting
import autopilots
import reports
import results
import whynot
from api import AppBackend, Operator, Refused, Unreachable, openapi_answers, sign_in
from clock import Clock
from files import Unusable
from filling import fill
from loading import Stopped
from marker import Marker
from promotion import Play
from show import GaveUp, Patience, Screen, count, money

UP_SECONDS = 90  # for the API to answer after a start
STALLED_SECONDS = 200  # a run without any progress: three rounds of the schedule, and some
DELIVERY_SECONDS = 12  # without a further delivery: the rest was dropped on purpose by the carriers
REPORT_SECONDS = 90  # for the counters to arrive
POLL_SECONDS = 0.7
STACK_NEEDS = (
    "api_url",
    "webhook_secret",
    "endpoint_url",
    "client_id",
    "admin_username",
    "admin_password",
)
ENDED = ("completed", "failed", "cancelled", "archived")
CUSTOMERS_AT_MOST = 999_999  # the width of a customer's number in its id


class Demo:
    """The story, one method per step."""

    def __init__(self, options: argparse.Namespace, stack: dict, screen: Screen):
        self.options = options
        self.stack = stack
        self.screen = screen
        self.marker = Marker(options.stack, stack)
        self.clock = Clock(stack.get("clock_file"))
        self.app = AppBackend(stack["api_url"], stack["webhook_secret"], self.clock)
        self.operator: Operator
        self.done: acting.Done

    def tell(self) -> bool:
        screen = self.screen
        screen.line(screen.bold("Voucher campaigns: from an audience to revenue, on this machine"))
        with screen.step("Signing in"):
            self.sign_in()
        with screen.step("The marketplace"):
            fill(self.options, self.stack, self.marker, self.app, screen)
        with screen.step("The promotion"):
            self.launch_promotion()
        with screen.step("Sending"):
            self.watch_run()
        with screen.step("The customers act"):
            self.let_customers_act()
        with screen.step("The result"):
            good = self.print_result()
        with screen.step("The autopilots"):
            currency = self.play().currency
            good = autopilots.fire(self.operator, self.marker, currency, self.clock, screen) and good
        if not self.options.once:
            self.print_addresses()
        return good

    def sign_in(self) -> None:
        deadline = time.monotonic() + UP_SECONDS
        while problem := openapi_answers(self.stack["api_url"]):
            self.screen.live(f"waiting for the API: {problem}")
            if time.monotonic() > deadline:
                raise GaveUp(f"the API did not come up within {UP_SECONDS} s: {problem}")
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
        play, marker = self.play(), self.marker
        if marker.campaign and self.options.again and marker.campaign.get("done"):
            marker.campaign = {"number": marker.campaign["number"] + 1}
        campaign = self._campaign_or_none() if marker.campaign.get("id") else None
        if campaign and campaign["state"] != "draft":
            self.screen.say(f"already launched: {campaign['name']} ({campaign['state']})")
            self.screen.say(self.screen.dim("--again launches another one"))
            return
        if campaign is None and marker.campaign.pop("id", None):
            marker.campaign.pop("key")  # it named a campaign that is gone
        self._preview(play)
        number = marker.campaign.get("number", 1)
        key = marker.campaign.get("key") or str(uuid.uuid4())
        marker.campaign = {"number": number, "key": key}
        marker.save()
        name = f"First {play.new} order" + (f" ({number})" if number > 1 else "")
        body = play.campaign(name, marker.marketplace["count"])
        campaign = self.operator.call("POST", "/v1/campaigns", body, {"idempotency-key": key})
        marker.campaign["id"] = campaign["id"]
        marker.save()
        if campaign["state"] == "draft":
            self.operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        self.screen.say(f"launched   {name} ({campaign['id']})")

    def watch_run(self) -> None:
        patience = Patience(STALLED_SECONDS, POLL_SECONDS)
        campaign = self.campaign()
        while campaign["state"] not in ENDED:
            run = campaign.get("run") or {}
            self.screen.live(_run_line(run))
            if not patience.left(run):
                raise GaveUp(f"no progress for {STALLED_SECONDS} s: {_run_line(run)}")
            campaign = self.campaign()
        self.screen.say(_run_line(campaign.get("run") or {}))
        if campaign["state"] in ("failed", "cancelled"):
            raise GaveUp(f"the campaign ended as {campaign['state']}: see its audit and the logs")
        sent, delivered = self._wait_for_deliveries(campaign)
        self.screen.say(f"messages   sent {count(sent)}   delivered {count(delivered)}")
        if self.stack.get("inbox_url"):
            self.screen.say(f"read them  {self.stack['inbox_url']}")

    def let_customers_act(self) -> None:
        if earlier := self.marker.campaign.get("done"):
            self.done = acting.Done(**earlier)
            summary = _acts_line(self.done, count(self.done.wallets))
            self.screen.say(f"already done: {summary}")
            return
        play, screen = self.play(), self.screen
        path = f"/v1/campaigns/{self.marker.campaign['id']}/vouchers"
        vouchers = acting.delivered_vouchers(self.operator.pages(path, limit=100))
        if not vouchers:
            screen.say("nobody has a voucher that was delivered")
        done, acts = acting.all_act(
            vouchers,
            self.app,
            play,
            lambda done: screen.live(
                _acts_line(done, f"{count(done.wallets)} of {count(len(vouchers))}")
            ),
        )
        screen.say(_acts_line(done, count(len(vouchers))))
        off = money(done.voucher_cost, play.currency)
        screen.say(f"paid       {money(done.revenue, play.currency)}, after discounts of {off}")
        acting.edges(acts, done, self.app, play, lambda text: screen.say(f"and        {text}"))
        for reason in done.reasons:
            screen.trouble(f"refused    {reason}")
        if done.problems or done.discounts_wrong:
            wrong = f"{done.problems} customers refused, {done.discounts_wrong} discounts wrong"
            screen.trouble(wrong)
        if not done.problems:
            self.marker.campaign["done"] = done.stored()
            self.marker.save()
        self.done = done

    def print_result(self) -> bool:
        done, campaign = self.done, self.campaign()
        patience = Patience(REPORT_SECONDS, POLL_SECONDS)
        row = results.report_row(self.operator, campaign, self.clock)
        while missing := results.disagreements(row, done):
            self.screen.live(f"waiting for the report to count: {', '.join(missing)}")
            if not patience.left(missing):
                break
            row = results.report_row(self.operator, campaign, self.clock)
        good = results.print_results(self.screen, self.campaign(), row, done)
        good &= whynot.ask_all(self.screen, self.operator, self.app, self.campaign())
        reports.print_reports(self.screen, self.operator, self.clock)
        self.screen.say()
        return good and not done.problems and not done.discounts_wrong

    def print_addresses(self) -> None:
        stack, screen = self.stack, self.screen
        screen.line()
        screen.line(screen.bold("Where to look"))
        rows = [
            ["API", f"{stack['api_url']}/v1"],
            ["OpenAPI", f"{stack['api_url']}/v1/openapi.json"],
            ["inbox", stack.get("inbox_url") or "-"],
            ["operator", f"{stack['admin_username']}   password {stack['admin_password']}"],
            ["all of it", str(self.options.stack)],
            ["stop", "make stop   (make clean also removes the data)"],
        ]
        screen.table(rows, left=2)

    def play(self) -> Play:
        return Play(**self.marker.marketplace["play"])

    def campaign(self) -> dict:
        return self.operator.call("GET", f"/v1/campaigns/{self.marker.campaign['id']}")

    def _campaign_or_none(self) -> dict | None:
        try:
            return self.campaign()
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def _preview(self, play: Play) -> None:
        screen = self.screen
        screen.say(f"offer      {play.offer_text()}")
        screen.say(f"audience   {play.audience_text()}")
        preview = self.operator.call("POST", "/v1/audience-previews", play.preview())
        reachable = preview.get("reachable") or {}
        channels = "   ".join(f"{name} {count(reachable.get(name))}" for name in results.CHANNELS)
        screen.say(
            f"preview    {count(preview['matched'])} of {count(preview['scanned'])} customers match"
        )
        screen.say(f"reachable  {channels}   any {count(reachable.get('any'))}")
        skipped = "   ".join(
            f"{reason} {count(n)}" for reason, n in (preview.get("skipped") or {}).items()
        )
        if skipped:
            screen.say(f"skipped    {skipped}")
        if not preview["matched"]:
            raise GaveUp("nobody matches, so there is nothing to launch")

    def _wait_for_deliveries(self, campaign: dict) -> tuple[int, int]:
        patience = Patience(DELIVERY_SECONDS, POLL_SECONDS)
        while True:
            sent, delivered = results.messages(
                results.report_row(self.operator, campaign, self.clock)
            )
            complete = self.marker.campaign.get("done") or 0 < sent <= delivered
            if complete or not patience.left((sent, delivered)):
                return sent, delivered
            self.screen.live(
                f"waiting for the carriers: delivered {count(delivered)} of {count(sent)}"
            )


def _run_line(run: dict) -> str:
    names = ("selected", "issued", "ghost", "skipped", "waiting", "failed")
    numbers = "   ".join(f"{name} {count(run.get(name) or 0)}" for name in names)
    return f"segments {run.get('segments_done', 0)}/{run.get('segments', 0)}   {numbers}"


def _acts_line(done: acting.Done, wallets: str) -> str:
    return (
        f"wallets    {wallets}   accepted {count(done.accepted)}   declined {count(done.declined)}"
        f"   redeemed {count(done.redeemed)}"
    )


def main() -> int:
    options = _options()
    screen = Screen()
    try:
        return 0 if Demo(options, _stack(options.stack), screen).tell() else 1
    except Refused as refusal:
        problem = refusal.lines()
    except (GaveUp, Stopped, Unreachable, Unusable, acting.WentThrough) as error:
        problem = [str(error)]
    except BrokenPipeError:  # `| head` has seen enough; nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        screen.line("stopped; the next run goes on from here")
        return 130
    screen.line()
    for line in problem:
        screen.trouble(line)
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--stack", type=Path, default=Path(".local/stack.json"), help="the stack's file"
    )
    parser.add_argument("--customers", type=int, default=2000, help="how many to make up")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes up other customers")
    parser.add_argument("--data", type=Path, help="folder with customers and orders, see README.md")
    parser.add_argument("--again", action="store_true", help="launch another campaign")
    parser.add_argument("--once", action="store_true", help="no addresses at the end")
    options = parser.parse_args()
    if not 1 <= options.customers <= CUSTOMERS_AT_MOST:
        parser.error(f"--customers must be between 1 and {CUSTOMERS_AT_MOST}")
    return options


def _stack(path: Path) -> dict:
    try:
        stack = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise GaveUp(f"cannot read {path}: {error}; `make run` writes it") from error
    if missing := [name for name in STACK_NEEDS if not stack.get(name)]:
        raise GaveUp(f"{path} lacks {', '.join(missing)}")
    return stack


if __name__ == "__main__":
    sys.exit(main())
