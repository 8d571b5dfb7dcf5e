"""Checks of SMS: sandboxes, spend limits, and an origination identity for each destination country.

Asks SNS and AWS End User Messaging, by which SNS delivers: an identity of one serves both.
"""

from .account import Refused, Unanswered
from .countries import NUMBER_ONLY, REGISTERED_SENDER_ID, SOURCE
from .findings import GREEN, RED, YELLOW, Finding, last_part
from .ramp import sms_rate

GROUP = "SMS (SNS and End User Messaging)"
EUM = "pinpoint-sms-voice-v2"
NEW_ACCOUNT_USD = 1.0  # what SNS spends in a month before somebody has asked for more
CONSOLE = "End User Messaging console"


def check_region(account, wanted):
    """Yields whether End User Messaging is offered here."""
    here = account.serves(EUM)
    yield Finding(
        GROUP,
        "region",
        GREEN if here else RED,
        f"{account.region}: {'' if here else 'not '}offered",
        "offered",
        "choose another region for the stack, or run without SMS: CHANNELS=email,push",
    )


def check_sandboxes(account, wanted):
    """Yields whether SMS go to everybody, as each of the two services sees it."""
    inside = account.ask("sns", "GetSMSSandboxAccountStatus")["IsInSandbox"]
    bad = RED if wanted.launching else YELLOW
    yield Finding(
        GROUP,
        "SNS sandbox",
        bad if inside else GREEN,
        "inside: ten verified numbers only" if inside else "left",
        "left",
        "SNS console, Text messaging (SMS), Exit SMS sandbox: a support case, a day or more",
    )
    attributes = account.ask_all(EUM, "DescribeAccountAttributes", "AccountAttributes")
    tier = next((item["Value"] for item in attributes if item["Name"] == "ACCOUNT_TIER"), "unknown")
    yield Finding(
        GROUP,
        "account tier",
        GREEN if tier == "PRODUCTION" else bad,
        tier,
        "PRODUCTION",
        f"{CONSOLE}, Overview, Request production access",
    )


def check_spend(account, wanted):
    """Yields whether the month's spend limits pay for the first campaign."""
    cost = wanted.cost("sms") * wanted.messages
    needed = (
        f"{cost:,.0f} USD for {wanted.messages:,} SMS"
        if wanted.messages
        else f"more than {NEW_ACCOUNT_USD:g} USD"
    )
    for name, limit, mend in (
        (
            "SNS spend limit",
            sns_limit(account),
            "Service Quotas console, Amazon SNS, Account spend threshold for SMS; then `aws sns "
            "set-sms-attributes --attributes MonthlySpendLimit=...`",
        ),
        (
            "spend limit",
            eum_limit(account),
            f"{CONSOLE}, Spend limits (a quota of Service Quotas bounds it); `aws "
            "pinpoint-sms-voice-v2 set-text-message-spend-limit-override --monthly-limit ...`",
        ),
    ):
        enough = limit >= cost if wanted.messages else limit > NEW_ACCOUNT_USD
        yield Finding(
            GROUP,
            name,
            GREEN if enough else RED if wanted.launching else YELLOW,
            f"{limit:,.2f} USD a month",
            needed,
            mend,
        )


def sns_limit(account):
    """Returns SNS's spend limit of a month in dollars."""
    answer = account.ask("sns", "GetSMSAttributes", attributes=["MonthlySpendLimit"])
    return float(answer.get("attributes", {}).get("MonthlySpendLimit", NEW_ACCOUNT_USD))


