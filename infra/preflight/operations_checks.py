"""Checks of what wakes people and what can be brought back: alarms, backups, logs, budget, trail.

Asks CloudWatch, SNS, DynamoDB, CloudWatch Logs, Budgets, CloudTrail and Secrets Manager. Names come from the templates.
"""

from datetime import datetime, timezone

from .findings import GREEN, RED, YELLOW, Finding

GROUP = "Operations"
# Days after which a secret should have another value. The secret of the addresses has none: it is rotated once at most.
OLDEST_DAYS = {"webhook": 180, "signing": 365, "cursor": 365, "links": 365}


def check_alarms(account, wanted):
    """Yields whether the alarms exist, are on, and reach somebody who has confirmed."""
    found = account.ask_all(
        "cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNamePrefix=f"{wanted.stack}-"
    )
    names = wanted.template.alarm_names(wanted.stack)
    missing = names - {alarm["AlarmName"] for alarm in found}
    bad = RED if wanted.launching else YELLOW
    yield Finding(
        GROUP,
        "alarms",
        bad if missing else GREEN,
        f"{len(names) - len(missing)} of {len(names)}",
        "all",
        "aws cloudformation deploy --template-file infra/observability.yaml --stack-name "
        f"{wanted.stack}-alarms "
        f"--capabilities CAPABILITY_AUTO_EXPAND --parameter-overrides Application={wanted.stack} "
        "AlarmTopicArn=...",
    )
    ours = [alarm for alarm in found if alarm["AlarmName"] in names]
    silent = [alarm for alarm in ours if not alarm["ActionsEnabled"] or not alarm["AlarmActions"]]
    topics = sorted(
        {action for alarm in ours for action in alarm["AlarmActions"] if ":sns:" in action}
    )
    heard = sum(confirmed_subscribers(account, topic) for topic in topics)
    yield Finding(
        GROUP,
        "who is told",
        GREEN if heard and not silent else bad,
        f"{heard} confirmed, {len(silent)} alarms without action"
        if topics
        else "nobody: no alarm has a topic",
        "a confirmed subscriber for every alarm",
        "deploy infra/observability.yaml with AlarmTopicArn; `aws sns subscribe --topic-arn ... "
        "--protocol email --notification-endpoint ...`, and confirm the mail",
    )


def confirmed_subscribers(account, topic):
    """Returns how many subscriptions of a topic have been confirmed."""
    subscriptions = account.ask_all(
        "sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic
    )
    return sum(item["SubscriptionArn"].startswith("arn:") for item in subscriptions)


def check_backups(account, wanted):
    """Yields for each table whether it can be brought back, and whether it can be deleted."""
    tables = wanted.template.of_type("AWS::DynamoDB::Table")
    names = wanted.template.physical_names("AWS::DynamoDB::Table", "TableName", wanted.stack)
    for logical, name in names.items():
        promised = "PointInTimeRecoverySpecification" in tables[logical]
        guarded = "DeletionProtectionEnabled" in tables[logical]
        answer = account.ask("dynamodb", "DescribeContinuousBackups", TableName=name)[
            "ContinuousBackupsDescription"
        ]
        backup = (
            answer.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
            == "ENABLED"
        )
        table = account.ask("dynamodb", "DescribeTable", TableName=name)["Table"]
        kept = table.get("DeletionProtectionEnabled", False)
        wrong = (promised and not backup) or (guarded and wanted.stage == "prod" and not kept)
        needed = ["on"] if promised else ["the template promises none: docs/operating.md, Restore"]
        needed += ["protected"] if guarded and wanted.stage == "prod" else []
        yield Finding(
            GROUP,
            f"backup of {name}",
            (RED if wanted.stage == "prod" else YELLOW) if wrong else GREEN if backup else YELLOW,
            f"point-in-time recovery {'on' if backup else 'off'}, "
            f"{'protected' if kept else 'can be deleted'}",
            ", ".join(needed),
            f"`aws dynamodb update-continuous-backups --table-name {name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`; deploy with "
            "STAGE=prod",
        )


