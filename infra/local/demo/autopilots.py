"""The autopilots of the demo: a win-back and a celebration, replayed, enabled and seen to fire, today
and, with the stack's clock moved on, a day later.

Reads and writes through the HTTP API, and moves the clock. Guarantees: enabled once per launched
promotion, and only whoever's day it is hears of it; those whose day is still to come wait for it.
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
from marker import Marker
from promotion import LADDER
from show import Patience, Screen, count, money

LAPSE_DAYS = 21
REPLAY_DAYS = 30
QUIET_SECONDS = 8  # without a further outcome: those who are left wait for their own day
NOBODY_SECONDS = 70  # a beat of the clock, and some
POLL_SECONDS = 0.7
OUTCOMES = ("issued", "ghost", "skipped", "failed")
LINK = "{{ voucher_link }}"


@dataclass(frozen=True)
class Autopilot:
    key: str
    name: str
    when: dict
    words: dict
    about: str
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
    0,  # a present is for everybody
)


def fire(
    operator: Operator, marker: Marker, currency: str, clock: Clock, screen: Screen
) -> bool:
    """Enables both, waits for what they do today and tomorrow, and shows it. True if nobody failed."""
    runs = {}
    for autopilot in (WINBACK, CELEBRATION):
        campaign = _known(operator, marker, autopilot, currency)
        screen.say(f"{autopilot.name:<10} {autopilot.about}")
        if campaign["state"] == "draft":
            _show_replay(operator, campaign, screen)
            campaign = operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        runs[autopilot.key] = _watch(operator, campaign["id"], autopilot, {}, screen)
        _show(_so_far(clock), runs[autopilot.key], {}, screen)
    clock.move_on(timedelta(days=1))
    screen.say(f"the clock  moved on by a day, to {clock.now():%A %d %B}, for this stack alone")
    good = True
    for autopilot in (WINBACK, CELEBRATION):
        campaign = _known(operator, marker, autopilot, currency)
        before = runs[autopilot.key]
        after = _watch(operator, campaign["id"], autopilot, before, screen)
        _show(autopilot.name, after, before, screen)
        good = good and not after.get("failed")
    return good


def _so_far(clock: Clock) -> str:
    return "today" if clock.ahead() == timedelta() else "so far"


def _show(label: str, run: dict, before: dict, screen: Screen) -> None:
    """What a run came to since `before`."""
    if run.get("selected") == before.get("selected") and not before.get("waiting"):
        screen.say(f"{label:<10} nobody's day has come")
        return
    done = {name: (run.get(name) or 0) - (before.get(name) or 0) for name in OUTCOMES}
    outcomes = "   ".join(f"{name} {count(done[name])}" for name in OUTCOMES)
    screen.say(f"{label:<10} {outcomes}   waiting for their day {count(run.get('waiting') or 0)}")


def _show_replay(operator: Operator, campaign: dict, screen: Screen) -> None:
    """What it would have done, before it is let loose."""
    replay = operator.call("POST", f"/v1/campaigns/{campaign['id']}/replay", {"days": REPLAY_DAYS})
    band = replay["expected"]
    exposure = replay["exposure"]
    screen.say(
        f"replay     the last {REPLAY_DAYS} days: {count(replay['matches'])} matches, "
        f"{band['low']} to {band['high']} on ordinary days"
    )
    screen.say(
        f"           {count(replay['vouchers'])} vouchers, worth "
        f"{money(exposure['amount'], exposure['currency'])} at most; nothing was sent"
    )


def _known(operator: Operator, marker: Marker, autopilot: Autopilot, currency: str) -> dict:
    known = marker.campaign.setdefault("autopilots", {})
    key = known.setdefault(autopilot.key, {"request": str(uuid.uuid4())})
    marker.save()
    body = definition(autopilot, currency)
    if "id" in key:
        campaign = operator.call("GET", f"/v1/campaigns/{key['id']}")
    else:
        # with what it is to be: another version of this demo may have asked for something else
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
        request = {"idempotency-key": f"{key['request']}-{digest}"}
        campaign = operator.call("POST", "/v1/campaigns", body, request)
        key["id"] = campaign["id"]
        marker.save()
    return campaign


def _watch(
    operator: Operator, campaign: str, autopilot: Autopilot, before: dict, screen: Screen
) -> dict:
    """Until what there is beyond `before` is done, or nothing more happens for a while."""
    nobody = Patience(NOBODY_SECONDS, POLL_SECONDS)
    quiet = Patience(QUIET_SECONDS, POLL_SECONDS)
    while True:
        run = operator.call("GET", f"/v1/campaigns/{campaign}").get("run") or {}
        done = [run.get(name) or 0 for name in OUTCOMES]
        screen.live(f"{autopilot.name}: {count(sum(done))} of {count(run.get('selected') or 0)}")
        began = (run.get("selected") or 0) > (before.get("selected") or 0)
        settled = began and not run.get("waiting")
        left = quiet.left(done) if began else nobody.left(done)
        if settled or not left:
            return run
        time.sleep(POLL_SECONDS)


def definition(autopilot: Autopilot, currency: str) -> dict:
    def money(amount: int) -> dict:
        return {"amount": amount, "currency": currency}

    return {
        "name": autopilot.name,
        "kind": "autopilot",
        "description": f"Fires when {autopilot.about}",
        "trigger": {"when": autopilot.when, "local_hour": 0, "cool_down_days": 90},
        "offer": {
            "benefit": {"fixed_amount": {"amount": money(500)}},
            "minimum_basket": money(2_000),
        },
        "validity": {"from_issue": {"hours": 14 * 24}},
        "audience": {"not": {"tags": {"any_of": ["staff"]}}},
        "channels": {"mode": "first_available", "ladder": list(LADDER)},
        "messages": {
            "default_locale": "en",
            "locales": {locale: _messages(*words) for locale, words in autopilot.words.items()},
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
