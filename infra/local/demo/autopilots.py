"""Runs the autopilots of the demo: a win-back and a birthday campaign.

Each is replayed and enabled, and fires today and, with the stack's clock moved on, a day later.
Reads and writes through the HTTP API, and moves the clock. Guarantees: each is enabled once per
launched promotion; it reaches only the customers whose day has come, and the others wait.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta

from api import Operator
from clock import Clock
from progress import DemoProgress
from promotion import LADDER
from screen import Screen, StallTimer, format_count, format_money

LAPSE_DAYS = 21
REPLAY_DAYS = 30
QUIET_SECONDS = 8  # without a further outcome: the other matches wait for their own day
FIRST_MATCH_SECONDS = 70  # a little over one round of the schedule
POLL_SECONDS = 0.7
OUTCOMES = ("issued", "ghost", "skipped", "failed")
LINK = "{{ voucher_link }}"


@dataclass(frozen=True)
class Autopilot:
    """The parts in which the autopilots of the demo differ."""

    key: str
    name: str
    when: dict
    texts: dict
    condition: str
    holdout_percent: int


WINBACK = Autopilot(
    "winback",
    "Win-back",
    {"inactivity": {"days": LAPSE_DAYS}},
    {
        "en": ("We miss you", "Come back for {{ offer }}."),
        "es": ("Te echamos de menos", "Vuelve: {{ offer }}."),
        "de": ("Du fehlst uns", "Komm zurück: {{ offer }}."),
        "fr": ("Vous nous manquez", "Revenez : {{ offer }}."),
    },
    f"no order for {LAPSE_DAYS} days",
    10,
)
CELEBRATION = Autopilot(
    "celebration",
    "Birthday",
    {"personal_date": {"name": "birthday"}},
    {
        "en": ("Happy birthday", "A present: {{ offer }}."),
        "es": ("Feliz cumpleaños", "Un regalo: {{ offer }}."),
        "de": ("Alles Gute zum Geburtstag", "Ein Geschenk: {{ offer }}."),
        "fr": ("Joyeux anniversaire", "Un cadeau : {{ offer }}."),
    },
    "it is their birthday",
    0,  # every customer gets the present
)


def run_autopilots(
    operator: Operator, progress: DemoProgress, currency: str, clock: Clock, screen: Screen
) -> bool:
    """Enables both, waits for their outcomes today and tomorrow, and prints them.

    Returns whether no customer failed.
    """
    runs = {}
    for autopilot in (WINBACK, CELEBRATION):
        campaign = _ensure_campaign(operator, progress, autopilot, currency)
        screen.say(f"{autopilot.name:<10} {autopilot.condition}")
        if campaign["state"] == "draft":
            _print_replay(operator, campaign, screen)
            campaign = operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        runs[autopilot.key] = _wait_for_outcomes(operator, campaign["id"], autopilot, {}, screen)
        _print_outcomes(_day_label(clock), runs[autopilot.key], {}, screen)
    clock.advance(timedelta(days=1))
    screen.say(f"the clock  moved on by a day, to {clock.now():%A %d %B}, for this stack alone")
    good = True
    for autopilot in (WINBACK, CELEBRATION):
        campaign = _ensure_campaign(operator, progress, autopilot, currency)
        before = runs[autopilot.key]
        after = _wait_for_outcomes(operator, campaign["id"], autopilot, before, screen)
        _print_outcomes(autopilot.name, after, before, screen)
        good = good and not after.get("failed")
    return good


def _day_label(clock: Clock) -> str:
    return "today" if clock.offset() == timedelta() else "so far"


def _print_outcomes(label: str, run: dict, before: dict, screen: Screen) -> None:
    """Prints the outcomes of a run since `before`."""
    if run.get("selected") == before.get("selected") and not before.get("waiting"):
        screen.say(f"{label:<10} no customer matches yet")
        return
    done = {name: (run.get(name) or 0) - (before.get(name) or 0) for name in OUTCOMES}
    outcomes = "   ".join(f"{name} {format_count(done[name])}" for name in OUTCOMES)
    screen.say(
        f"{label:<10} {outcomes}   waiting for their day {format_count(run.get('waiting') or 0)}"
    )


def _print_replay(operator: Operator, campaign: dict, screen: Screen) -> None:
    """Prints what the autopilot would have done over the past days, before it is enabled."""
    replay = operator.call("POST", f"/v1/campaigns/{campaign['id']}/replay", {"days": REPLAY_DAYS})
    band = replay["expected"]
    exposure = replay["exposure"]
    screen.say(
        f"replay     the last {REPLAY_DAYS} days: {format_count(replay['matches'])} matches, "
        f"{band['low']} to {band['high']} on ordinary days"
    )
    screen.say(
        f"           {format_count(replay['vouchers'])} vouchers, worth "
        f"{format_money(exposure['amount'], exposure['currency'])} at most; nothing was sent"
    )


def _ensure_campaign(
    operator: Operator, progress: DemoProgress, autopilot: Autopilot, currency: str
) -> dict:
    known = progress.campaign.setdefault("autopilots", {})
    key = known.setdefault(autopilot.key, {"request": str(uuid.uuid4())})
    progress.save()
    body = build_definition(autopilot, currency)
    if "id" in key:
        campaign = operator.call("GET", f"/v1/campaigns/{key['id']}")
    else:
        # The key contains the definition: another version of this demo may have sent another one.
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
        request = {"idempotency-key": f"{key['request']}-{digest}"}
        campaign = operator.call("POST", "/v1/campaigns", body, request)
        key["id"] = campaign["id"]
        progress.save()
    return campaign


def _wait_for_outcomes(
    operator: Operator, campaign: str, autopilot: Autopilot, before: dict, screen: Screen
) -> dict:
    """Waits until all matches since `before` have an outcome, or nothing more happens."""
    match_timer = StallTimer(FIRST_MATCH_SECONDS, POLL_SECONDS)
    outcome_timer = StallTimer(QUIET_SECONDS, POLL_SECONDS)
    while True:
        run = operator.call("GET", f"/v1/campaigns/{campaign}").get("run") or {}
        done = [run.get(name) or 0 for name in OUTCOMES]
        screen.show_progress(
            f"{autopilot.name}: {format_count(sum(done))} of "
            f"{format_count(run.get('selected') or 0)}"
        )
        has_matches = (run.get("selected") or 0) > (before.get("selected") or 0)
        settled = has_matches and not run.get("waiting")
        waiting = (
            outcome_timer.keep_waiting(done) if has_matches else match_timer.keep_waiting(done)
        )
        if settled or not waiting:
            return run
        time.sleep(POLL_SECONDS)


def build_definition(autopilot: Autopilot, currency: str) -> dict:
    def to_money(amount: int) -> dict:
        return {"amount": amount, "currency": currency}

    return {
        "name": autopilot.name,
        "kind": "autopilot",
        "description": f"Fires when {autopilot.condition}",
        "trigger": {"when": autopilot.when, "local_hour": 0, "cool_down_days": 90},
        "offer": {
            "benefit": {"fixed_amount": {"amount": to_money(500)}},
            "minimum_basket": to_money(2_000),
        },
        "validity": {"from_issue": {"hours": 14 * 24}},
        "audience": {"not": {"tags": {"any_of": ["staff"]}}},
        "channels": {"mode": "first_available", "ladder": list(LADDER)},
        "messages": {
            "default_locale": "en",
            "locales": {locale: _messages(*texts) for locale, texts in autopilot.texts.items()},
        },
        "holdout_percent": autopilot.holdout_percent,
    }


def _messages(subject: str, text: str) -> dict:
    return {
        "sms": {"text": f"{subject}! {text} {LINK}"},
        "email": {
            "subject": subject,
            "html": f'<p>{text}</p><p><a href="{LINK}">{subject}</a></p>',
            "text": f"{text}\n{LINK}\n",
        },
        "push": {"title": subject, "body": text},
    }
