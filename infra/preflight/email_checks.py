"""Checks of e-mail: SES's sandbox, quotas, the sender, its domain and its events.

Asks SES only. Each check yields findings; one that the account refuses becomes unknown in runner.py.
"""

from .account import Missing
from .findings import GREEN, RED, YELLOW, Finding
from .ramp import RAMP_DAYS_ALLOWED, email_lane

GROUP = "E-mail (SES)"
SUPPRESSED = {"BOUNCE", "COMPLAINT"}


def check_sending(account, wanted):
    """Yields whether the account may send to everybody, and whether SES has stopped it."""
    answer = account.ask("sesv2", "GetAccount")
    out = answer.get("ProductionAccessEnabled", False)
    yield Finding(
        GROUP,
        "production access",
        GREEN if out else RED if wanted.launching else YELLOW,
        "granted" if out else "in the sandbox: verified addresses only",
        "granted",
        "SES console, Get set up, Request production access; or `aws sesv2 put-account-details "
        "--production-access-enabled --mail-type MARKETING --website-url https://...`. A day or "
        "more",
    )
    status = answer.get("EnforcementStatus", "HEALTHY")
    enabled = answer.get("SendingEnabled", False)
    level = RED if not enabled or status == "SHUTDOWN" else YELLOW if status != "HEALTHY" else GREEN
    yield Finding(
        GROUP,
        "sending",
        level,
        f"{'enabled' if enabled else 'switched off'}, {status}",
        "enabled, HEALTHY",
        "SES console, Reputation metrics: answer the review; `aws sesv2 "
        "put-account-sending-attributes --sending-enabled`",
    )


def check_quota(account, wanted):
    """Yields whether the daily quota and the rate are enough for the first campaign."""
    lane = email_lane(account, wanted)
    days, per_day = lane.days, lane.per_day
    level = GREEN if days <= 1 else YELLOW if days <= RAMP_DAYS_ALLOWED else RED
    measured = "no limit" if per_day is None else f"{lane.quota:,} a day, {lane.used:,} used"
    yield Finding(
        GROUP,
        "daily quota",
        level if wanted.messages else GREEN,
        measured,
        f"{wanted.messages:,} messages: {days} {'day' if days == 1 else 'days'}, at most {RAMP_DAYS_ALLOWED}"
        if wanted.messages
        else "",
        "Service Quotas console, Amazon SES, Sending quota; or split the campaign by the ramp "
        "below",
    )
    rate = wanted.rate("email")
    yield Finding(
        GROUP,
        "rate",
        GREEN if rate <= lane.allowed_rate else RED if wanted.launching else YELLOW,
        f"SES allows {lane.allowed_rate:g} a second",
        f"EmailRatePerSecond={rate}",
        f"deploy with EmailRatePerSecond={lane.rate}, or ask for a higher rate (Service Quotas, "
        "Amazon SES)",
    )


def check_sender(account, wanted):
    """Yields whether the From address is verified, signed, and bounces come back to its domain."""
    name, identity = find_identity(account, wanted.sender)
    bad = RED if wanted.launching else YELLOW
    if identity is None:
        mend = f"SES console, Identities, Create identity; or `aws sesv2 create-email-identity --email-identity {name}`"
        yield Finding(
            GROUP, "sender", RED, f"{wanted.sender} is not known to SES", "verified", mend
        )
        return
    verified = identity.get("VerifiedForSendingStatus", False)
    status = identity.get("VerificationStatus", "unknown")
    yield Finding(
        GROUP,
        "sender",
        GREEN if verified else RED,
        f"{name}: {'verified' if verified else status}",
        "verified in this region",
        f"SES console, Identities, {name}: publish its DNS records, or answer the mail that SES "
        "sent",
    )
    dkim = identity.get("DkimAttributes", {})
    signed = dkim.get("SigningEnabled", False) and dkim.get("Status") == "SUCCESS"
    yield Finding(
        GROUP,
        "DKIM",
        GREEN if signed else bad,
        f"{'on' if dkim.get('SigningEnabled') else 'off'}, {dkim.get('Status', 'NOT_STARTED')}",
        "on, SUCCESS (Gmail and Yahoo refuse bulk mail without)",
        f"SES console, Identities, {name}, Authentication: publish the three CNAME records; the "
        "domain needs a DMARC record too",
    )
    mail_from = identity.get("MailFromAttributes", {})
    aligned = mail_from.get("MailFromDomainStatus") == "SUCCESS"
    yield Finding(
        GROUP,
        "MAIL FROM",
        GREEN if aligned else YELLOW,
        f"{mail_from.get('MailFromDomain') or 'amazonses.com'}, "
        f"{mail_from.get('MailFromDomainStatus', 'not set')}",
        "a subdomain of the sender's, SUCCESS (SPF then agrees with the From address)",
        f"`aws sesv2 put-email-identity-mail-from-attributes --email-identity {name} "
        f"--mail-from-domain bounce.{domain_of(wanted.sender)}`, and its two DNS records",
    )


def find_identity(account, sender):
    """Returns the identity that covers the address, with its name: its own, its domain, or one above."""
    labels = domain_of(sender).split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    for name in [sender, *domains]:
        try:
            return name, account.ask("sesv2", "GetEmailIdentity", EmailIdentity=name)
        except Missing:
            continue
    return domains[0], None


def domain_of(sender):
    """Returns the domain of an address."""
    return sender.rsplit("@", 1)[-1]


def check_events(account, wanted):
    """Yields whether SES tells the stack what became of its messages, and what it suppresses."""
    name = f"{wanted.stack}-email"
    reasons = (
        account.ask("sesv2", "GetAccount")
        .get("SuppressionAttributes", {})
        .get("SuppressedReasons", [])
    )
    yield Finding(
        GROUP,
        "suppression list",
        GREEN if set(reasons) >= SUPPRESSED else YELLOW,
        ", ".join(sorted(reasons)) or "off",
        "BOUNCE, COMPLAINT",
        "`aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT`",
    )
    mend = f"deploy the stack {wanted.stack}: template.yaml makes it"
    try:
        settings = account.ask("sesv2", "GetConfigurationSet", ConfigurationSetName=name)
        answer = account.ask(
            "sesv2", "GetConfigurationSetEventDestinations", ConfigurationSetName=name
        )
    except Missing:
        level = YELLOW if wanted.deployed is None else RED
        yield Finding(GROUP, "configuration set", level, f"{name} does not exist", "exists", mend)
        return
    sends = settings.get("SendingOptions", {}).get("SendingEnabled", True)
    told = set()
    for destination in answer.get("EventDestinations", []):
        if destination.get("Enabled") and destination.get("SnsDestination", {}).get(
            "TopicArn", ""
        ).endswith(f":{wanted.stack}-feedback"):
            told |= set(destination["MatchingEventTypes"])
    missing = wanted.template.email_event_types() - told
    lacks = f"without {', '.join(sorted(missing))}" if missing else "all events"
    yield Finding(
        GROUP,
        "configuration set",
        GREEN if sends and not missing else RED,
        f"{name}: {'sends' if sends else 'sending is off'}, {lacks}",
        f"sends, events to {wanted.stack}-feedback",
        mend
        + f"; `aws sesv2 put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled`",
    )


CHECKS = (check_sending, check_quota, check_sender, check_events)
