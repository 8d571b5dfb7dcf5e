"""Counts vouchers by campaign and stage, and says whether a restore has all of them.

Reads the two Vouchers tables. A voucher that was issued up to the moment of the restore has to be in
both; what the first stack has done to it since may have moved its stage. Vouchers whose time to live
is over are left out, because DynamoDB deletes them when it likes.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

SEGMENTS = 8
FIELDS = {"#c": "c", "#status": "status", "#issued_at": "issued_at", "#ttl": "ttl"}
# What an item is counted as that is no voucher: it is restored and missed like one.
UNREADABLE = ("unreadable", "unreadable")


def count_vouchers(dynamodb, table, until, alive_at):
    """Returns the number of vouchers issued up to `until` by (campaign, stage)."""
    with ThreadPoolExecutor(SEGMENTS) as threads:
        parts = threads.map(
            lambda segment: _count_segment(dynamodb, table, segment, until, alive_at),
            range(SEGMENTS),
        )
        return sum(parts, Counter())


def _count_segment(dynamodb, table, segment, until, alive_at):
    counts = Counter()
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        Segment=segment,
        TotalSegments=SEGMENTS,
        ProjectionExpression=", ".join(FIELDS),
        ExpressionAttributeNames=FIELDS,
    )
    for page in pages:
        for item in page["Items"]:
            try:
                stage = (item["c"]["S"], item["status"]["S"])
                issued_at = int(item["issued_at"]["N"])
                ends_at = int(item.get("ttl", {"N": alive_at + 1})["N"])
            except (KeyError, ValueError):
                counts[UNREADABLE] += 1
                continue
            if issued_at <= until and ends_at > alive_at:
                counts[stage] += 1
    return counts


def compare_counts(source, restored):
    """Returns the campaigns whose vouchers are missing or too many, and those whose stages have moved."""
    campaigns = sorted({campaign for campaign, _ in [*source, *restored]})
    wrong, moved = [], []
    for campaign in campaigns:
        before, after = _of(source, campaign), _of(restored, campaign)
        if sum(before.values()) != sum(after.values()):
            wrong.append((campaign, sum(before.values()), sum(after.values())))
        elif before != after:
            moved.append((campaign, dict(before - after)))
    return wrong, moved


def stage_totals(counts):
    """Returns the number of vouchers in each stage, over all campaigns."""
    totals = Counter()
    for (_, stage), count in counts.items():
        totals[stage] += count
    return dict(sorted(totals.items()))


def _of(counts, campaign):
    return Counter({stage: count for (owner, stage), count in counts.items() if owner == campaign})
