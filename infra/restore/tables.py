"""Restores tables under the names of a second stack, with everything that a restore leaves behind.

Talks to DynamoDB only. A point-in-time restore makes a new table without its stream, its time to
live, its own recovery, its tags and its protection: `finish_table` puts them back. Guarantees: all
tables are restored to one moment, and no table is deleted but those that this program made.
"""

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from botocore.exceptions import ClientError

POLL_SECONDS = 10
BATCH = 25  # items that one BatchWriteItem takes
NOT_SERVED = {
    "UnknownOperationException",
    "InvalidAction",
    "NotImplemented",
    "SerializationException",
}
TRIES = 360  # of a change that a table which is being changed does not take yet
IN_THE_WAY = {"TableAlreadyExistsException", "ResourceInUseException"}
BUSY = {"ContinuousBackupsUnavailableException", "ResourceInUseException", "LimitExceededException"}


class RestoreFailed(Exception):
    """Why the restore cannot go on, in a sentence."""


@dataclass
class Source:
    """A table of the first stack, and what the second one's has to be."""

    name: str
    target: str
    description: dict
    recoverable: bool
    earliest: datetime | None = None
    latest: datetime | None = None
    time_to_live: str | None = None
    tags: tuple = ()

    @property
    def stream(self):
        """Returns what its stream shows, or None."""
        return self.description.get("StreamSpecification", {}).get("StreamViewType")


def read_sources(dynamodb, names, stack, drill):
    """Returns each table of the first stack with its settings."""
    sources = []
    for name in names:
        description = dynamodb.describe_table(TableName=name)["Table"]
        backups = dynamodb.describe_continuous_backups(TableName=name)[
            "ContinuousBackupsDescription"
        ]
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        time_to_live = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        enabled = time_to_live.get("TimeToLiveStatus") == "ENABLED"
        tags = dynamodb.list_tags_of_resource(ResourceArn=description["TableArn"])["Tags"]
        sources.append(
            Source(
                name,
                target_name(name, stack, drill),
                description,
                recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
                recovery.get("EarliestRestorableDateTime"),
                recovery.get("LatestRestorableDateTime"),
                time_to_live.get("AttributeName") if enabled else None,
                # CloudFormation's own tags come with the second stack
                tuple(tag for tag in tags if not tag["Key"].startswith("aws:")),
            )
        )
    return sources


def target_name(name, stack, drill):
    """Returns the name of a table in the second stack."""
    if drill == stack or not name.startswith(f"{stack}-"):
        raise RestoreFailed(f"{name} cannot be restored under {drill}: another stack is needed")
    return f"{drill}-{name.removeprefix(f'{stack}-')}"


def choose_moment(sources, wanted=None):
    """Returns the moment to which all tables can be restored: the wanted one, or the latest."""
    windows = [source for source in sources if source.recoverable and source.latest]
    if not windows:
        raise RestoreFailed("no table has point-in-time recovery: there is nothing to restore from")
    earliest = max(source.earliest for source in windows)
    latest = min(source.latest for source in windows)
    if wanted and not earliest <= wanted <= latest:
        raise RestoreFailed(
            f"AT={wanted.isoformat()}: all tables go back to {earliest.isoformat()} and forward to "
            f"{latest.isoformat()}"
        )
    return wanted or latest


