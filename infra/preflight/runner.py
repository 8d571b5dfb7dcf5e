"""Runs the checks in the order of the table; each is asked by itself.

Guarantees: no error of the account ends the run, and none of them is green.
"""

from . import email_checks, operations_checks, platform_checks, push_checks, sms_checks
from .account import Missing, Refused, Unanswered
from .findings import UNKNOWN, YELLOW, Finding

OF_CHANNELS = {"email": email_checks, "sms": sms_checks, "push": push_checks}


def run_checks(account, wanted):
    """Returns the findings of all checks that concern what is wanted."""
    findings = []
    for group, check in checks_for(wanted):
        findings += run_check(group, check, account, wanted)
    for group, check in checks_of_the_deployed():
        if wanted.deployed is None:
            findings.append(
                Finding(
                    group,
                    subject(check),
                    YELLOW,
                    "not deployed yet",
                    "",
                    "ask again after the first deployment",
                )
            )
        else:
            findings += run_check(group, check, account, wanted)
    order = [
        platform_checks.GROUP,
        *(module.GROUP for module in OF_CHANNELS.values()),
        operations_checks.GROUP,
    ]
    return sorted(findings, key=lambda finding: order.index(finding.group))


def checks_for(wanted):
    """Lists the checks that need no deployment."""
    chosen = [(platform_checks.GROUP, check) for check in platform_checks.BEFORE]
    for channel in wanted.channels:
        module = OF_CHANNELS[channel]
        chosen += [(module.GROUP, check) for check in module.CHECKS]
    return chosen + [(operations_checks.GROUP, check) for check in operations_checks.BEFORE]


def checks_of_the_deployed():
    """Lists the checks that look at the stack's own resources."""
    modules = (platform_checks, operations_checks)
    return [(module.GROUP, check) for module in modules for check in module.DEPLOYED]


def run_check(group, check, account, wanted):
    """Returns the findings of one check; what it could not ask is unknown."""
    findings = []
    try:
        for finding in check(account, wanted):
            findings.append(finding)
    except Refused as refused:
        findings.append(
            Finding(
                group,
                subject(check),
                UNKNOWN,
                "may not be asked",
                "",
                f"grant {refused} to these credentials",
            )
        )
    except (Missing, Unanswered) as error:
        findings.append(
            Finding(group, subject(check), UNKNOWN, "could not be asked", "", str(error))
        )
    return findings


def subject(check):
    """Returns the name of a check as the table shows it."""
    return check.__name__.removeprefix("check_").replace("_", " ")
