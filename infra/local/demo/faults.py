"""Gives a few customers addresses that the provider emulator refuses, to show the fallback.

Reads nothing; changes the contacts of generated customers. The addresses are listed in
docs/provider-emulator.md; a real provider would see ordinary unused addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

YES, NO, UNASKED = "granted", "denied", None


@dataclass(frozen=True)
class DeliveryFault:
    """A faulty address; `consents` (sms, email, push) decide on which channel it is used first."""

    consents: tuple[str | None, str | None, str | None]
    email_tag: str = ""
    phone: str = ""
    endpoint_suffix: str = ""

    def apply_to(self, contacts: dict, endpoints: list[dict]) -> tuple[dict, list[dict]]:
        """Returns the contacts and push endpoints with the faulty address among them."""
        contacts = dict(contacts)
        if self.email_tag:
            contacts["email"] = contacts["email"].replace("@", f"+{self.email_tag}@")
        if self.phone:
            contacts["phone"] = self.phone
        if self.endpoint_suffix:
            endpoints = [
                {**endpoint, "arn": f"{endpoint['arn']}-{self.endpoint_suffix}"}
                for endpoint in endpoints
            ]
        return contacts, endpoints


# Without complaints: one in a few hundred messages is more than a campaign may cause. Without lost
# responses on push and SMS: their fate stays unknown for a time, for which a run would wait.
FAULTS = (
    DeliveryFault((YES, YES, YES), endpoint_suffix="disabled"),  # refused at once, then e-mail
    DeliveryFault((YES, NO, YES), endpoint_suffix="refuse"),  # refused at once, then SMS
    DeliveryFault((YES, YES, NO), email_tag="refuse"),  # refused at once, then SMS
    DeliveryFault((YES, YES, NO), email_tag="bounce"),  # accepted, bounces later
    DeliveryFault(
        (UNASKED, YES, UNASKED), email_tag="twice"
    ),  # each event comes twice, counted once
    DeliveryFault((YES, UNASKED, NO), phone="+34555999904"),  # refused: has opted out
    DeliveryFault((YES, NO, NO), phone="+34555999905"),  # refused at once, without another channel
)
