"""The numbers and sender ids that SMS to a country come from, of those that the account has.

Asks AWS End User Messaging what is in a pool. Guarantees: an identity that the stack does not send from
counts for no country, whatever else the account has.
"""

from .account import Missing

EUM = "pinpoint-sms-voice-v2"
RATE_UNKNOWN = 1  # a second, of a number or sender id that says nothing


def by_sns(wanted):
    """Returns true if the stack sends SMS by SNS."""
    return wanted.parameter("SmsProvider") == "sns"


def same_number(one, other):
    """Returns true for one number, with or without its plus."""
    return one.removeprefix("+") == other.removeprefix("+")


def parse_originations(line):
    """Returns the identities of SmsOriginations by country; `default` is that of all others."""
    entries = [entry.strip() for entry in line.split(",") if entry.strip()]
    pairs = [entry.split("=", 1) if "=" in entry else ["default", entry] for entry in entries]
    return {country.strip(): identity.strip() for country, identity in pairs}


def identity_for(wanted, country):
    """Returns what SMS to a country come from, as the stack's parameters name it; empty: the provider chooses."""
    line = "" if by_sns(wanted) else wanted.parameter("SmsOriginations")
    named = parse_originations(line)
    return named.get(country) or named.get("default") or wanted.parameter("SmsReplyNumber")


def used_for(account, wanted, country, numbers, senders):
    """Returns those of the numbers and sender ids that SMS to a country may come from."""
    identity = identity_for(wanted, country)
    if not identity:
        return numbers, senders
    mine = [
        number
        for number in numbers
        if same_number(number["PhoneNumber"], identity)
        or identity in (number.get("PhoneNumberId"), number["PhoneNumberArn"])
    ]
    named = [item for item in senders if identity in (item["SenderId"], item["SenderIdArn"])]
    if mine or named:
        return mine, named
    held = _in_pool(account, identity)
    return (
        [number for number in numbers if number["PhoneNumberArn"] in held],
        [item for item in senders if item["SenderIdArn"] in held],
    )


def _in_pool(account, pool):
    """Returns the ARNs of the identities of a pool; none of what is no pool of the account."""
    if not pool.startswith("pool-") and ":pool/" not in pool:
        return set()
    try:
        held = account.ask_all(
            EUM, "ListPoolOriginationIdentities", "OriginationIdentities", PoolId=pool
        )
    except Missing:
        return set()
    return {item["OriginationIdentityArn"] for item in held}


def sms_rate(account, wanted):
    """Returns the messages a second that the slowest of the destination countries takes; without countries, of all identities together."""
    numbers = account.ask_all(EUM, "DescribePhoneNumbers", "PhoneNumbers")
    senders = account.ask_all(EUM, "DescribeSenderIds", "SenderIds")
    if not wanted.countries:
        return _rate([*numbers, *senders])
    rates = []
    for country in wanted.countries:
        mine = used_for(account, wanted, country, numbers, senders)
        there = [
            item
            for item in [*mine[0], *mine[1]]
            if item["IsoCountryCode"] == country or item.get("InternationalSendingEnabled")
        ]
        rates.append(_rate(there))
    # a country that nothing serves is a finding of its own
    return min((rate for rate in rates if rate), default=0.0)


def _rate(identities):
    rates = [
        identity.get("MessagingLimits", {}).get("RateLimits", {}).get("SMS", RATE_UNKNOWN)
        for identity in identities
        if identity.get("Status", "ACTIVE") == "ACTIVE"
        and identity.get("NumberType") != "SIMULATOR"
    ]
    return float(sum(rates))
