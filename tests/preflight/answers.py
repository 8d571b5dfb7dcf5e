"""What a ready account answers to every question of the preflight; tests change single answers."""

from datetime import datetime, timedelta, timezone

from scripted import REGION

NUMBER = "123456789012"
STACK = "vouchers"
NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{NUMBER}:{resource}"


FEEDBACK = arn("sns", f"{STACK}-feedback")
ALARMS = arn("sns", "oncall")
APNS = arn("sns", "app/APNS/shop")
GCM = arn("sns", "app/GCM/shop")

PARAMETERS = {
    "Stage": "prod",
    "SenderEmail": "offers@shop.test",
    "SmsOriginations": "default=pool-1, PT=SHOP",
    "SmsProtectConfiguration": "protect-1",
    "SmsReplyNumber": "+34600000001",
    "PublicUrl": "https://v.shop.test",
    "ConsoleOrigin": "https://console.shop.test",
    "OperatorMfa": "ON",
    "SmsRatePerSecond": "10",
    "EmailRatePerSecond": "50",
    "PushRatePerSecond": "500",
    "SmsCostMicros": "50000",
}
OUTPUTS = {
    "UserPoolId": f"{REGION}_pool",
    "ApiUrl": f"https://abc.execute-api.{REGION}.amazonaws.com",
}


def secret_made(days):
    """Answers with a secret whose value in use is this many days old, and an older one."""
    made = datetime.now(timezone.utc) - timedelta(days=days, hours=1)
    versions = [
        {"VersionId": "a" * 32, "VersionStages": ["AWSCURRENT"], "CreatedDate": made},
        {"VersionId": "b" * 32, "VersionStages": ["AWSPREVIOUS"], "CreatedDate": made - timedelta(days=900)},
    ]
    return {"Versions": versions, "ARN": arn("secretsmanager", "secret:x"), "Name": "x"}


def number(country="ES", phone="+34600000001", **changes):
    return {
        "PhoneNumberArn": arn("sms-voice", "phone-number/phone-1"),
        "PhoneNumberId": "phone-1",
        "PhoneNumber": phone,
        "Status": "ACTIVE",
        "IsoCountryCode": country,
        "MessageType": "PROMOTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "LONG_CODE",
        "MonthlyLeasingPrice": "1.00",
        "TwoWayEnabled": True,
        "TwoWayChannelArn": FEEDBACK,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "InternationalSendingEnabled": False,
        "DeletionProtectionEnabled": False,
        "MessagingLimits": {"RateLimits": {"SMS": 10}},
        "CreatedTimestamp": NOW,
    } | changes


def pool(**changes):
    return {
        "PoolArn": arn("sms-voice", "pool/pool-1"),
        "PoolId": "pool-1",
        "Status": "ACTIVE",
        "MessageType": "PROMOTIONAL",
        "TwoWayEnabled": True,
        "TwoWayChannelArn": FEEDBACK,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "SharedRoutesEnabled": False,
        "DeletionProtectionEnabled": False,
        "CreatedTimestamp": NOW,
    } | changes


def pool_of(*resources):
    """Returns what is in the pool."""
    held = [
        {
            "OriginationIdentityArn": arn("sms-voice", resource),
            "OriginationIdentity": resource.split("/")[1],
            "IsoCountryCode": "ES",
            "NumberCapabilities": ["SMS"],
        }
        for resource in resources
    ]
    return {
        "PoolArn": arn("sms-voice", "pool/pool-1"),
        "PoolId": "pool-1",
        "OriginationIdentities": held,
    }


def text_events(*kinds, **changes):
    """Returns the configuration set of SMS, whose destination asks for `kinds` of events."""
    to_topic = {
        "EventDestinationName": "feedback",
        "Enabled": True,
        "MatchingEventTypes": list(kinds),
        "SnsDestination": {"TopicArn": FEEDBACK},
    }
    return {
        "ConfigurationSets": [
            {
                "ConfigurationSetArn": arn("sms-voice", f"configuration-set/{STACK}-sms"),
                "ConfigurationSetName": f"{STACK}-sms",
                "EventDestinations": [to_topic | changes],
                "CreatedTimestamp": NOW,
            }
        ]
    }


def country_rules(**rules):
    """Returns the rules of a protect configuration by country."""
    return {
        "ProtectConfigurationArn": arn("sms-voice", "protect-configuration/protect-1"),
        "ProtectConfigurationId": "protect-1",
        "NumberCapability": "SMS",
        "CountryRuleSet": {country: {"ProtectStatus": rule} for country, rule in rules.items()},
    }


def sender_id(country="PT", registered=True, **changes):
    return {
        "SenderIdArn": arn("sms-voice", f"sender-id/SHOP/{country}"),
        "SenderId": "SHOP",
        "IsoCountryCode": country,
        "MessageTypes": ["PROMOTIONAL"],
        "MonthlyLeasingPrice": "0.00",
        "DeletionProtectionEnabled": False,
        "Registered": registered,
        "MessagingLimits": {"RateLimits": {"SMS": 20}},
    } | changes


def quota(most=2_000_000.0, rate=500.0, used=60_000.0):
    return {"Max24HourSend": most, "MaxSendRate": rate, "SentLast24Hours": used}


def ses_account(**changes):
    return {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": quota(),
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    } | changes


