"""Checks of push: the platform applications of SNS, their credentials and what they tell of failures.

Asks SNS only. The apps make the endpoints; without an enabled application no push leaves.
"""

from datetime import datetime, timezone

from .findings import GREEN, RED, YELLOW, Finding, last_part

GROUP = "Push (SNS)"
PLATFORMS = ("APNS", "GCM")
TESTING = ("APNS_SANDBOX",)
CERTIFICATE_DAYS = 30


def check_applications(account, wanted, now=None):
    """Yields for each platform whether an application is enabled and tells of failures."""
    applications = account.ask_all("sns", "ListPlatformApplications", "PlatformApplications")
    by_platform = {}
    for application in applications:
        platform = application["PlatformApplicationArn"].split(":app/")[-1].split("/")[0]
        by_platform.setdefault(platform, []).append(application)
    for platform in PLATFORMS:
        found = by_platform.get(platform, [])
        enabled = [item for item in found if item.get("Attributes", {}).get("Enabled") == "true"]
        measured = f"{len(enabled)} of {len(found)} enabled" if found else "none"
        sandbox = (
            platform == "APNS" and not found and any(by_platform.get(name) for name in TESTING)
        )
        yield Finding(
            GROUP,
            platform,
            GREEN if enabled else RED if found else YELLOW,
            "only APNS_SANDBOX, for apps under test" if sandbox else measured,
            "an enabled application",
            f"SNS console, Mobile, Push notifications, {platform}: new credentials, then Enabled; "
            "none is right if no app uses it",
        )
        for application in enabled:
            yield from _application_findings(
                account, wanted, application, now or datetime.now(timezone.utc)
            )


def _application_findings(account, wanted, application, now):
    arn = application["PlatformApplicationArn"]
    attributes = account.ask("sns", "GetPlatformApplicationAttributes", PlatformApplicationArn=arn)[
        "Attributes"
    ]
    name = "/".join(arn.split("/")[1:])
    told = attributes.get("EventDeliveryFailure", "").endswith(f":{wanted.stack}-feedback")
    yield Finding(
        GROUP,
        f"failures of {name}",
        GREEN if told else YELLOW,
        last_part(attributes.get("EventDeliveryFailure", "")) or "told to nobody",
        f"the topic {wanted.stack}-feedback",
        f"`aws sns set-platform-application-attributes --platform-application-arn {arn} "
        "--attributes EventDeliveryFailure=TOPIC`",
    )
    ends = attributes.get("AppleCertificateExpiryDate") or attributes.get(
        "AppleCertificateExpirationDate"
    )
    if ends:
        days = (datetime.fromisoformat(ends.replace("Z", "+00:00")) - now).days
        level = RED if days < 0 else YELLOW if days < CERTIFICATE_DAYS else GREEN
        yield Finding(
            GROUP,
            f"certificate of {name}",
            level,
            f"ends in {days} days",
            f"{CERTIFICATE_DAYS} days or more",
            "a new certificate, or better a token (.p8), in the application",
        )


CHECKS = (check_applications,)
