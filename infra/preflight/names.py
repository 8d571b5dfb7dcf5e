"""Checks what is typed before a deployment: the stack's name, the sender and the stage.

Uses the standard library alone, because `infra/cloud.py` calls it before anything is installed.
Guarantees: what passes can be part of every name that the templates make of it.
"""

import re

# The name becomes part of functions (64 characters), of the domain of the sign-in (63, with the
# account's number), of a bucket (63, with the account's number and the region), of queues, and twenty
# times of one function's environment (4 kB).
STACK_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,25}[a-z0-9])?")
# Cognito refuses domains with these words.
WORDS_REFUSED = ("aws", "amazon", "cognito")
STAGES = ("dev", "test", "prod")
ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})"
)
DOMAINS_OF_EXAMPLES = ("example.com", "example.org", "example.net")


def wrong_stack_name(name):
    """Returns what is wrong with the name of a stack, or None."""
    if not STACK_NAME.fullmatch(name):
        return (
            f"STACK={name}: a stack's name has 1 to 27 characters of a-z, 0-9 and -, begins with a "
            "letter and does "
            "not end in -. It becomes part of a sign-in domain, which takes no capitals, and of "
            "names of functions"
        )
    for word in WORDS_REFUSED:
        if word in name:
            return f"STACK={name}: Cognito refuses a sign-in domain with the word {word} in it"
    return None


def wrong_sender(sender):
    """Returns what is wrong with the From address, or None."""
    if not sender:
        return "SENDER is needed: an e-mail address that SES has verified in this account, itself or by its domain"
    if "@" not in sender:
        return f"SENDER={sender}: this is a domain. Name the address that messages come from, such as offers@{sender}"
    match = ADDRESS.fullmatch(sender)
    if not match or ".." in sender or sender.startswith(".") or ".@" in sender:
        return f"SENDER={sender}: this is no plain e-mail address; the domain is in lower case and in ASCII (xn--...)"
    domain = match.group(1)
    if any(domain == example or domain.endswith("." + example) for example in DOMAINS_OF_EXAMPLES):
        return f"SENDER={sender}: nobody can send from {domain}"
    return None


def wrong_stage(stage):
    """Returns what is wrong with the stage, or None."""
    return None if stage in STAGES else f"STAGE={stage}: a stage is {', '.join(STAGES)}"


def what_is_wrong(name, sender, stage):
    """Returns a sentence for each thing that would fail later, in the order of the command line."""
    wrong = (wrong_stack_name(name), wrong_sender(sender), wrong_stage(stage))
    return [sentence for sentence in wrong if sentence]
