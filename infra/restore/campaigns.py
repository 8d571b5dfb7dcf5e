"""Stops everything that a restored Control table would do as soon as functions read it.

Writes to the restored table only, before a function of the second stack exists: a campaign that
comes back as running would select and send. Guarantees: each change has the form that the store
itself writes (docs/data-model.md, Control), with its audit record, in one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

ACTOR = "restore"
WORKING = ("scheduled", "running", "enabled")


@dataclass(frozen=True)
class Stopped:
    """What was stopped: campaigns with the state they had, and endpoints of webhooks."""

    campaigns: tuple
    endpoints: tuple


def stop_everything(dynamodb, table, note, now):
    """Pauses every campaign that works and disables every webhook endpoint."""
    campaigns, endpoints = [], []
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            if item["sk"]["S"] == "META" and item["state"]["S"] in WORKING:
                pause_campaign(dynamodb, table, item, note, now)
                campaigns.append((item["campaign_id"]["S"], item["state"]["S"]))
            elif item["sk"]["S"].startswith("HOOK#") and item["state"]["S"] == "enabled":
                disable_endpoint(dynamodb, table, item, now)
                endpoints.append(item["sk"]["S"].removeprefix("HOOK#"))
    return Stopped(tuple(sorted(campaigns)), tuple(sorted(endpoints)))


def pause_campaign(dynamodb, table, item, note, now):
    """Pauses one campaign, on the version that was read."""
    version, state = int(item["version"]["N"]), item["state"]
    values = {
        ":version": {"N": str(version + 1)},
        ":updated_at": {"N": milliseconds(now)},
        ":state": {"S": "paused"},
        ":was_version": item["version"],
        ":was_state": state,
    }
    audit = {
        "campaign_id": item["campaign_id"],
        "sk": {"S": audit_key(now, version + 1)},
        # its place in the log over everything
        "listing": {"S": "audit"},
        "listed_at": {"S": audit_place(now, item["campaign_id"]["S"], version + 1)},
        "created_by": {"S": ACTOR},
        "at": {"N": milliseconds(now)},
        "version": {"N": str(version + 1)},
        "actor": {"S": ACTOR},
        "action": {"S": "pause"},
        "note": {"S": note},
        "before": state,
        "after": {"S": "paused"},
    }
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": table,
                    "Key": {"campaign_id": item["campaign_id"], "sk": item["sk"]},
                    "UpdateExpression": "SET #version = :version, #updated_at = :updated_at, #state = :state REMOVE #paused_because",
                    "ConditionExpression": "#version = :was_version AND #state = :was_state",
                    "ExpressionAttributeNames": {
                        f"#{name}": name
                        for name in ("version", "updated_at", "state", "paused_because")
                    },
                    "ExpressionAttributeValues": values,
                }
            },
            {
                "Put": {
                    "TableName": table,
                    "Item": audit,
                    "ConditionExpression": "attribute_not_exists(campaign_id)",
                }
            },
        ]
    )


def disable_endpoint(dynamodb, table, item, now):
    """Disables one endpoint, so that the app backend hears nothing twice."""
    dynamodb.update_item(
        TableName=table,
        Key={"campaign_id": item["campaign_id"], "sk": item["sk"]},
        UpdateExpression="SET #state = :disabled, updated_at = :now, #version = :next",
        ConditionExpression="#version = :was",
        ExpressionAttributeNames={"#state": "state", "#version": "version"},
        ExpressionAttributeValues={
            ":disabled": {"S": "disabled"},
            ":now": {"N": milliseconds(now)},
            ":next": {"N": str(int(item["version"]["N"]) + 1)},
            ":was": item["version"],
        },
    )


def audit_key(now: datetime, version: int) -> str:
    """Returns the sort key of an audit record: the time in milliseconds, and the version."""
    return f"AUDIT#{audit_time(now)}#{version:06}"


def audit_place(now: datetime, partition: str, version: int) -> str:
    """Returns the place of an audit record in the log over everything: time, partition and key."""
    return f"{audit_time(now)}#{partition}#{audit_key(now, version)}"


def audit_time(now: datetime) -> str:
    return f"{now.strftime('%Y-%m-%dT%H:%M:%S')}.{now.microsecond // 1000:03}Z"


def milliseconds(moment: datetime) -> str:
    """Returns a moment as the store writes it."""
    return str(int(moment.timestamp() * 1000))