def check_logs(account, wanted):
    """Yields whether every log of the stack ends some day."""
    groups = account.ask_all(
        "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=f"/aws/lambda/{wanted.stack}-"
    )
    endless = [group["logGroupName"] for group in groups if not group.get("retentionInDays")]
    expected = len(wanted.template.of_type("AWS::Serverless::Function"))
    days = sorted({group["retentionInDays"] for group in groups if group.get("retentionInDays")})
    yield Finding(
        GROUP,
        "log retention",
        GREEN if not endless and len(groups) >= expected else YELLOW,
        f"{len(groups)} groups, {', '.join(map(str, days)) or 'no'} days"
        + (f", for ever: {', '.join(endless)}" if endless else ""),
        f"{expected} groups, each with an end",
        "`aws logs put-retention-policy --log-group-name ... --retention-in-days 30`",
    )


def check_budget(account, wanted):
    """Yields whether somebody hears of the bill before it is due."""
    number = account.ask("sts", "GetCallerIdentity")["Account"]
    budgets = account.ask_all("budgets", "DescribeBudgets", "Budgets", AccountId=number)
    costs = [budget for budget in budgets if budget["BudgetType"] == "COST"]
    sums = ", ".join(
        f"{item['BudgetName']} {item.get('BudgetLimit', {}).get('Amount', '?')} {item.get('BudgetLimit', {}).get('Unit', '')}".strip()
        for item in costs
    )
    yield Finding(
        GROUP,
        "budget",
        GREEN if costs else RED if wanted.stage == "prod" else YELLOW,
        sums or "none",
        "a cost budget with an alert",
        "deploy infra/observability.yaml with MonthlyBudgetUsd; or Billing console, Budgets",
    )


def check_trail(account, wanted):
    """Yields whether calls in this region are recorded."""
    trails = account.ask("cloudtrail", "DescribeTrails", includeShadowTrails=True)["trailList"]
    here = [
        trail
        for trail in trails
        if trail.get("IsMultiRegionTrail") or trail.get("HomeRegion") == account.region
    ]
    logging = [
        trail
        for trail in here
        if account.ask("cloudtrail", "GetTrailStatus", Name=trail["TrailARN"])["IsLogging"]
    ]
    yield Finding(
        GROUP,
        "CloudTrail",
        GREEN if logging else YELLOW,
        ", ".join(trail["Name"] for trail in logging) or "no trail records this region",
        "a trail that records",
        "CloudTrail console, Create trail (the first copy of management events is free)",
    )


def check_secrets(account, wanted):
    """Yields how old the values of the secrets are."""
    names = wanted.template.physical_names("AWS::SecretsManager::Secret", "Name", wanted.stack).values()
    ages = {}
    for name in names:
        if (short := name.rsplit("/", 1)[-1]) in OLDEST_DAYS:
            versions = account.ask_all("secretsmanager", "ListSecretVersionIds", "Versions", SecretId=name)
            [made] = [each["CreatedDate"] for each in versions if "AWSCURRENT" in each.get("VersionStages", [])]
            ages[short] = (datetime.now(timezone.utc) - made).days
    old = {short: age for short, age in ages.items() if age > OLDEST_DAYS[short]}
    oldest = max(ages, key=ages.get)
    yield Finding(
        GROUP,
        "age of secrets",
        YELLOW if old else GREEN,
        ", ".join(f"{short} {age} days" for short, age in old.items()) or f"{ages[oldest]} days at most ({oldest})",
        "; ".join(f"{short} {days}" for short, days in OLDEST_DAYS.items()) + " days at most",
        "; ".join(
            f"infra/api_keys.py --name {wanted.stack} rotate KEY, for each key"
            if short == "webhook"
            else f"make rotate-secret STACK={wanted.stack} SECRET={short}"
            for short in old
        ),
    )


BEFORE = (check_budget, check_trail)
DEPLOYED = (check_alarms, check_backups, check_logs, check_secrets)
