"""Checks of SMS: sandboxes, spend limits, and an origination identity for each destination country.

Asks AWS End User Messaging, and SNS where the stack sends by it: SNS delivers by End User Messaging
too, so an identity of one serves both.
"""

from .account import Missing, Refused, Unanswered
from .countries import NUMBER_ONLY, REGISTERED_SENDER_ID, SOURCE
from .findings import GREEN, RED, YELLOW, Finding, last_part
from .identities import EUM, by_sns, parse_originations, same_number, sms_rate, used_for

GROUP = "SMS (End User Messaging)"
NEW_ACCOUNT_USD = 1.0  # what SNS spends in a month before somebody has asked for more
CONSOLE = "End User Messaging console"
MAX_NAMED = 4  # event types or countries that one line names


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
    """Yields whether SMS go to everybody, as each of the services sees it."""
    bad = RED if wanted.launching else YELLOW
    if by_sns(wanted):
        inside = account.ask("sns", "GetSMSSandboxAccountStatus")["IsInSandbox"]
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
    limits = [
        (
            "spend limit",
            eum_limit(account),
            f"{CONSOLE}, Spend limits (a quota of Service Quotas bounds it); `aws "
            "pinpoint-sms-voice-v2 set-text-message-spend-limit-override --monthly-limit ...`",
        ),
    ]
    if by_sns(wanted):
        mend = (
            "Service Quotas console, Amazon SNS, Account spend threshold for SMS; then `aws sns "
            "set-sms-attributes --attributes MonthlySpendLimit=...`"
        )
        limits.insert(0, ("SNS spend limit", sns_limit(account), mend))
    for name, limit, mend in limits:
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


def lowest_limit(account, wanted):
    """Returns the lowest spend limit that holds, or None where one may not be asked."""
    try:
        limit = eum_limit(account)
        return min(sns_limit(account), limit) if by_sns(wanted) else limit
    except (Refused, Unanswered):
        return None


def check_rate(account, wanted):
    """Yields whether the identities can send as fast as the stack releases."""
    allowed, rate = sms_rate(account, wanted), wanted.rate("sms")
    yield Finding(
        GROUP,
        "rate",
        GREEN if rate <= allowed else RED if wanted.launching else YELLOW,
        f"{allowed:g} a second, "
        + ("to the slowest country" if wanted.countries else "all identities together"),
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
        used = used_for(account, wanted, country, numbers, senders)
        yield _country_finding(country, *used, wanted)


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
    found = next((item for item in numbers if same_number(item["PhoneNumber"], number)), None)
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


def check_originations(account, wanted):
    """Yields for each identity that the stack sends from whether the account has it."""
    if by_sns(wanted):
        return
    identities = parse_originations(wanted.parameter("SmsOriginations"))
    if not identities and not wanted.parameter("SmsReplyNumber"):
        yield Finding(
            GROUP,
            "originations",
            RED if wanted.launching else YELLOW,
            "none named",
            "the numbers, pools or sender ids that SMS come from",
            "deploy with SmsOriginations=pool-..., or by country: ES=SHOP,US=+12025550100",
        )
        return
    numbers = account.ask_all(EUM, "DescribePhoneNumbers", "PhoneNumbers")
    pools = account.ask_all(EUM, "DescribePools", "Pools")
    senders = account.ask_all(EUM, "DescribeSenderIds", "SenderIds")
    needed = f"ACTIVE, {wanted.parameter('SmsMessageType')}"
    for country, identity in identities.items():
        state, kinds = _state_of(identity, country, numbers, pools, senders)
        ready = state == "ACTIVE" and wanted.parameter("SmsMessageType") in kinds
        yield Finding(
            GROUP,
            f"origination {country}",
            GREEN if ready else RED if wanted.launching else YELLOW,
            f"{last_part(identity)}: {', '.join([state, *kinds])}",
            needed,
            f"{CONSOLE}, Phone numbers, Phone pools or Sender IDs; or deploy with another "
            "SmsOriginations",
        )


def _state_of(identity, country, numbers, pools, senders):
    """Returns the state of an identity and its types of message, as the account has them."""
    for number in numbers:
        names = number["PhoneNumber"], number.get("PhoneNumberId"), number["PhoneNumberArn"]
        if identity in names:
            return number["Status"], [number["MessageType"]]
    for pool in pools:
        if identity in (pool["PoolId"], pool["PoolArn"]):
            return pool["Status"], [pool["MessageType"]]
    mine = [
        sender for sender in senders if identity in (sender["SenderId"], sender["SenderIdArn"])
    ]
    for sender in mine:
        if country in ("default", sender["IsoCountryCode"]):
            return "ACTIVE", sender["MessageTypes"]
    return (f"a sender id, and not of {country}" if mine else "not in this account"), []


def check_events(account, wanted):
    """Yields whether End User Messaging tells the stack what became of its messages."""
    if by_sns(wanted):
        return
    name = f"{wanted.stack}-sms"
    mend = f"deploy the stack {wanted.stack}: template.yaml makes it"
    try:
        sets = account.ask_all(
            EUM, "DescribeConfigurationSets", "ConfigurationSets", ConfigurationSetNames=[name]
        )
    except Missing:
        sets = []
    if not sets:
        level = YELLOW if wanted.deployed is None else RED
        yield Finding(GROUP, "events of SMS", level, f"{name} does not exist", "exists", mend)
        return
    topic = f":{wanted.stack}-feedback"
    told = {
        kind
        for destination in sets[0]["EventDestinations"]
        if destination["Enabled"]
        and destination.get("SnsDestination", {}).get("TopicArn", "").endswith(topic)
        for kind in destination["MatchingEventTypes"]
    }
    everything = bool(told & {"ALL", "TEXT_ALL"})
    missing = [] if everything else sorted(wanted.template.sms_event_types() - told)
    named = ", ".join(missing[:MAX_NAMED]) + (" and more" if len(missing) > MAX_NAMED else "")
    yield Finding(
        GROUP,
        "events of SMS",
        RED if missing else GREEN,
        f"{name}: " + (f"without {named}" if missing else "all ends of a message"),
        f"all, to {wanted.stack}-feedback",
        mend,
    )


def check_protection(account, wanted):
    """Yields whether the protect configuration lets messages into the destination countries."""
    protection = wanted.parameter("SmsProtectConfiguration")
    if by_sns(wanted) or not protection:
        return
    rules = account.ask(
        EUM,
        "GetProtectConfigurationCountryRuleSet",
        ProtectConfigurationId=protection,
        NumberCapability="SMS",
    )["CountryRuleSet"]
    blocked = [
        country
        for country in wanted.countries
        if rules.get(country, {}).get("ProtectStatus") == "BLOCK"
    ]
    yield Finding(
        GROUP,
        "protect configuration",
        RED if blocked else GREEN,
        f"blocks {', '.join(blocked)}" if blocked else f"{last_part(protection)}: lets them through",
        "the destination countries",
        f"{CONSOLE}, Protect configurations, SMS country rules",
    )


CHECKS = (
    check_region,
    check_sandboxes,
    check_spend,
    check_rate,
    check_originations,
    check_countries,
    check_protection,
    check_events,
    check_replies,
    check_room,
    check_pools,
)
