"""Shows goodwill: support gives one customer a voucher, and then more time.

Makes and launches a goodwill campaign once, and acts through the operator's API; reads the
customer's wallet as the app backend. Guarantees: the wallet is compared with what the API answered;
a request that is sent again issues nothing more; a second run acts no second time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api import AppBackend, Operator
from autopilots import Autopilot, build_definition
from progress import DemoProgress
from screen import StallTimer

GOODWILL = Autopilot(
    "goodwill",
    "Sorry for the late order",
    {"goodwill": {}},
    {
        "en": ("Sorry", "This one is on us: {{ offer }}."),
        "es": ("Lo sentimos", "Esta va por nuestra cuenta: {{ offer }}."),
        "de": ("Entschuldigung", "Das geht auf uns: {{ offer }}."),
        "fr": ("Toutes nos excuses", "C'est pour nous : {{ offer }}."),
    },
    "support issues it",
    0,  # nobody whom support has promised a voucher is held out
)
REASON = "The order came an hour late"
DAYS, MORE_DAYS = 7, 14  # from now to the first and to the later end
LAUNCH_SECONDS, POLL_SECONDS = 30, 0.5


class WrongWallet(Exception):
    """The customer's wallet has not what the API answered; the message names both."""


@dataclass(frozen=True)
class GoodwillCase:
    """One customer whom support helps. The request's id makes a repeat harmless."""

    customer_id: str
    request_id: str

    @property
    def path(self) -> str:
        return f"/v1/configuration/voucher-campaign/customers/{self.customer_id}/vouchers"


@dataclass(frozen=True)
class Support:
    """Support at its desk: what it does, and what the customer then sees in the app."""

    operator: Operator
    app: AppBackend
    now: datetime

    def give(self, case: GoodwillCase, campaign_id: str) -> list[str]:
        """Issues a voucher, sends the request again, moves the end; returns a line for each."""
        until, later = (_format_time(self.now + timedelta(days=days)) for days in (DAYS, MORE_DAYS))
        body = {
            "campaign_id": campaign_id,
            "request_id": case.request_id,
            "reason": REASON,
            "until": until,
        }
        issued = self.operator.call("POST", case.path, body)
        voucher_id = issued["voucher_id"]
        self._check_wallet(case.customer_id, voucher_id, until)
        again = self.operator.call("POST", case.path, body)
        if not again["repeat"] or again["voucher_id"] != voucher_id:
            raise WrongWallet(f"the same request issued {again['voucher_id']} beside {voucher_id}")
        more = {"until": later, "reason": "Away for a week"}
        self.operator.call("POST", f"{case.path}/{voucher_id}/extend", more)
        self._check_wallet(case.customer_id, voucher_id, later)
        told = f"told by {issued['message']}" if issued["message"] else "told by no channel"
        return [
            f"issued     one voucher to {case.customer_id}, {told}, until {until[:10]}",
            "again      the same request issued nothing more",
            f"extended   until {later[:10]}, as the wallet says",
        ]

    def _check_wallet(self, customer_id: str, voucher_id: str, until: str) -> None:
        items = self.app.get_wallet(customer_id)["items"]
        ends = [item["accept_by"] for item in items if item["voucher_id"] == voucher_id]
        if [_parse_time(end) for end in ends] != [_parse_time(until)]:
            raise WrongWallet(f"the wallet of {customer_id} has the ends {ends}, not {until}")


def show_goodwill(
    support: Support,
    progress: DemoProgress,
    customer_id: str,
    currency: str,
    say: Callable[[str], None],
) -> None:
    """Lets support help the customer, once per launched promotion."""
    known = progress.campaign.setdefault("goodwill", {})
    if known.get("done"):
        say("already done: one voucher, extended once")
        return
    case = GoodwillCase(customer_id, known.setdefault("request", f"case-{uuid.uuid4().hex[:12]}"))
    campaign_id = _ensure_campaign(support.operator, progress, known, currency)
    for line in support.give(case, campaign_id):
        say(line)
    known["done"] = True
    progress.save()


def _ensure_campaign(operator: Operator, progress: DemoProgress, known: dict, currency: str) -> str:
    """Returns the id of the enabled goodwill campaign; makes and launches it if need be."""
    if "id" not in known:
        key = known.setdefault("key", str(uuid.uuid4()))
        progress.save()
        # Support names each customer, within the limits of the tenant's goodwill policy.
        own = {"trigger": {"when": GOODWILL.when}, "audience": {"everyone": {}}}
        body = build_definition(GOODWILL, currency) | own
        campaign = operator.call("POST", "/v1/campaigns", body, {"idempotency-key": key})
        known["id"] = campaign["id"]
        progress.save()
    path = f"/v1/campaigns/{known['id']}"
    if operator.call("GET", path)["state"] == "draft":
        operator.call("POST", f"{path}/launch")
    timer = StallTimer(LAUNCH_SECONDS, POLL_SECONDS)
    while (state := operator.call("GET", path)["state"]) != "enabled":
        if not timer.keep_waiting(state):
            raise WrongWallet(f"the goodwill campaign is {state} and not enabled")
    return known["id"]


def _format_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
