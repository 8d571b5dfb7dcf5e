"""Addresses that make the local carriers refuse, so that the demo shows the fallback at work.

Reads nothing; changes the contacts of a few made-up customers. The addresses are those of the
carriers' own table, see docs/carriers.md; a real carrier would see ordinary unused addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

YES, NO, UNASKED = "granted", "denied", None


@dataclass(frozen=True)
class Fault:
    """`consents` (sms, email, push) decide which channel meets the fault first."""

    consents: tuple[str | None, str | None, str | None]
    email_tag: str = ""
    phone: str = ""
    endpoint_end: str = ""

    def applied(self, contacts: dict, endpoints: list[dict]) -> tuple[dict, list[dict]]:
        """The customer's contacts and push endpoints with the faulty address among them."""
        contacts = dict(contacts)
        if self.email_tag:
            contacts["email"] = contacts["email"].replace("@", f"+{self.email_tag}@")
        if self.phone:
            contacts["phone"] = self.phone
        if self.endpoint_end:
            endpoints = [
                {**endpoint, "arn": f"{endpoint['arn']}-{self.endpoint_end}"}
                for endpoint in endpoints
            ]
        return contacts, endpoints


# No complaints: one among a few hundred messages is already over what a campaign may cause. No
# lost answers on push and SMS: nothing but time tells what became of them, and a run waits for it.
FAULTS = (
    Fault((YES, YES, YES), endpoint_end="disabled"),  # refused at once, then e-mail
    Fault((YES, NO, YES), endpoint_end="refuse"),  # refused at once, then SMS
    Fault((YES, YES, NO), email_tag="refuse"),  # refused at once, then SMS
    Fault((YES, YES, NO), email_tag="bounce"),  # accepted, bounces later
    Fault((UNASKED, YES, UNASKED), email_tag="twice"),  # each event comes twice, counted once
    Fault((YES, UNASKED, NO), phone="+34555999904"),  # accepted, then: has opted out
    Fault((YES, NO, NO), phone="+34555999905"),  # refused at once, no channel left
)
