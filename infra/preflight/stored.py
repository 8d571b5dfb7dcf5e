"""Tells the stack what its account answered, so that it refuses a launch while something is red.

Writes the setting `readiness` of the Control table, as the product's API does: the value with its
version, and an audit record, in one transaction. Guarantees: of two that store at the same time one
is refused, and nothing but this setting is written.
"""

import json
from datetime import UTC, datetime

from . import email_checks, operations_checks, platform_checks, push_checks, sms_checks

PARTS = {
    platform_checks.GROUP: "platform",
    email_checks.GROUP: "email",
    sms_checks.GROUP: "sms",
    push_checks.GROUP: "push",
    operations_checks.GROUP: "operations",
}
PARTITION = "settings#readiness"
ACTOR = "make preflight"
LONGEST = 500  # bytes of a text, as the API takes it
MOST = 100  # findings


def make_report(found, region, wanted, now):
    """Returns the findings as the product keeps them: the worst first, if there are too many."""
    order = ["red", "unknown", "yellow", "green"]
    kept = sorted(found, key=lambda finding: order.index(finding.level))[:MOST]
    account = next((it.measured for it in found if it.check == "account"), region or "")
    return {
        "checked_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "account": shortened(account),
        "messages": wanted.messages,
        "findings": [
            {
                "part": PARTS[finding.group],
                "check": shortened(finding.check),
                "level": finding.level,
                "measured": shortened(finding.measured),
                "needed": shortened(finding.needed),
                "mend": shortened(finding.mend),
            }
            for finding in kept
        ],
    }


def shortened(text):
    """Returns the text within the limit of the API, which is in bytes."""
    encoded = text.encode()
    if len(encoded) <= LONGEST:
        return text
    return encoded[: LONGEST - 3].decode(errors="ignore") + "..."


def store_report(account, stack, report, now):
    """Writes the report as the next version of the setting, and returns that version."""
    table = f"{stack}-control"
    key = {"campaign_id": {"S": PARTITION}, "sk": {"S": "SETTING"}}
    stored = account.ask("dynamodb", "GetItem", TableName=table, Key=key, ConsistentRead=True)
    before = int(stored.get("Item", {}).get("version", {"N": "0"})["N"])
    version = before + 1
    at = {"N": str(int(now.timestamp() * 1000))}
    setting = key | {
        "document": {"S": json.dumps(report, ensure_ascii=False, separators=(",", ":"))},
        "version": {"N": str(version)},
        "updated_at": at,
        "updated_by": {"S": ACTOR},
    }
    moment = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
    record = f"AUDIT#{moment}#{version:06}"
    audit = {
        "campaign_id": {"S": PARTITION},
        "sk": {"S": record},
        # its place in the log over everything
        "listing": {"S": "audit"},
        "listed_at": {"S": f"{moment}#{PARTITION}#{record}"},
        "created_by": {"S": ACTOR},
        "at": at,
        "version": {"N": str(version)},
        "actor": {"S": ACTOR},
        "action": {"S": "set"},
        "note": {"S": ""},
    }
    put = {"TableName": table, "Item": setting}
    if before:
        put |= {
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":before": {"N": str(before)}},
        }
    else:
        put["ConditionExpression"] = "attribute_not_exists(campaign_id)"
    record = {
        "TableName": table,
        "Item": audit,
        "ConditionExpression": "attribute_not_exists(campaign_id)",
    }
    writes = [{"Put": put}, {"Put": record}]
    account.ask("dynamodb", "TransactWriteItems", TransactItems=writes)
    return version


def read_clock():
    return datetime.now(UTC)
