"""Walks the smoke test on a stack that is up: customers, a campaign, its run, and the events of its messages.

Talks to the API alone, as the app backend and as an operator. Guarantees: it knows its own customers by a tag of the run, so whatever
else is in the stack changes no count; and it returns what differs, every difference in a sentence.
"""

import time
from collections import Counter
from datetime import UTC, datetime

POLL_SECONDS = 3
RUN_SECONDS = 600  # 52 messages at one a second, and two clocks that tick once a minute
EVENT_SECONDS = 900
ENDED = ("completed", "failed", "cancelled")
MESSAGES = {
    "default_locale": "en",
    "locales": {
        "en": {
            "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
            "email": {"subject": "{{ offer }}", "blocks": [{"heading": {"text": "{{ offer }}"}}, {"voucher": {"button": "Accept"}}]},
        }
    },
}


class Walk:
    """One run over one stack."""

    def __init__(self, app, operator, run, people, tell, sleep=time.sleep, clock=time.monotonic, patience=EVENT_SECONDS):
        self.app, self.operator, self.run_id, self.people = app, operator, run, people
        self.tell, self.sleep, self.clock, self.patience = tell, sleep, clock, patience
        self.seconds, self.dead_before = {}, {}

    def walk(self):
        """Takes every step; returns what is wrong in the end, nothing if all is right."""
        self.dead_before = self.dead_letters()
        self.timed("importing customers", self.import_people)
        campaign = self.timed("launching", self.launch)
        campaign = self.timed("waiting for the run", self.wait_for_run, campaign)
        wrong = self.wrong_in_run(campaign)
        vouchers = self.timed("waiting for events of the providers", self.wait_for_events, campaign["id"])
        return wrong + self.wrong_in_vouchers(vouchers) + self.wrong_suppressions() + self.wrong_dead_letters()

    def timed(self, name, step, *arguments):
        """Takes a step and keeps its time."""
        self.tell(f"{name} ...")
        began = self.clock()
        result = step(*arguments)
        self.seconds[name] = round(self.clock() - began, 1)
        return result

    def import_people(self):
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for person in self.people:
            self.app.put_customer(person.id, person.body(self.run_id, now))

    def launch(self):
        channels = sorted({person.channel for person in self.people})
        body = {
            "name": f"Smoke test {self.run_id}",
            "kind": "promotion",
            "offer": {"benefit": {"percent": {"percent": 10, "cap": {"amount": 100, "currency": "EUR"}}}},
            "validity": {"from_acceptance": {"hours": 24, "accept_within_hours": 24}},
            "audience": {"tags": {"any_of": [self.run_id]}},
            "channels": {"mode": "first_available", "ladder": channels},
            "messages": MESSAGES,
            "caps": {"vouchers": len(self.people), "exposure": {"amount": 100 * len(self.people), "currency": "EUR"}},
            "holdout_percent": 0,
            "reversal": {"on_cancel": "reissue", "on_refund": "proportional"},
        }
        campaign = self.operator.call("POST", "/v1/campaigns", body, {"idempotency-key": self.run_id})
        self.operator.call("POST", f"/v1/campaigns/{campaign['id']}/launch")
        return campaign

    def wait_for_run(self, campaign):
        """Returns the campaign when its run has ended, or as it is when the time is up."""
        deadline = self.clock() + RUN_SECONDS
        while True:
            now = self.operator.call("GET", f"/v1/campaigns/{campaign['id']}")
            if now["state"] in ENDED or self.clock() > deadline:
                return now
            self.sleep(POLL_SECONDS)

    def wait_for_events(self, campaign):
        """Returns the vouchers by customer when each attempt has ended as it should, or when the time is up."""
        deadline = self.clock() + self.patience
        while True:
            pages = self.operator.pages(f"/v1/campaigns/{campaign}/vouchers", limit=100)
            vouchers = {voucher["customer_id"]: voucher for voucher in pages}
            if not self.wrong_in_vouchers(vouchers) or self.clock() > deadline:
                return vouchers
            self.sleep(POLL_SECONDS)

    def wrong_in_run(self, campaign):
        """Returns what the run's equation says that it should not."""
        run, wanted = campaign.get("run") or {}, len(self.people)
        wrong = [] if campaign["state"] == "completed" else [f"the campaign is {campaign['state']} and not completed"]
        for name, value in (("selected", wanted), ("issued", wanted), ("skipped", 0), ("failed", 0), ("waiting", 0)):
            if run.get(name) != value:
                wrong.append(f"{run.get(name)} customers were {name}, and {value} should be")
        return wrong

    def wrong_in_vouchers(self, vouchers):
        """Returns which messages ended otherwise than their address says."""
        wrong = Counter()
        for person in self.people:
            attempts = (vouchers.get(person.id) or {}).get("attempts") or {}
            state = (attempts.get(person.channel) or {}).get("state", "no attempt")
            if state not in person.ends:
                wrong[(person.channel, person.address.split("+")[0], state, "/".join(sorted(person.ends)))] += 1
        return [
            f"{count} messages by {channel} to {kind or 'a number'}: {state}, and {ends} is right"
            for (channel, kind, state, ends), count in wrong.items()
        ]

    def wrong_suppressions(self):
        """Returns which addresses are not suppressed as their events say."""
        wrong = []
        for person in self.people:
            if person.channel != "email":
                continue
            found = self.operator.call(
                "POST", "/v1/configuration/voucher-campaign/suppressions/search", {"email": person.address}
            )
            reasons = {entry["reason"] for entry in found.get("suppressions") or []}
            if reasons != ({person.suppressed} if person.suppressed else set()):
                wrong.append(f"{person.address} is suppressed for {sorted(reasons) or 'nothing'}, and not for {person.suppressed or 'nothing'}")
        return wrong

    def dead_letters(self):
        """Returns how many messages each queue of dead letters holds."""
        found = self.operator.call("GET", "/v1/configuration/voucher-campaign/dead-letters")
        return {each["queue"]: each["waiting"] + each["held"] for each in found["items"]}

    def wrong_dead_letters(self):
        """Returns the queues that have got dead letters meanwhile."""
        return [
            f"{count - self.dead_before.get(queue, 0)} dead letters of {queue}"
            for queue, count in self.dead_letters().items()
            if count > self.dead_before.get(queue, 0)
        ]
