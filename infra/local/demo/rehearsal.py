"""Rehearses the promotion before its launch, and prints the prediction beside the outcome.

Goes through the operator's API only. Guarantees: the demo does not launch before its rehearsal is
over, and a rehearsal that does not end stops the demo.
"""

from __future__ import annotations

import time

from api import Operator
from screen import DemoFailed, Screen, StallTimer, format_count, format_money

STALLED_SECONDS = 200  # without a further customer counted: a little over three rounds
POLL_SECONDS = 0.5
MICROS = 1_000_000
LINES = {
    "scanned": "customers read",
    "selected": "selected",
    "vouchers": "vouchers",
    "held_out": "control group",
    "skipped": "skipped",
}


def rehearse(operator: Operator, campaign_id: str, screen: Screen) -> None:
    """Asks what the launch would do, waits until everybody is counted, and prints it."""
    began = time.monotonic()
    rehearsal = operator.call("POST", "/v1/rehearsals", {"campaign_id": campaign_id})
    if estimate := rehearsal.get("estimate"):
        selected = estimate["selected"]
        screen.say(
            f"estimate   {format_count(selected['customers'])} selected "
            f"({format_count(selected['customers_low'])} to "
            f"{format_count(selected['customers_high'])}), "
            f"after {time.monotonic() - began:.1f} s"
        )
    timer = StallTimer(STALLED_SECONDS, POLL_SECONDS)
    while rehearsal["state"] == "running":
        scanned = rehearsal["counted"]["scanned"]
        screen.show_progress(f"rehearsing: {format_count(scanned)} customers counted")
        if not timer.keep_waiting(scanned):
            raise DemoFailed("the rehearsal did not end")
        rehearsal = operator.call("GET", f"/v1/rehearsals/{rehearsal['id']}")
    if rehearsal["state"] != "complete":
        raise DemoFailed(f"the rehearsal is {rehearsal['state']}")
    _print_sums(rehearsal["counted"], screen)


def _print_sums(sums: dict, screen: Screen) -> None:
    channels = "   ".join(f"{name} {format_count(n)}" for name, n in sums["channels"].items())
    skipped = "   ".join(f"{reason} {format_count(n)}" for reason, n in sums["skipped"].items())
    screen.say(
        f"rehearsed  {format_count(sums['scanned'])} customers   "
        f"selected {format_count(sums['selected'])}   vouchers {format_count(sums['vouchers'])}   "
        f"held out {format_count(sums['held_out'])}"
    )
    screen.say(f"channels   {channels}")
    if skipped:
        screen.say(f"skipped    {skipped}")
    exposure = sums["exposure"]
    cost = sums["message_cost_micros"] / MICROS
    hours = f"   {sums['hours']} h until done" if sums.get("hours") else ""
    screen.say(
        f"exposure   {format_money(exposure['amount'], exposure['currency'])}   "
        f"messages {cost:.2f} {sums['message_cost_currency']}{hours}"
    )


def print_prediction(operator: Operator, campaign_id: str, screen: Screen) -> None:
    """Prints what the rehearsal said beside what happened."""
    prediction = operator.call("GET", f"/v1/campaigns/{campaign_id}/prediction")
    if not prediction.get("predicted"):
        return
    for line in prediction["lines"]:
        screen.say(
            f"predicted  {LINES[line['number']]:<15} {format_count(line['predicted']):>9}   "
            f"happened {format_count(line['happened']):>9}   difference {line['difference']:+d}"
        )
    if prediction["reasons"] and any(line["difference"] for line in prediction["lines"]):
        screen.say(f"because    {', '.join(prediction['reasons'])}")