@contextlib.contextmanager
def unless_there_already(made, name):
    """Counts a table among those that this program made, unless somebody else's was in the way."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in IN_THE_WAY:
            raise RestoreFailed(f"{name} exists already: it is left as it is") from error
        made.append(name)
        raise
    made.append(name)


def make_table(dynamodb, source, moment):
    """Begins to restore a table, or makes it empty if it has no backup; returns how."""
    if source.recoverable:
        return start_restore(dynamodb, source, moment)
    create_empty(dynamodb, source)
    return "empty: no backup"


def start_restore(dynamodb, source, moment):
    """Begins to restore a table; returns how: from its backup, or by a copy where the service has no restore."""
    try:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=source.name,
            TargetTableName=source.target,
            RestoreDateTime=moment,
            BillingModeOverride="PAY_PER_REQUEST",
            **_limits_and_key(source.description),
        )
        return "restored"
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOT_SERVED:
            raise
    create_empty(dynamodb, source)
    copy_items(dynamodb, source)
    return "copied"


def _limits_and_key(description):
    """Returns the overrides that give a restored table the maxima and the key of its source."""
    overrides = {}
    if maxima := description.get("OnDemandThroughput"):
        overrides["OnDemandThroughputOverride"] = maxima
    key = description.get("SSEDescription", {}).get("KMSMasterKeyArn")
    if key:
        kind = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        overrides["SSESpecificationOverride"] = kind
    return overrides


def create_empty(dynamodb, source):
    """Makes a table of the same keys and indexes, for one without a backup."""
    description = source.description
    indexes = [
        {
            "IndexName": index["IndexName"],
            "KeySchema": index["KeySchema"],
            "Projection": index["Projection"],
        }
        for index in description.get("GlobalSecondaryIndexes", [])
    ]
    dynamodb.create_table(
        TableName=source.target,
        KeySchema=description["KeySchema"],
        AttributeDefinitions=description["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )


def copy_items(dynamodb, source):
    """Copies a table item by item, as it is now."""
    for page in dynamodb.get_paginator("scan").paginate(TableName=source.name):
        items = page["Items"]
        for start in range(0, len(items), BATCH):
            requests = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
            left = {source.target: requests}
            while left:
                left = dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems", {})


def wait_until_ready(dynamodb, sources, sleep=time.sleep, clock=time.monotonic, hours=24):
    """Waits until the tables and all their indexes can be used; returns the seconds of each."""
    began = clock()
    waiting, took = {source.target for source in sources}, {}
    while waiting:
        for name in sorted(waiting):
            table = dynamodb.describe_table(TableName=name)["Table"]
            indexes = [
                index.get("IndexStatus", "ACTIVE")
                for index in table.get("GlobalSecondaryIndexes", [])
            ]
            if table["TableStatus"] == "ACTIVE" and set(indexes) <= {"ACTIVE"}:
                waiting.discard(name)
                took[name] = clock() - began
        if waiting:
            if clock() - began > hours * 3600:
                raise RestoreFailed(
                    f"after {hours} hours these are not ready: {', '.join(sorted(waiting))}"
                )
            sleep(POLL_SECONDS)
    return took


def finish_table(dynamodb, source, protect, sleep=time.sleep):
    """Puts back what a restore leaves behind; returns the settings that were applied."""
    done, target = [], source.target

    def change(method, **parameters):
        return _as_soon_as_possible(lambda: method(**parameters), sleep)

    table = dynamodb.describe_table(TableName=target)["Table"]
    if source.stream and not table.get("StreamSpecification", {}).get("StreamEnabled"):
        stream = {"StreamEnabled": True, "StreamViewType": source.stream}
        change(dynamodb.update_table, TableName=target, StreamSpecification=stream)
        done.append(f"stream {source.stream}")
    if source.time_to_live:
        specification = {"Enabled": True, "AttributeName": source.time_to_live}
        change(
            dynamodb.update_time_to_live, TableName=target, TimeToLiveSpecification=specification
        )
        done.append(f"time to live by {source.time_to_live}")
    if source.recoverable:
        recovery = {"PointInTimeRecoveryEnabled": True}
        change(
            dynamodb.update_continuous_backups,
            TableName=target,
            PointInTimeRecoverySpecification=recovery,
        )
        done.append("point-in-time recovery")
    if source.tags:
        dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=list(source.tags))
        done.append(f"{len(source.tags)} tags")
    if protect and source.description.get("DeletionProtectionEnabled"):
        change(dynamodb.update_table, TableName=target, DeletionProtectionEnabled=True)
        done.append("deletion protection")
    return done


def _as_soon_as_possible(call, sleep):
    """Makes a call again while the table is busy with another change, as it takes one at a time."""
    for tries_left in reversed(range(TRIES)):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in BUSY or tries_left == 0:
                raise
            sleep(POLL_SECONDS)
    return None


def delete_tables(dynamodb, names, drill, sleep=time.sleep):
    """Deletes tables of the second stack, protected or not; returns those that were there."""
    deleted = []
    for name in names:
        if not name.startswith(f"{drill}-"):
            raise RestoreFailed(f"{name} is no table of {drill}: not deleted")
        try:
            table = dynamodb.describe_table(TableName=name)["Table"]
            if table.get("DeletionProtectionEnabled"):
                dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            _as_soon_as_possible(lambda name=name: dynamodb.delete_table(TableName=name), sleep)
            deleted.append(name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
    return deleted


def parse_moment(text):
    """Returns a moment from ISO 8601; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise RestoreFailed(f"AT={text}: a moment is written 2026-11-30T07:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