def eum_limit(account):
    """Returns End User Messaging's spend limit of a month in dollars."""
    limits = account.ask_all(EUM, "DescribeSpendLimits", "SpendLimits")
    return float(
        next(
            (
                item["EnforcedLimit"]
                for item in limits
                if item["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"
            ),
            0,
        )
    )


def lowest_limit(account):
    """Returns the lower of the two spend limits, or None where one may not be asked."""
    try:
        return min(sns_limit(account), eum_limit(account))
    except (Refused, Unanswered):
        return None


def check_rate(account, wanted):
    """Yields whether the identities can send as fast as the stack releases."""
    allowed, rate = sms_rate(account), wanted.rate("sms")
    yield Finding(
        GROUP,
        "rate",
        GREEN if rate <= allowed else RED if wanted.launching else YELLOW,
        f"{allowed:g} a second, all identities together",
        f"SmsRatePerSecond={rate}",
        f"deploy with SmsRatePerSecond={max(1, int(allowed))}, or lease faster numbers ({CONSOLE}, "
        "Phone numbers)",
    )


def check_countries(account, wanted):
    """Yields for each destination country whether a message can come from somebody there."""
    if not wanted.countries:
        yield Finding(
            GROUP,
            "countries",
            YELLOW,
            "none named",
            "the destinations",
            "name them: COUNTRIES=ES,PT",
        )
        return
    numbers = account.ask_all(EUM, "DescribePhoneNumbers", "PhoneNumbers")
    senders = account.ask_all(EUM, "DescribeSenderIds", "SenderIds")
    for country in wanted.countries:
        yield _country_finding(country, numbers, senders, wanted)


def _country_finding(country, numbers, senders, wanted):
    own = [
        number
        for number in numbers
        if number["IsoCountryCode"] == country
        and number["Status"] == "ACTIVE"
        and number["NumberType"] != "SIMULATOR"
    ]
    ids = [sender for sender in senders if sender["IsoCountryCode"] == country]
    registered = [sender for sender in ids if sender.get("Registered")]
    abroad = [
        number
        for number in numbers
        if number.get("InternationalSendingEnabled") and number["Status"] == "ACTIVE"
    ]
    has = [
        *(number["PhoneNumber"] for number in own),
        *(
            f"{sender['SenderId']}{'' if sender.get('Registered') else ' (not registered)'}"
            for sender in ids
        ),
    ]
    measured = ", ".join(has) or "nothing"
    bad = RED if wanted.launching else YELLOW
    if country in NUMBER_ONLY:
        needed, ready = "a number of the country (sender ids are not supported)", own
        mend = f"{CONSOLE}, Phone numbers, Request originator, {country}; mostly with a registration, which takes days to weeks"
    elif country in REGISTERED_SENDER_ID:
        needed, ready = "a registered sender id, or a number of the country", own or registered
        mend = f"{CONSOLE}, Registrations, Create registration, {REGISTERED_SENDER_ID[country]}. The list: {SOURCE}"
    else:
        needed, ready, bad = "a sender id or number", own or ids or abroad, YELLOW
        mend = f"{CONSOLE}, Sender IDs, Request originator, {country}: without one it comes from a shared number that customers do not know. Rules: {SOURCE}"
    return Finding(GROUP, f"from {country}", GREEN if ready else bad, measured, needed, mend)


def check_replies(account, wanted):
    """Yields whether the number that hears STOP is leased and hears."""
    number = wanted.parameter("SmsReplyNumber")
    if not number:
        yield Finding(
            GROUP,
            "replies",
            GREEN,
            "no number: SMS have a link to leave by",
        )
        return
    numbers = account.ask_all(EUM, "DescribePhoneNumbers", "PhoneNumbers")
    found = next((item for item in numbers if item["PhoneNumber"] == number), None)
    topic = (found or {}).get("TwoWayChannelArn", "")
    hears = found and found["TwoWayEnabled"] and topic.endswith(f":{wanted.stack}-feedback")
    measured = (
        f"{number} is not leased here"
        if found is None
        else f"{number}: two-way {'on' if found['TwoWayEnabled'] else 'off'}, to {last_part(topic) or 'nothing'}"
    )
    yield Finding(
        GROUP,
        "replies",
        GREEN if hears else RED,
        measured,
        f"two-way, to the topic {wanted.stack}-feedback",
        f"{CONSOLE}, Phone numbers, {number}, Two-way SMS; or `aws pinpoint-sms-voice-v2 "
        "update-phone-number --two-way-enabled --two-way-channel-arn ...`",
    )


def check_room(account, wanted):
    """Yields whether more numbers and sender ids can still be leased."""
    for limit in account.ask_all(EUM, "DescribeAccountLimits", "AccountLimits"):
        if (
            limit["Name"] in ("PHONE_NUMBERS", "SENDER_IDS", "POOLS")
            and limit["Used"] >= limit["Max"]
        ):
            yield Finding(
                GROUP,
                limit["Name"].lower().replace("_", " "),
                YELLOW,
                f"{limit['Used']} of {limit['Max']}",
                "room for more",
                "Service Quotas console, AWS End User Messaging",
            )


def check_pools(account, wanted):
    """Yields what state the pools of origination identities are in."""
    for pool in account.ask_all(EUM, "DescribePools", "Pools"):
        ready = pool["Status"] == "ACTIVE"
        shared = "shared routes" if pool["SharedRoutesEnabled"] else "own identities only"
        yield Finding(
            GROUP,
            f"pool {pool['PoolId']}",
            GREEN if ready else YELLOW,
            f"{pool['Status']}, {shared}",
            "ACTIVE",
            f"{CONSOLE}, Phone pools",
        )


CHECKS = (
    check_region,
    check_sandboxes,
    check_spend,
    check_rate,
    check_countries,
    check_replies,
    check_room,
    check_pools,
)
