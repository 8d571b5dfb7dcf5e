"""Checks after the tests that personal data is where it belongs: in the Customers table alone.

Reads the state that the stopped test stack has written. No log line, queue message or item of
another table may contain a phone number, an e-mail address or a name of a customer. The same
pattern has to find the customers in their own table, or the check would prove nothing. The queue
`feedback` is excluded, because providers write the address into every event; its dead letters are
checked like all others. The tests' own queues (`t-...`) are excluded too: they hold what tests put
there.
"""

import json
import re

from processes import StepFailed, say

CONTACT = re.compile(r"[\w.+-]+@(?:[\w-]+\.)*example\.(?:com|org|net)|\+34\d{6,}")
# the addresses of the sender, as the template names them
SENDER_ADDRESS = re.compile(r"^offers@|^no-reply@|^sender@")
EXCLUDED_QUEUE = re.compile(r"-feedback$|^t-\d")
LEAKS_SHOWN = 5


def all_strings(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from all_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from all_strings(inner)
    elif isinstance(value, str):
        yield value


def customer_names(items):
    """Yields the first and last names in a table, on whatever level they are."""
    if isinstance(items, dict):
        for key, value in items.items():
            if key in ("first_name", "last_name") and isinstance(value, dict):
                yield value["S"]
            else:
                yield from customer_names(value)


def find_contacts(text):
    return [contact for contact in CONTACT.findall(text) if not SENDER_ADDRESS.match(contact)]


def mask_contacts(text):
    return CONTACT.sub("(an address)", text)[:300]


def check_personal_data(state):
    """Checks the `state` folder of a stopped stack.

    Raises `StepFailed` with the places of the leaks, and without the addresses themselves.
    """

    def read(name):
        return json.loads((state / f"{name}.json").read_text())["payload"]

    tables = read("dynamodb")["tables"]["data"]
    names = {
        name
        for key, table in tables.items()
        if "customers" in key
        for name in customer_names(table["items"])
    }
    alternatives = [rf"\b{re.escape(name)}\b" for name in sorted(names)]
    name_pattern = re.compile("|".join(alternatives) or r"(?!)")
    lines = list(all_strings(read("cloudwatch_logs")))
    leaks = [
        f"a log line: {mask_contacts(line)}"
        for line in lines
        if find_contacts(line) or name_pattern.search(line)
    ]

    messages = 0
    for queue in read("sqs")["queues"]["data"].values():
        if EXCLUDED_QUEUE.search(queue["name"]):
            continue
        for message in queue["messages"]:
            messages += 1
            if find_contacts(message["body"]):
                leaks.append(f"a message in {queue['name']}: {mask_contacts(message['body'])}")

    customers = 0
    for name, table in tables.items():
        contact_texts = [text for text in all_strings(table["items"]) if find_contacts(text)]
        if "customers" in name:
            customers += len(contact_texts)
        elif any(part in name for part in ("-addresses", "-vouchers", "-work", "-reports")):
            leaks += [f"an item in {name}: {mask_contacts(text)}" for text in contact_texts]

    if customers < 100 or len(lines) < 1000:
        raise StepFailed(
            f"privacy: only {customers} addresses in the customers table and {len(lines)} "
            "log texts, which is too few to prove anything"
        )
    if leaks:
        raise StepFailed(
            f"privacy: {len(leaks)} places contain personal data, for example\n  "
            + "\n  ".join(leaks[:LEAKS_SHOWN])
        )
    say(
        f"privacy: none of {customers:,} addresses and {len(names)} names in "
        f"{len(lines):,} log texts, {messages} messages left in queues, and the tables addresses, "
        "vouchers, work and reports"
    )
