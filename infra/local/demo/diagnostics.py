"""Checks the diagnostics: why did each skipped customer get no voucher?

Reads the campaign's skipped records, each customer as the app backend knows them, and the
diagnostics; prints. Derives the expected reason from consents and addresses alone, and counts and
shows each answer that differs.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from api import AppBackend, Operator
from screen import Screen, format_count

DIAGNOSTICS = "/v1/configuration/voucher-campaign/diagnostics/customers"
WORKERS = 8
WRONG_SHOWN = 5
# The reason of the channel that came closest to a message counts: a missing address before a denied
# consent, and a denied consent before none.
REASON_ORDER = ("no_address", "suppressed", "opted_out", "no_consent")


def expected_skip_reason(customer: dict, ladder: list[str]) -> str | None:
    """Returns the reason why no channel of the ladder is usable, or None if one is."""
    reasons = {_skip_reason(customer, channel) for channel in ladder}
    return None if None in reasons else min(reasons, key=REASON_ORDER.index)


def _skip_reason(customer: dict, channel: str) -> str | None:
    consent = (customer.get("consents") or {}).get(channel, {}).get("state")
    if consent != "granted":
        return "opted_out" if consent == "denied" else "no_consent"
    if (customer.get("suppressions") or {}).get(channel):
        return "suppressed"
    contacts = customer.get("contacts") or {}
    address = {
        "sms": contacts.get("phone"),
        "email": contacts.get("email"),
        "push": customer.get("push_endpoints"),
    }
    return None if address[channel] else "no_address"


def check_all_skips(screen: Screen, operator: Operator, app: AppBackend, campaign: dict) -> bool:
    """Checks the answer for each skipped customer; returns whether all are correct.

    An answer has the reason in the record and the one that a decision would give now.
    """
    screen.heading("Diagnostics: why did each skipped customer get no voucher?")
    ladder = campaign["channels"]["ladder"]
    path = f"/v1/campaigns/{campaign['id']}/vouchers"
    skipped = [
        record["customer_id"] for record in operator.pages(path, status="skipped", limit=100)
    ]
    if not skipped:
        screen.say("no customer was skipped")
        return True

    def ask(customer_id: str) -> tuple[str, str | None, dict]:
        answer = operator.call("GET", f"{DIAGNOSTICS}/{customer_id}/campaigns/{campaign['id']}")
        return customer_id, expected_skip_reason(app.get_customer(customer_id), ladder), answer

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(ask, skipped))
    wrong = [
        (customer_id, expected, answer)
        for customer_id, expected, answer in answers
        if not is_correct(expected, answer)
    ]
    reason_counts = Counter(answer["reason"] for _, _, answer in answers)
    for reason, n in reason_counts.most_common():
        screen.say(f"{format_count(n).rjust(5)}  {reason}")
    for customer_id, expected, answer in wrong[:WRONG_SHOWN]:
        screen.print_error(
            f"{customer_id}: answered {answer['answer']} {answer['reason']}, expected {expected}"
        )
    verdict = screen.mark_good("all correct")
    if wrong:
        verdict = screen.mark_bad(f"{format_count(len(wrong))} WRONG")
    screen.say(f"{format_count(len(answers))} answers, {verdict}")
    return not wrong


def is_correct(expected: str | None, answer: dict) -> bool:
    """Compares the recorded reason and that of the same decision now with the expected one."""
    now = answer["decision"]
    return (
        expected is not None
        and (answer["answer"], answer["reason"]) == ("skipped", expected)
        and (now["outcome"], now["reason"]) == ("skip", expected)
    )
