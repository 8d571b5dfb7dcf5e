"""After the tests: whether a log line, a queue message or any table but Customers holds a customer's phone
number, e-mail address or name.

Reads what the stopped test stack has written down. The same pattern has to find the customers in their table, or it would prove nothing.
Left out is one queue: providers write the address into every event, so `feedback` holds some until it is read; its dead letters are looked
at like all others. The tests' own queues (`t-...`) hold what tests put there.
"""

import json
import re

from processes import Failed, say

CONTACT = re.compile(r"[\w.+-]+@(?:[\w-]+\.)*example\.(?:com|org|net)|\+34\d{6,}")
# the sender's own, as the template names it
OURS = re.compile(r"^offers@|^no-reply@|^sender@")
LEFT_OUT = re.compile(r"-feedback$|^t-\d")
SHOWN = 5


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def given_names(items):
    """The first and last names in a table, wherever they are."""
    if isinstance(items, dict):
        for key, value in items.items():
            if key in ("first_name", "last_name") and isinstance(value, dict):
                yield value["S"]
            else:
                yield from given_names(value)


def contacts(text):
    return [found for found in CONTACT.findall(text) if not OURS.match(found)]


def check(state):
    """`state` is the folder of a stopped stack. Raises `Failed` with the places, and not with the addresses."""
    def read(name):
        return json.loads((state / f"{name}.json").read_text())["payload"]

    tables = read("dynamodb")["tables"]["data"]
    names = {name for key, table in tables.items() if "customers" in key for name in given_names(table["items"])}
    named = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names)) or r"(?!)")
    lines = list(texts(read("cloudwatch_logs")))
    leaks = [f"a log line: {CONTACT.sub('(an address)', line)[:300]}" for line in lines if contacts(line) or named.search(line)]

    messages = 0
    for queue in read("sqs")["queues"]["data"].values():
        if LEFT_OUT.search(queue["name"]):
            continue
        for message in queue["messages"]:
            messages += 1
            if contacts(message["body"]):
                leaks.append(f"a message in {queue['name']}: {CONTACT.sub('(an address)', message['body'])[:300]}")

    customers = 0
    for name, table in tables.items():
        held = [text for text in texts(table["items"]) if contacts(text)]
        if "customers" in name:
            customers += len(held)
        elif any(part in name for part in ("-vouchers", "-work", "-reports")):
            leaks += [f"an item in {name}: {CONTACT.sub('(an address)', text)[:300]}" for text in held]

    if customers < 100 or len(lines) < 1000:
        raise Failed(f"privacy: only {customers} addresses in the customers table and {len(lines)} log texts: this would prove nothing")
    if leaks:
        raise Failed(f"privacy: {len(leaks)} places hold an address, for example\n  " + "\n  ".join(leaks[:SHOWN]))
    say(f"privacy: none of {customers:,} addresses and no name ({len(names)}) in {len(lines):,} log texts, {messages} messages left in queues, vouchers, work and reports")
