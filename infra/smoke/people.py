"""The fifty customers of the smoke test: their addresses, and what must have become of each in the end.

The addresses are those of the mailbox simulator of SES, which every account may send to, in the sandbox as well: they bounce, complain or
take the mail, and cost nobody's reputation. Numbers are those of the SMS simulator of End User Messaging.
"""

from dataclasses import dataclass

MAILBOXES = "simulator.amazonses.com"
# kind of mailbox: how many customers, the state of the attempt in the end, the reason of the suppression
KINDS = {
    "success": (40, {"delivered"}, None),
    "complaint": (3, {"complained"}, "complained"),
    "bounce": (4, {"bounced"}, "bounced"),
    "suppressionlist": (3, {"failed"}, "bounced"),  # held back by a list of the provider
}
CUSTOMERS = sum(count for count, _, _ in KINDS.values())
# A number that takes SMS and one that does not, by country (docs.aws.amazon.com/sms-voice, "Simulator phone numbers", Nov 2026).
SMS_NUMBERS = {
    "AT": ("+43676800442031", "+43676800442032"),
    "AU": ("+61455944038", "+61455944039"),
    "BE": ("+32460213922", "+32460213923"),
    "CL": ("+56229140630", "+56229140631"),
    "CZ": ("+420790542286", "+420790542287"),
    "DK": ("+4525919410", "+4525919215"),
    "EE": ("+37282720792", "+37282720793"),
    "FI": ("+3584573979110", "+3584573979111"),
    "FR": ("+33755512501", "+33755512502"),
    "HK": ("+85257048426", "+85257048854"),
}


@dataclass(frozen=True)
class Person:
    """One customer: the channel and address, and the states that the attempt may end in."""

    id: str
    channel: str
    address: str
    ends: frozenset
    suppressed: str | None = None

    def body(self, tag, now):
        """Returns the body of PUT /v1/customers/{id}."""
        contact = {"email": "email", "sms": "phone"}[self.channel]
        return {
            "profile": {"first_name": "Smoke", "locale": "en", "tags": [tag]},
            "contacts": {contact: self.address},
            "consents": {self.channel: {"state": "granted", "at": now, "source": "smoke-test"}},
        }


def people(run, numbers=None, mailbox=None):
    """Returns the customers of a run, with `numbers` two of SMS; `mailbox` has other names of kinds."""
    found = []
    for kind, (count, ends, suppressed) in KINDS.items():
        name = (mailbox or {}).get(kind, kind)
        for number in range(1, count + 1):
            address = f"{name}+{run}-{number}@{MAILBOXES}"
            found.append(Person(f"{run}-{kind}-{number}", "email", address, frozenset(ends), suppressed))
    if numbers:
        takes, fails = numbers
        # SNS tells of no SMS what became of it: `sent` is all that a stack on SNS can say
        found.append(Person(f"{run}-sms-1", "sms", takes, frozenset({"sent", "delivered"})))
        found.append(Person(f"{run}-sms-2", "sms", fails, frozenset({"sent", "bounced", "failed"})))
    return found
