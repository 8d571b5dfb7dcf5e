"""Why did this customer not get a voucher? Asked of everybody who was skipped, and held against what they said.

Reads the campaign's skipped records, each customer as the app backend knows them, and the diagnostics.
The truth is worked out here, from consents and addresses alone: a wrong answer is counted and shown.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from api import AppBackend, Operator
from show import Screen, count

DIAGNOSTICS = "/v1/configuration/voucher-campaign/diagnostics/customers"
AT_ONCE = 8
SHOWN = 5  # wrong answers
# What comes nearest to a message is the reason: an address is missing before a no, a no before silence.
NEAREST = ("no_address", "suppressed", "opted_out", "no_consent")


def truth(customer: dict, ladder: list[str]) -> str | None:
    """Why no channel of the ladder may or can be used; None if one can."""
    reasons = {_closed(customer, channel) for channel in ladder}
    return None if None in reasons else min(reasons, key=NEAREST.index)


def _closed(customer: dict, channel: str) -> str | None:
    said = (customer.get("consents") or {}).get(channel, {}).get("state")
    if said != "granted":
        return "opted_out" if said == "denied" else "no_consent"
    if (customer.get("suppressions") or {}).get(channel):
        return "suppressed"
    contacts = customer.get("contacts") or {}
    address = {
        "sms": contacts.get("phone"),
        "email": contacts.get("email"),
        "push": customer.get("push_endpoints"),
    }
    return None if address[channel] else "no_address"


def ask_all(screen: Screen, operator: Operator, app: AppBackend, campaign: dict) -> bool:
    """True when each of them got the true reason, from the record and from the decision as it would be now."""
    screen.heading("Why not? Asked of everybody who was skipped")
    ladder = campaign["channels"]["ladder"]
    path = f"/v1/campaigns/{campaign['id']}/vouchers"
    skipped = [record["customer_id"] for record in operator.pages(path, status="skipped", limit=100)]
    if not skipped:
        screen.say("nobody was skipped")
        return True

    def asked(customer_id: str) -> tuple[str, str | None, dict]:
        why = operator.call("GET", f"{DIAGNOSTICS}/{customer_id}/campaigns/{campaign['id']}")
        return customer_id, truth(app.customer(customer_id), ladder), why

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(asked, skipped))
    wrong = [(who, true, why) for who, true, why in answers if not right(true, why)]
    told = Counter(why["reason"] for _, _, why in answers)
    for reason, n in told.most_common():
        screen.say(f"{count(n).rjust(5)}  {reason}")
    for who, true, why in wrong[:SHOWN]:
        screen.trouble(f"{who}: said {why['answer']} {why['reason']}, and it is {true}")
    verdict = screen.bad(f"{count(len(wrong))} WRONG") if wrong else screen.good("all true")
    screen.say(f"{count(len(answers))} asked, {verdict}")
    return not wrong


def right(true: str | None, why: dict) -> bool:
    """What was decided then, and what the same decision says now."""
    now = why["decision"]
    return (
        true is not None
        and (why["answer"], why["reason"]) == ("skipped", true)
        and (now["outcome"], now["reason"]) == ("skip", true)
    )