def identity(**changes):
    return {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
        "MailFromAttributes": {
            "MailFromDomain": "bounce.shop.test",
            "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    } | changes


def destination(**changes):
    return {
        "Name": "feedback",
        "Enabled": True,
        "MatchingEventTypes": ["DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"],
        "SnsDestination": {"TopicArn": FEEDBACK},
    } | changes


def alarm(name, **changes):
    return {"AlarmName": name, "ActionsEnabled": True, "AlarmActions": [ALARMS]} | changes


def table(**changes):
    return {"Table": {"TableStatus": "ACTIVE", "DeletionProtectionEnabled": True} | changes}


def backups(status="ENABLED"):
    recovery = {"PointInTimeRecoveryStatus": status}
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }


def stack(parameters=None, status="UPDATE_COMPLETE"):
    return {
        "Stacks": [
            {
                "StackName": STACK,
                "CreationTime": NOW,
                "StackStatus": status,
                "Parameters": [
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in (PARAMETERS | (parameters or {})).items()
                ],
                "Outputs": [
                    {"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()
                ],
            }
        ]
    }


def subscription(confirmed=True):
    return {
        "SubscriptionArn": f"{ALARMS}:1" if confirmed else "PendingConfirmation",
        "Protocol": "email",
        "Endpoint": "ana@shop.test",
        "TopicArn": ALARMS,
    }


EUM = "pinpoint-sms-voice-v2"


def ready(template):
    """Returns the answers of an account in which everything is as it should be."""
    functions = len(template.of_type("AWS::Serverless::Function"))
    return {
        ("sts", "GetCallerIdentity"): {
            "Account": NUMBER,
            "UserId": "u",
            "Arn": f"arn:aws:iam::{NUMBER}:user/ana",
        },
        ("cloudformation", "DescribeStacks"): stack(),
        ("lambda", "GetAccountSettings"): {
            "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}
        },
        ("dynamodb", "DescribeLimits"): {
            "TableMaxWriteCapacityUnits": 40_000,
            "TableMaxReadCapacityUnits": 40_000,
        },
        ("dynamodb", "DescribeContinuousBackups"): backups(),
        ("dynamodb", "DescribeTable"): table(),
        ("sqs", "GetQueueUrl"): lambda asked: {"QueueUrl": f"https://sqs/{asked['QueueName']}"},
        ("sqs", "GetQueueAttributes"): {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        ("cognito-idp", "DescribeUserPool"): {
            "UserPool": {
                "MfaConfiguration": "ON",
                "DeletionProtection": "ACTIVE",
                "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"},
            }
        },
        ("sesv2", "GetAccount"): ses_account(),
        ("sesv2", "GetEmailIdentity"): identity(),
        ("sesv2", "GetConfigurationSet"): {
            "ConfigurationSetName": f"{STACK}-email",
            "SendingOptions": {"SendingEnabled": True},
        },
        ("sesv2", "GetConfigurationSetEventDestinations"): {"EventDestinations": [destination()]},
        ("sns", "GetSMSSandboxAccountStatus"): {"IsInSandbox": False},
        ("sns", "GetSMSAttributes"): {"attributes": {"MonthlySpendLimit": "10000"}},
        ("sns", "ListPlatformApplications"): [
            {
                "PlatformApplications": [
                    {"PlatformApplicationArn": APNS, "Attributes": {"Enabled": "true"}}
                ],
                "NextToken": "2",
            },
            {
                "PlatformApplications": [
                    {"PlatformApplicationArn": GCM, "Attributes": {"Enabled": "true"}}
                ]
            },
        ],
        ("sns", "GetPlatformApplicationAttributes"): {
            "Attributes": {"Enabled": "true", "EventDeliveryFailure": FEEDBACK}
        },
        ("sns", "ListSubscriptionsByTopic"): {"Subscriptions": [subscription()]},
        (EUM, "DescribeAccountAttributes"): {
            "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]
        },
        (EUM, "DescribeSpendLimits"): {
            "SpendLimits": [
                {
                    "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                    "EnforcedLimit": 10_000,
                    "MaxLimit": 10_000,
                    "Overridden": True,
                }
            ]
        },
        (EUM, "DescribePhoneNumbers"): {"PhoneNumbers": [number()]},
        (EUM, "DescribeSenderIds"): {"SenderIds": [sender_id()]},
        (EUM, "DescribeAccountLimits"): {
            "AccountLimits": [{"Name": "PHONE_NUMBERS", "Used": 1, "Max": 5}]
        },
        (EUM, "DescribePools"): {"Pools": [pool()]},
        (EUM, "ListPoolOriginationIdentities"): pool_of(
            "phone-number/phone-1", "sender-id/SHOP/ES", "sender-id/SHOP/PT"
        ),
        (EUM, "DescribeConfigurationSets"): text_events(*sorted(template.sms_event_types())),
        (EUM, "GetProtectConfigurationCountryRuleSet"): country_rules(ES="ALLOW", PT="MONITOR"),
        ("cloudwatch", "DescribeAlarms"): {
            "MetricAlarms": [alarm(name) for name in sorted(template.alarm_names(STACK))]
        },
        ("logs", "DescribeLogGroups"): {
            "logGroups": [
                {"logGroupName": f"/aws/lambda/{STACK}-{index}", "retentionInDays": 30}
                for index in range(functions)
            ]
        },
        ("secretsmanager", "ListSecretVersionIds"): secret_made(45),
        ("budgets", "DescribeBudgets"): {
            "Budgets": [
                {
                    "BudgetName": "month",
                    "BudgetLimit": {"Amount": "500", "Unit": "USD"},
                    "TimeUnit": "MONTHLY",
                    "BudgetType": "COST",
                }
            ]
        },
        ("cloudtrail", "DescribeTrails"): {
            "trailList": [
                {
                    "Name": "all",
                    "IsMultiRegionTrail": True,
                    "HomeRegion": "us-east-1",
                    "TrailARN": arn("cloudtrail", "trail/all"),
                }
            ]
        },
        ("cloudtrail", "GetTrailStatus"): {"IsLogging": True},
    }
