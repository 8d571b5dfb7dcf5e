"""How long a first campaign takes on each channel, and the rates and caps a day that fit the account.

Asks SES and End User Messaging for their limits. Guarantees: a rate that is proposed lets no day pass
its quota, because the product holds rates and no caps a day; where the lowest rate still would, the
plan says so.
"""

import math
from dataclasses import asdict, dataclass

from .account import Missing, Refused, Unanswered
from .identities import sms_rate

HEADROOM = 0.9  # of a quota: the rest is for test sends, repeats and other mail of the account
HOURS_A_DAY = 13  # that quiet hours from 21:00 to 08:00 leave
RAMP_DAYS_ALLOWED = 14
FIRST_DAY = 1_000  # e-mails of a sender without a history; doubled each day
WANTED_IN_PROD = {
    "PublicUrl": "https://...",
    "OperatorMfa": "ON",
}  # template.yaml refuses prod without


@dataclass
class Lane:
    """The limits of a channel, and the plan within them."""

    channel: str
    messages: int
    allowed_rate: float
    rate: int
    quota: int | None = None
    used: int = 0
    per_day: int | None = None
    days: int = 1
    hours: float = 0.0
    plan: tuple = ()
    limited_by: str = "the rate"


def email_lane(account, wanted):
    """Returns the plan for e-mail from what SES grants."""
    quota = account.ask("sesv2", "GetAccount").get("SendQuota", {})
    allowed, used = quota.get("MaxSendRate", 0.0), int(quota.get("SentLast24Hours", 0))
    most = int(quota.get("Max24HourSend", 0))
    unlimited = most < 0  # SES says -1
    cap = None if unlimited else max(0, int(most * HEADROOM))
    plan = ramp_days(wanted.messages, cap, max(FIRST_DAY, 2 * used))
    return _lane("email", wanted.messages, allowed, None if unlimited else most, used, cap, plan)


def sms_lane(account, wanted, spend_limit):
    """Returns the plan for SMS from the rates of its origination identities and the spend limit."""
    allowed = sms_rate(account, wanted)
    cost = wanted.cost("sms")
    cap = None if spend_limit is None or cost == 0 else int(spend_limit / cost)
    lane = _lane("sms", wanted.messages, allowed, cap, 0, None, (wanted.messages,))
    if cap is not None and wanted.messages > cap:
        lane.limited_by = f"the spend limit: {cap:,} messages a month"
        lane.days = math.ceil(wanted.messages / max(cap, 1)) * 30
    return lane


def push_lane(wanted):
    """Returns the plan for push, for which the stack's own rate is the only limit."""
    rate = wanted.rate("push")
    return _lane("push", wanted.messages, float(rate), None, 0, None, (wanted.messages,))


def ramp_days(messages, cap, first_day):
    """Returns the messages of each day: doubled from the first one on, up to the cap."""
    if cap is None:
        return (messages,)
    days, left, today = [], messages, min(first_day, cap)
    while left > 0 and today > 0 and len(days) < 365:
        days.append(min(left, today))
        left -= days[-1]
        today = min(today * 2, cap)
    return tuple(days)


def _lane(channel, messages, allowed, quota, used, cap, plan):
    days = max(1, len(plan)) if cap != 0 else 365
    hold = allowed if cap is None or days <= 1 else min(allowed, cap / (HOURS_A_DAY * 3600))
    rate = max(1, math.floor(hold * (HEADROOM if hold == allowed and allowed > 1 else 1)))
    hours = plan[-1] / rate / 3600 if plan else 0.0
    limited = "the quota of a day" if days > 1 else "the rate"
    if days == 1 and hours > HOURS_A_DAY:
        days = math.ceil(hours / HOURS_A_DAY)
    return Lane(
        channel, messages, allowed, rate, quota, used, cap, days, round(hours, 1), plan, limited
    )


def make_plan(account, wanted, spend_limit):
    """Returns the lanes of the wanted channels; of one that may not be asked, why."""
    makers = {
        "email": lambda: email_lane(account, wanted),
        "sms": lambda: sms_lane(account, wanted, spend_limit),
        "push": lambda: push_lane(wanted),
    }
    lanes, unknown = [], []
    for channel in wanted.channels:
        try:
            lanes.append(makers[channel]())
        except Refused as refused:
            unknown.append(f"{channel}: unknown, grant {refused}")
        except (Missing, Unanswered) as error:
            unknown.append(f"{channel}: unknown, {error}")
    return lanes, unknown


def parameters_that_fit(lanes):
    """Returns the parameters of the template with which each lane stays within its limits."""
    return {
        f"{lane.channel.capitalize()}RatePerSecond": lane.rate
        for lane in lanes
        if lane.allowed_rate > 0
    }


def deploy_command(wanted, lanes):
    """Returns the command that deploys these rates."""
    wants = {name: rate for name, rate in WANTED_IN_PROD.items() if not_set(wanted, name)}
    together = parameters_that_fit(lanes) | wants
    rates = " ".join(f"{name}={value}" for name, value in together.items())
    command = f"make deploy STACK={wanted.stack} STAGE={wanted.stage} SENDER={wanted.sender}"
    return f"{command} PARAMETERS='{rates}'" if rates else command


def not_set(wanted, name):
    """Returns true if prod is wanted, and the stack does not have yet what prod needs."""
    return wanted.stage == "prod" and wanted.parameter(name) in ("", "OFF")


def render_ramp(wanted, lanes, unknown):
    """Returns the plan as lines."""
    lines = [f"Ramp of a first campaign of {wanted.messages:,} messages, if all go by one channel"]
    for lane in lanes:
        if lane.allowed_rate <= 0:
            lines.append(
                f"  {lane.channel:<6} nothing can be sent: no rate is granted, or no origination "
                "identity exists"
            )
            continue
        took = (
            "more than a year"
            if lane.days > 365
            else f"{lane.days} days"
            if lane.days > 1
            else f"{lane.hours:g} hours"
        )
        cap = f", at most {lane.per_day:,} a day" if lane.per_day is not None else ""
        lines.append(
            f"  {lane.channel:<6} {took} at {lane.rate} a second{cap}; bound by {lane.limited_by}"
        )
        if (
            lane.days > 1
            and lane.per_day is not None
            and lane.rate * HOURS_A_DAY * 3600 > (lane.quota or 0)
        ):
            lines.append(
                f"         {lane.rate} a second passes the quota of {lane.quota:,} in a day: "
                "launch to parts of the audience"
            )
        if len(lane.plan) > 1:
            shown = [f"{count:,}" for count in lane.plan[:10]]
            more = f", ... ({len(lane.plan)} days)" if len(lane.plan) > 10 else ""
            lines.append(f"         by day: {', '.join(shown)}{more}")
    lines += [f"  {sentence}" for sentence in unknown]
    return "\n".join(
        [*lines, "", "Deploy with rates that fit:", f"  {deploy_command(wanted, lanes)}"]
    )


def ramp_as_json(wanted, lanes, unknown):
    """Returns the plan for `--json`."""
    return {
        "messages": wanted.messages,
        "lanes": [asdict(lane) for lane in lanes],
        "unknown": unknown,
        "parameters": parameters_that_fit(lanes),
        "command": deploy_command(wanted, lanes),
    }
