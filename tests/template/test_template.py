"""What template.yaml promises and no linter checks: queues that outlast their workers, dead letters everywhere, roles that reach exactly what
their function is told about, no route left open by mistake.

Reads template.yaml and infra/observability.yaml. Runs with the Python of `.local/venv-sam` (for YAML): `make test`, or
`.local/venv-sam/bin/python -m unittest discover tests/template`.
"""

import json
import re
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


class Tagged(yaml.SafeLoader):
    """CloudFormation's short forms as their long ones."""


def _long_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    construct = loader.construct_sequence if isinstance(node, yaml.SequenceNode) else loader.construct_mapping
    return {name: construct(node, deep=True)}


Tagged.add_multi_constructor("!", _long_form)

TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Tagged)
RESOURCES = TEMPLATE["Resources"]
PARAMETERS = TEMPLATE["Parameters"]

# What the app backend signs itself, the document that says how, and the link that is its own proof. Everything else needs an operator's token.
SIGNED = re.compile(r"/v1/(customers/.*|merchants/.*|catalogue/.*|orders|carts|events)")
PUBLIC = {"/v1/openapi.json", "/u/{token}", "/u/{token}/preferences", "/l/{code}"}
# The one function that receives without an event source: for operators, from the queues that hold dead letters.
REDRIVES = "Operations"
# Where Lambda puts batches of a stream that it gave up on.
GIVEN_UP = "StreamBatchesBucket"
# What every function may do where tracing is asked for; X-Ray knows no resources.
TRACES = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# Resources of statements that cannot be narrower, and why.
WIDE = {
    ("DeliverSms", "sns:Publish"): "a phone number is no resource",
    ("DeliverSms", "sms-voice:SendTextMessage"): "identities are leased by hand, before and after the stack, and a parameter names them",
    ("DeliverPush", "sns:Publish"): "endpoints are made by the apps, after the stack",
    ("Customers", "sns:CreatePlatformEndpoint"): "platform applications are made by hand, before and after the stack",
    ("Customers", "sns:SetEndpointAttributes"): "endpoints are made of tokens, after the stack",
    ("DeliverEmail", "ses:SendEmail"): "the identity may be the address or its domain; the condition fixes the address",
    ("DeliverWebhooks", "ses:SendEmail"): "as the e-mails to customers: the condition fixes the address",
    ("Import", "s3:GetObject"): "files are named by whoever drops them, each under one of the folders",
    ("Import", "s3:PutObject"): "the refused records of each file, under one folder",
    ("Export", "s3:PutObject"): "the files of each export, under one folder, named after their content",
    ("Export", "s3:DeleteObject"): "the same files, of an export that was removed",
    ("Operations", "s3:GetObject"): "as the import, for previews and for downloads of what was refused; downloads of exports",
    ("Operations", "s3:PutObject"): "an upload is named after its import, under one folder",
    ("AggregateReports", "dynamodb:ListStreams"): "the name of a stream has its creation time in it",
    ("PublishWebhookEvents", "dynamodb:ListStreams"): "the name of a stream has its creation time in it",
    ("Campaigns", "s3:PutObject"): "the name of a picture is the hash of its content",
    ("AggregateReports", "s3:PutObject"): "Lambda names the batches that it gives up on",
    ("PublishWebhookEvents", "s3:PutObject"): "Lambda names the batches that it gives up on",
}


def of_type(kind):
    return {name: body.get("Properties", {}) for name, body in RESOURCES.items() if body["Type"] == kind}


FUNCTIONS = {name.removesuffix("Function"): body for name, body in of_type("AWS::Serverless::Function").items()}
QUEUES = of_type("AWS::SQS::Queue")


def events(kind):
    """(function, event, its properties) for each event source of a kind."""
    return [(function, event, source["Properties"]) for function, body in FUNCTIONS.items()
            for event, source in body.get("Events", {}).items() if source["Type"] == kind]


def values(setting):
    """Every value a setting can have: itself, or what its parameter allows."""
    if isinstance(setting, dict):
        parameter = PARAMETERS[setting["Ref"]]
        return parameter.get("AllowedValues") or [parameter["MinValue"], parameter["MaxValue"]]
    return [setting]


def target(reference):
    """The logical name behind a Ref, GetAtt or Sub."""
    if isinstance(reference, str):
        return reference
    [(kind, value)] = reference.items()
    match kind:
        case "Ref":
            return value
        case "Fn::GetAtt":
            return value[0]
        case "Fn::Sub":
            return re.search(r"\$\{(\w+)", value).group(1)
    raise AssertionError(f"a reference of a kind this test does not know: {reference}")


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(function):
    """The statements of a function's role, with those of both sides of a condition."""
    found = RESOURCES[f"{function}Role"]["Properties"]["Policies"]
    policies = [one for it in found for one in (it["Fn::If"][1:] if "Fn::If" in it else [it]) if one != {"Ref": "AWS::NoValue"}]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def grants(function):
    """(action, resource) for each pair that a function's role allows."""
    return [(action, resource) for statement in statements(function) for action in listed(statement["Action"])
            for resource in listed(statement.get("Resource", statement.get("NotResource")))]


def environment(function):
    of_all = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return of_all | FUNCTIONS[function].get("Environment", {}).get("Variables", {})


def walk(node, path=""):
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}/{index}")


# The binary's arms: handler, and the crate (with its module, where a crate holds several functions) that it runs.
ENTRY_POINTS = re.findall(r'"([a-z-]+)" => Box::pin\((\w+)(?:::(\w+))?::run\(\)\)', (ROOT / "functions/bootstrap/src/main.rs").read_text())


def sources_of(handler):
    """The Rust sources of one function: its crate, or only its module of the crate."""
    [(crate, module)] = [(crate, module) for name, crate, module in ENTRY_POINTS if name == handler]
    src = ROOT / "functions" / crate.replace("_", "-") / "src"
    if module:
        return [*src.glob(f"{module}.rs"), *src.glob(f"{module}/**/*.rs")]
    # A module that is a function of its own is not part of the crate's function.
    others = {name for _, other, name in ENTRY_POINTS if other == crate and name}
    return [path for path in src.glob("**/*.rs") if path.relative_to(src).parts[0].removesuffix(".rs") not in others]


class Case(unittest.TestCase):
    def each(self, things, check):
        """A named subtest for each thing, and at least one of them."""
        things = list(things)
        self.assertTrue(things, "nothing of this kind in the template: the test has lost its subject")
        for thing in things:
            with self.subTest(thing if isinstance(thing, str) else thing[:2]):
                check(*([thing] if isinstance(thing, str) else thing))


class TheStack(Case):
    def test_is_flat(self):
        nested = [name for name, body in RESOURCES.items() if body["Type"] in ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")]
        self.assertEqual(nested, [])

    def test_has_a_function_for_each_entry_point_and_the_binary_knows_it_by_its_handler(self):
        self.assertEqual({body["Handler"] for body in FUNCTIONS.values()}, {handler for handler, _, _ in ENTRY_POINTS})
        crates = {path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml")} - {"bootstrap"}
        self.assertEqual({crate.replace("_", "-") for _, crate, _ in ENTRY_POINTS}, crates)

    def test_relies_on_no_reserved_concurrency_and_no_function_dead_letter_queue(self):
        for function, body in FUNCTIONS.items():
            self.assertNotIn("ReservedConcurrentExecutions", body, function)
            self.assertNotIn("DeadLetterQueue", body, function)

    def test_never_refers_to_a_secret_by_ref(self):
        secrets = of_type("AWS::SecretsManager::Secret")
        self.assertTrue(secrets)
        found = [path for path, node in walk(TEMPLATE) if isinstance(node, dict) and node.get("Ref") in secrets]
        self.assertEqual(found, [], "Ref is the ARN on AWS and the name on the local AWS: use GetAtt Id")

    def test_keeps_what_cannot_be_made_again(self):
        # Work has orders and open matches, Reports the counts of vouchers that are gone by their time to live.
        for table in of_type("AWS::DynamoDB::Table"):
            body = RESOURCES[table]
            self.assertEqual(body["UpdateReplacePolicy"], "Retain", table)
            self.assertEqual(body["Properties"]["DeletionProtectionEnabled"], {"Fn::If": ["IsProduction", True, False]}, table)
            self.assertTrue(body["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], table)
            self.assertEqual(body["DeletionPolicy"], "RetainExceptOnCreate", table)

    def test_tables_that_a_campaign_fills_can_be_warmed_with_their_indexes(self):
        warm = {"Fn::If": ["IsWarmed", {"ReadUnitsPerSecond": {"Ref": "WarmReadsPerSecond"}, "WriteUnitsPerSecond": {"Ref": "WarmWritesPerSecond"}},
                           {"Ref": "AWS::NoValue"}]}
        for name in ("Customers", "Addresses", "Vouchers", "Work"):
            table = RESOURCES[f"{name}Table"]["Properties"]
            for part in (table, *table["GlobalSecondaryIndexes"]):
                self.assertEqual(part.get("WarmThroughput"), warm, (name, part.get("IndexName")))
        for name in ("WarmWritesPerSecond", "WarmReadsPerSecond"):
            self.assertEqual(PARAMETERS[name]["Default"], 0, "a warmed table costs once, so nobody gets it without asking")

    def test_operators_are_not_deleted_by_hand_in_production(self):
        body = RESOURCES["UserPool"]
        self.assertEqual(body["Properties"]["DeletionProtection"], {"Fn::If": ["IsProduction", "ACTIVE", "INACTIVE"]})
        self.assertEqual((body["DeletionPolicy"], body["UpdateReplacePolicy"]), ("RetainExceptOnCreate", "Retain"))

    def test_logs_do_not_stay_for_ever(self):
        self.each(of_type("AWS::Logs::LogGroup").items(), lambda name, body: self.assertIn("RetentionInDays", body))


class AKeyOfOnesOwn(Case):
    def test_encrypts_whatever_keeps_data(self):
        mine = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
        keys = {"AWS::SQS::Queue": "KmsMasterKeyId", "AWS::SNS::Topic": "KmsMasterKeyId", "AWS::SecretsManager::Secret": "KmsKeyId", "AWS::Logs::LogGroup": "KmsKeyId"}
        for kind, name in keys.items():
            self.each(of_type(kind).items(), lambda resource, body: self.assertEqual(body.get(name), mine, resource))
        self.each(of_type("AWS::DynamoDB::Table").items(), lambda table, body: self.assertEqual(body["SSESpecification"]["Fn::If"][1]["KMSMasterKeyId"], {"Ref": "KmsKeyArn"}))
        self.assertEqual(TEMPLATE["Globals"]["Function"]["KmsKeyArn"], mine)

    def test_is_used_by_every_function(self):
        self.assertEqual(sorted(map(target, RESOURCES["KeyUse"]["Properties"]["Roles"])), sorted(of_type("AWS::IAM::Role")))


class Tracing(Case):
    def test_is_allowed_to_every_function_before_it_is_made(self):
        """Lambda makes no traced function whose role may not send traces, and waits for no policy that follows the role."""
        def check(role, body):
            [condition, policy, otherwise] = body["Properties"]["Policies"][0]["Fn::If"]
            self.assertEqual((condition, otherwise), ("IsTraced", {"Ref": "AWS::NoValue"}), role)
            [statement] = policy["PolicyDocument"]["Statement"]
            self.assertEqual((statement["Effect"], tuple(statement["Action"]), statement["Resource"]), ("Allow", TRACES, "*"), role)
        self.each({name: RESOURCES[name] for name in of_type("AWS::IAM::Role")}.items(), check)
        self.assertEqual(TEMPLATE["Globals"]["Function"]["Tracing"], {"Ref": "Tracing"})


class Queues(Case):
    def test_have_dead_letters_or_hold_them(self):
        holders = {target(body["RedrivePolicy"]["deadLetterTargetArn"]) for body in QUEUES.values() if "RedrivePolicy" in body}
        holders |= {target(environment(function)["PARKED_QUEUE_URL"]) for function, *_ in events("DynamoDB")}
        self.each(QUEUES.items(), lambda name, body: self.assertTrue("RedrivePolicy" in body or name in holders))
        for name in holders:
            self.assertEqual(QUEUES[name]["MessageRetentionPeriod"], 14 * 24 * 3600, f"{name}: SQS keeps them no longer")

    def test_try_five_times(self):
        for name, body in QUEUES.items():
            if "RedrivePolicy" in body:
                self.assertEqual(body["RedrivePolicy"]["maxReceiveCount"], 5, name)

    def test_hide_a_message_for_six_attempts_of_its_worker(self):
        def check(function, _event, mapping):
            timeout = FUNCTIONS[function].get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"])
            visibility = QUEUES[target(mapping["Queue"])]["VisibilityTimeout"]
            for seconds in values(timeout):
                hidden = visibility
                if isinstance(visibility, dict):
                    name, key, column = visibility["Fn::FindInMap"]
                    self.assertEqual(key, timeout, "the visibility has to follow the worker's own timeout")
                    hidden = TEMPLATE["Mappings"][name][str(seconds)][column]
                self.assertGreaterEqual(hidden, 6 * seconds)
        self.each(events("SQS"), check)

    def test_are_consumed_with_a_limit_and_report_single_failures(self):
        def check(_function, _event, mapping):
            self.assertGreaterEqual(min(values(mapping["ScalingConfig"]["MaximumConcurrency"])), 2)
            self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
            if max(values(mapping["BatchSize"])) > 10:
                self.assertGreaterEqual(mapping["MaximumBatchingWindowInSeconds"], 1)
        self.each(events("SQS"), check)

    def test_have_one_consumer_each(self):
        consumed = [target(mapping["Queue"]) for *_, mapping in events("SQS")]
        self.assertEqual(sorted(consumed), sorted(name for name, body in QUEUES.items() if "RedrivePolicy" in body))

    def test_are_fed_by_clocks_that_keep_a_missed_beat(self):
        def check(rule, body):
            for fed in body["Targets"]:
                queue = target(fed["Arn"])
                self.assertEqual(target(fed["DeadLetterConfig"]["Arn"]), target(QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"]))
                allowed = [policy for policy in of_type("AWS::SQS::QueuePolicy").values()
                           if queue in map(target, policy["Queues"]) and rule in str(policy["PolicyDocument"])]
                self.assertEqual(len(allowed), 1, "a queue policy lets this rule in")
        clocks = {name: body for name, body in of_type("AWS::Events::Rule").items() if "ScheduleExpression" in body}
        self.each(clocks.items(), check)

    def test_of_dead_letters_get_no_test_message_of_a_bucket(self):
        consumed = {target(mapping["Queue"]) for *_, mapping in events("SQS")}
        def check(_bucket, body):
            for told in body.get("NotificationConfiguration", {}).get("QueueConfigurations", []):
                self.assertIn(target(told["Queue"]), consumed, "S3 tries its permission with a message, which nobody would take away")
        self.each(of_type("AWS::S3::Bucket").items(), check)

    def test_have_alarms(self):
        watched = (ROOT / "infra" / "observability.yaml").read_text()
        for body in QUEUES.values():
            name = body["QueueName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            self.assertRegex(watched, rf"[\[ ]{re.escape(name)}[,\]]", "in infra/observability.yaml")


class WhatIsWatched(Case):
    def watched(self):
        return (ROOT / "infra" / "observability.yaml").read_text()

    def test_each_function_has_an_alarm_of_errors_and_throttles(self):
        loops = re.findall(r"    - Function\n    - \[([^\]]+)\]\n    - '(\w+)&", self.watched())
        listed = {key: set(names.split(", ")) for names, key in loops}
        deployed = {body["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") for body in of_type("AWS::Serverless::Function").values()}
        self.assertEqual(listed["ErrorsOf"], deployed)
        self.assertEqual(listed["ThrottlesOf"], deployed)
        self.assertEqual(listed["ScheduleOf"] - deployed, set())

    def test_each_table_has_an_alarm_of_throttles(self):
        tables = {body["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") for body in of_type("AWS::DynamoDB::Table").values()}
        for kind in ("Reads", "Writes"):
            names = re.search(rf"{kind}Throttled:\n    - Table\n    - \[([^\]]+)\]", self.watched())
            self.assertEqual(set(names[1].split(", ")), tables)

    def test_what_is_watched_of_our_own_is_logged(self):
        sources = "".join(path.read_text() for crate in ("functions", "shared") for path in (ROOT / crate).glob("*/src/**/*.rs"))
        for metric in re.findall(r"Namespace: VoucherCampaigns\n\s+MetricName: (\w+)", self.watched()):
            self.assertTrue(f'"{metric}"' in sources, f"nobody logs {metric}")

    def test_each_alarm_has_its_page(self):
        page = (ROOT / "docs" / "operating.md").read_text()
        for name in re.findall(r"AlarmName: !Sub '\$\{Application\}-(.+)'", self.watched()):
            name = re.sub(r"\$\{(\w+)\}", lambda found: f"<{found[1].lower()}>", name)
            self.assertTrue(f"`<stack>-{name}`" in page, f"{name} has no page in docs/operating.md")

    def test_the_dashboard_is_json(self):
        body = self.watched().split("DashboardBody: !Sub |\n", 1)[1]
        widgets = json.loads(body)["widgets"]
        self.assertTrue(all(widget["properties"]["metrics"] for widget in widgets))


class TheStream(Case):
    def test_has_two_readers_at_most(self):
        readers = {}
        for function, _, mapping in events("DynamoDB"):
            readers.setdefault(target(mapping["Stream"]), []).append(function)
        self.each(readers.items(), lambda stream, functions: self.assertLessEqual(len(functions), 2, "DynamoDB throttles a third"))

    def test_is_bounded_and_never_bisected(self):
        def check(function, _event, mapping):
            self.assertIs(mapping["BisectBatchOnFunctionError"], False, "a retry has to start at the same record")
            self.assertEqual(mapping["MaximumRetryAttempts"], -1, "a deployment that cannot read a record loses nothing in a night")
            self.assertLess(mapping["MaximumRecordAgeInSeconds"], 24 * 3600, "before the stream forgets it")
            self.assertGreater(mapping["MaximumRecordAgeInSeconds"], 20 * 3600, "a night, and the morning to mend it")
            failed = mapping["DestinationConfig"]["OnFailure"]
            self.assertEqual(failed["Type"], "S3", "a queue gets no records, and the stream forgets them")
            self.assertEqual(target(failed["Destination"]), GIVEN_UP)
            self.assertLessEqual({("s3:ListBucket", "StreamBatchesBucket"), ("s3:PutObject", "StreamBatchesBucket")},
                                 {(action, target(resource)) for action, resource in grants(function)}, "Lambda asks for both")
            self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
            if "REPORTS_TABLE" in environment(function):
                self.assertGreater(mapping["TumblingWindowInSeconds"], 0, "it keeps its position, and without a window an event does not name its shard")
        self.each(events("DynamoDB"), check)

    def test_batches_that_were_given_up_are_told_of(self):
        told = RESOURCES[GIVEN_UP]["Properties"]["NotificationConfiguration"]["EventBridgeConfiguration"]
        self.assertIs(told["EventBridgeEnabled"], True)
        [(name, rule)] = [(name, body) for name, body in of_type("AWS::Events::Rule").items() if GIVEN_UP in str(body)]
        self.assertEqual([target(fed["Arn"]) for fed in rule["Targets"]], ["ParkedRecordsQueue"], "which has an alarm")
        self.assertEqual(rule["EventPattern"]["detail"]["object"]["key"], [{"prefix": "aws/"}], "where Lambda puts them, and not what was replayed")
        [policy] = [body for body in of_type("AWS::SQS::QueuePolicy").values() if "ParkedRecordsQueue" in map(target, body["Queues"])]
        self.assertIn(name, str(policy["PolicyDocument"]), "the queue lets the rule in")
        ends = {each["Prefix"]: each["ExpirationInDays"] for each in RESOURCES[GIVEN_UP]["Properties"]["LifecycleConfiguration"]["Rules"]}
        self.assertGreaterEqual(ends["aws/"], 30, "a person has to see them first")


def literals(sources):
    """Every name of a variable that the Rust sources spell out."""
    return {name for source in sources for name in re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"', source.read_text())}


class Variables(Case):
    def test_that_a_function_reads_are_given_to_it(self):
        def check(function):
            read = {name for source in sources_of(FUNCTIONS[function]["Handler"])
                    for name in re.findall(r'env::(?:required|optional|number|parsed)\(\s*"(\w+)"', source.read_text())}
            self.assertEqual(read - set(environment(function)), set())
        self.each(FUNCTIONS, check)

    def test_that_are_given_are_read(self):
        shared = literals((ROOT / "shared").glob("**/src/**/*.rs"))
        def check(function):
            known = shared | literals(sources_of(FUNCTIONS[function]["Handler"]))
            self.assertEqual(set(environment(function)) - known, set())
        self.each(FUNCTIONS, check)


class Sms(Case):
    def test_each_end_of_an_sms_is_an_event_that_the_code_reads(self):
        code = (ROOT / "shared/channels/src/feedback/sms.rs").read_text()
        read = set(re.findall(r'"(TEXT_[A-Z_]+[A-Z])"', code))
        on_the_way = {"TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT"}
        self.assertLess(on_the_way, read)
        [destination] = RESOURCES["SmsEvents"]["Properties"]["EventDestinations"]
        self.assertEqual(set(destination["MatchingEventTypes"]), read - on_the_way)
        self.assertEqual(destination["SnsDestination"], {"TopicArn": {"Ref": "FeedbackTopic"}})

    def test_the_role_sends_by_the_chosen_provider_only(self):
        self.assertEqual(PARAMETERS["SmsProvider"]["Default"], "eum")
        [*_, choice] = RESOURCES["DeliverSmsRole"]["Properties"]["Policies"]
        condition, *policies = choice["Fn::If"]
        [by_eum], [by_sns] = [policy["PolicyDocument"]["Statement"] for policy in policies]
        self.assertEqual((condition, by_eum["Action"], by_sns["Action"]), ("UsesEum", "sms-voice:SendTextMessage", "sns:Publish"))
        actions = [action for action, _ in grants("DeliverSms")]
        self.assertEqual(actions.count("sns:Publish"), 1)
        kinds = [resource["Fn::Sub"].split("${AWS::AccountId}:")[1] for resource in by_eum["Resource"]]
        self.assertEqual(kinds, ["pool/*", "phone-number/*", "sender-id/*", "protect-configuration/*", "configuration-set/${AWS::StackName}-sms"])

    def test_patterns_take_what_the_code_takes(self):
        def fits(parameter, value):
            return re.fullmatch(PARAMETERS[parameter]["AllowedPattern"], value) is not None
        for line in ("", "SHOP", "default=pool-1f0e, ES=SHOP,US=+12025550100", "IN=arn:aws:sms-voice:eu-west-1:1:sender-id/SHOP/IN"):
            self.assertTrue(fits("SmsOriginations", line), line)
        for line in ("my shop", "es=SHOP", "=SHOP", "SHOP,,pool-1"):
            self.assertFalse(fits("SmsOriginations", line), line)
        for price, good in (("0.12", True), (".05", True), ("", True), ("1", False), ("0,12", False), ("100.5", False)):
            self.assertEqual(fits("SmsMaxPrice", price), good, price)


class Senders(Case):
    def test_an_email_comes_from_one_address_without_a_name(self):
        pattern = PARAMETERS["SenderEmail"]["AllowedPattern"]
        for address, good in (("offers@example.com", True), ("offers@mail.shop.es", True), ("shop.es", False), ("offers@shop", False),
                              ("Shop <offers@shop.es>", False), ("a@b@shop.es", False), ("", False), ("of fers@shop.es", False)):
            self.assertEqual(re.fullmatch(pattern, address) is not None, good, address)
        self.assertTrue(re.fullmatch(pattern, PARAMETERS["SenderEmail"]["Default"]))

    def test_devices_are_taken_where_the_role_may_push_to_them(self):
        [pushed] = [resource for action, resource in grants("DeliverPush") if action == "sns:Publish"]
        for function in ("Customers", "DeliverPush"):
            prefix = environment(function)["PUSH_ENDPOINT_PREFIX"]["Fn::Sub"]
            self.assertEqual({"Fn::Sub": f"{prefix}*"}, pushed, function)


class Roles(Case):
    def test_belong_to_one_function_each(self):
        roles = [target(body["Role"]) for body in FUNCTIONS.values()]
        self.assertEqual(sorted(roles), sorted(of_type("AWS::IAM::Role")))
        self.assertEqual(len(roles), len(set(roles)))
        for name, body in of_type("AWS::IAM::Role").items():
            self.assertNotIn("ManagedPolicyArns", body, f"{name}: Amazon's policies reach every queue and stream of the account")

    def test_name_actions_and_resources_one_by_one(self):
        for function in FUNCTIONS:
            for statement in statements(function):
                for action in listed(statement["Action"]):
                    with self.subTest(function=function, action=action):
                        self.assertNotIn("*", action)
                        wide = "NotResource" in statement or any(
                            "*" in str(resource) for resource in listed(statement.get("Resource")))
                        self.assertEqual(wide, (function, action) in WIDE or action in TRACES, "wide exactly where WIDE says why")

    def test_reach_exactly_what_the_function_is_told_about(self):
        def check(function):
            told, reached = environment(function), grants(function)
            def told_of(suffix):
                return {target(value) for name, value in told.items() if name.endswith(suffix)}
            tables = {target(resource) for action, resource in reached if action.startswith("dynamodb:") and action not in (
                "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams")}
            self.assertEqual(told_of("_TABLE"), tables)
            queues = {target(resource) for action, resource in reached if action == "sqs:SendMessage"}
            received = {target(resource) for action, resource in reached if action == "sqs:ReceiveMessage"}
            consumed = {target(mapping["Queue"]) for name, _, mapping in events("SQS") if name == function}
            self.assertLessEqual(consumed, received)
            # whoever receives without a mapping is the operator's hand on dead letters, and sees them all
            self.assertEqual(received - consumed, {name for name, body in QUEUES.items() if "RedrivePolicy" not in body} if function == REDRIVES else set())
            self.assertEqual(told_of("_QUEUE_URL") | told_of("_DLQ_URL"), queues | (received - consumed))
            secrets = {target(resource) for action, resource in reached if action == "secretsmanager:GetSecretValue"}
            self.assertEqual(told_of("_SECRET_ARN"), secrets)
            buckets = {target(resource) for action, resource in reached if action.startswith("s3:")}
            of_mapping = {GIVEN_UP} if any(name == function for name, *_ in events("DynamoDB")) else set()
            self.assertEqual(told_of("_BUCKET") | of_mapping, buckets)
        self.each(FUNCTIONS, check)

    def test_variables_are_named_after_what_they_point_to(self):
        for function in FUNCTIONS:
            for name, value in environment(function).items():
                if name.endswith(("_TABLE", "_QUEUE_URL", "_DLQ_URL", "_SECRET_ARN", "_BUCKET")):
                    words = re.sub(r"_(URL|ARN)$", "", name).replace("PARKED_QUEUE", "PARKED_RECORDS_QUEUE")
                    self.assertEqual(words.replace("_", "").lower(), target(value).lower(), function)

    def test_write_their_own_log_only(self):
        def check(function):
            logs = {target(resource) for action, resource in grants(function) if action.startswith("logs:")}
            self.assertEqual(logs, {f"{function}Logs"})
            self.assertEqual(target(FUNCTIONS[function]["LoggingConfig"]["LogGroup"]), f"{function}Logs")
        self.each(FUNCTIONS, check)

    def test_indexes_are_queried_and_never_scanned(self):
        for function in FUNCTIONS:
            for action, resource in grants(function):
                if isinstance(resource, dict) and "/index/" in str(resource):
                    self.assertEqual(action, "dynamodb:Query", function)
                    table = TEMPLATE["Resources"][target(resource)]["Properties"]
                    index = str(resource).split("/index/")[1].rstrip("'}")
                    self.assertIn(index, [known["IndexName"] for known in table["GlobalSecondaryIndexes"]], function)

    def test_functions_that_wake_each_other_in_a_circle_are_allowed_to_and_no_others(self):
        consumes = {function: [mapping["Queue"] for owner, *_, mapping in events("SQS") if owner == function] for function in FUNCTIONS}
        wakes = {function: {other for other in FUNCTIONS for queue in consumes[other] if ("sqs:SendMessage", queue) in grants(function)}
                 for function in FUNCTIONS}

        def reached(function):
            seen, ahead = set(), set(wakes[function])
            while ahead:
                seen.add(next_one := ahead.pop())
                ahead |= wakes[next_one] - seen
            return seen

        circling = {function for function in FUNCTIONS if function in reached(function)}
        allowed = {function for function, body in FUNCTIONS.items() if body.get("RecursiveLoop") == "Allow"}
        self.assertEqual(circling, allowed)


class Pictures(Case):
    def test_are_kept_and_private(self):
        def check(name, body):
            blocked = body["PublicAccessBlockConfiguration"]
            self.assertEqual(set(blocked.values()), {True})
            self.assertEqual(len(blocked), 4, "each way to make it public is blocked")
            self.assertIn("BucketEncryption", body)
        self.each(of_type("AWS::S3::Bucket").items(), check)
        self.assertEqual(RESOURCES["PicturesBucket"]["DeletionPolicy"], "RetainExceptOnCreate", "messages that were sent show them")
        self.assertNotIn("LifecycleConfiguration", of_type("AWS::S3::Bucket")["PicturesBucket"])
        self.assertIn("LifecycleConfiguration", of_type("AWS::S3::Bucket")["ImportsBucket"], "uploads hold contacts, and go after a week")
        self.assertIn("LifecycleConfiguration", of_type("AWS::S3::Bucket")["ExportsBucket"], "exports may hold contacts, and go after a week")

    def test_are_read_by_their_own_distribution_alone(self):
        [policy] = of_type("AWS::S3::BucketPolicy").values()
        [statement] = policy["PolicyDocument"]["Statement"]
        self.assertEqual((statement["Principal"], statement["Action"]), ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject"))
        [(operator, source)] = statement["Condition"].items()
        self.assertEqual(operator, "StringEquals")
        self.assertIn("distribution/${PicturesDistribution}", str(source["AWS:SourceArn"]))
        self.assertTrue(str(statement["Resource"]).endswith("/pictures/*'}"), "and nothing else in the bucket")

    def test_are_served_over_https_as_what_they_are(self):
        [distribution] = of_type("AWS::CloudFront::Distribution").values()
        behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"]
        self.assertEqual(behavior["ViewerProtocolPolicy"], "redirect-to-https")
        [origin] = distribution["DistributionConfig"]["Origins"]
        self.assertEqual(target(origin["OriginAccessControlId"]), "PicturesAccess")
        headers = RESOURCES[target(behavior["ResponseHeadersPolicyId"])]["Properties"]["ResponseHeadersPolicyConfig"]
        self.assertTrue(headers["SecurityHeadersConfig"]["ContentTypeOptions"]["Override"])
        self.assertIn("sandbox", headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"])


class SignIn(Case):
    def test_by_an_identity_provider_is_there_only_when_it_is_named(self):
        provider = RESOURCES["OperatorSso"]
        condition, both, alone = RESOURCES["UserPoolClient"]["Properties"]["SupportedIdentityProviders"]["Fn::If"]
        self.assertEqual(provider["Condition"], condition)
        # by reference: a client cannot name a provider that is not there yet
        self.assertEqual((both, alone), (["COGNITO", {"Ref": "OperatorSso"}], ["COGNITO"]))

    def test_gives_no_group_by_itself(self):
        mapped = RESOURCES["OperatorSso"]["Properties"]["AttributeMapping"]
        self.assertEqual(set(mapped), {"email"}, "what the provider says of a person makes nobody an administrator here")


class Routes(Case):
    def test_are_those_of_the_document(self):
        def shape(path):
            return re.sub(r"\{[^}]*\}", "{}", path)
        document = json.loads((ROOT / "docs/api/openapi.json").read_text())
        documented = {(method.upper(), shape(path)) for path, operations in document["paths"].items() for method in operations}
        routes = {(route["Method"], shape(route["Path"])) for _, _, route in events("HttpApi")}
        # A HEAD is answered as a GET without its body.
        self.assertEqual(documented, {route for route in routes if route[0] != "HEAD"})

    def test_are_open_only_where_the_caller_signs(self):
        def check(function, _event, route):
            opened = route.get("Auth", {}).get("Authorizer") == "NONE"
            self.assertEqual(opened, bool(SIGNED.fullmatch(route["Path"])) or route["Path"] in PUBLIC)
            if opened and route["Path"] not in PUBLIC:
                self.assertIn("WEBHOOK_SECRET_ARN", environment(function), "it has to check the signature")
        self.each(events("HttpApi"), check)

    def test_need_a_token_unless_they_say_otherwise(self):
        auth = RESOURCES["HttpApi"]["Properties"]["Auth"]
        self.assertIn(auth["DefaultAuthorizer"], auth["Authorizers"])
        [audience] = auth["Authorizers"][auth["DefaultAuthorizer"]]["JwtConfiguration"]["audience"]
        self.assertEqual(target(audience), "UserPoolClient")

    def test_lead_to_functions_that_do_not_ask_for_the_apis_own_address(self):
        """The API names its functions: one that names the API in turn is a circle, which only a deployment would find."""
        for function in {function for function, _, _ in events("HttpApi")}:
            with self.subTest(function):
                self.assertNotIn("HttpApi", re.findall(r"\w+", str(FUNCTIONS[function].get("Environment", {}))))

    def test_are_listed_one_by_one(self):
        for _function, event, route in events("HttpApi"):
            self.assertNotIn("+", route["Path"], event)
            self.assertIn(route["Method"], {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, "OPTIONS is the gateway's")

    def test_rates_of_their_own_name_routes_that_are_there(self):
        settings = RESOURCES["HttpApi"]["Properties"]["RouteSettings"]
        routes = {f"{route['Method']} {route['Path']}" for *_, route in events("HttpApi")}
        self.assertLessEqual(set(settings), routes, "the gateway refuses a route that it does not have, at the deployment")
        groups = {}
        for route, limits in settings.items():
            condition, own, otherwise = limits["ThrottlingRateLimit"]["Fn::If"]
            self.assertEqual(limits["ThrottlingBurstLimit"]["Fn::If"][:2], [condition, own], route)
            self.assertEqual(otherwise, {"Ref": "ApiRatePerSecond"}, route)
            self.assertEqual(TEMPLATE["Conditions"][condition], {"Fn::Not": [{"Fn::Equals": [own, 0]}]}, route)
            groups.setdefault(own["Ref"], set()).add(route)
        self.assertEqual(set(groups), {name for name in PARAMETERS if name.endswith("RatePerSecond") and PARAMETERS[name]["Default"] == 0})
        public = {route for route in routes if route.split()[1] in PUBLIC and route.split()[1] != "/v1/openapi.json"}
        self.assertEqual(groups["LinkRatePerSecond"], public, "what anybody may call is bounded together")

    def test_are_not_listed_twice(self):
        routes = [(route["Method"], re.sub(r"{\w+}", "{}", route["Path"])) for *_, route in events("HttpApi")]
        self.assertEqual(len(routes), len(set(routes)))

    def test_answer_before_the_gateway_gives_up(self):
        for function, *_ in events("HttpApi"):
            self.assertLess(FUNCTIONS[function].get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"]), 30, function)

    def test_are_told_to_browsers(self):
        cors = RESOURCES["HttpApi"]["Properties"]["CorsConfiguration"]
        used = {route["Method"] for *_, route in events("HttpApi") if route.get("Auth", {}).get("Authorizer") != "NONE"}
        self.assertLessEqual(used, set(cors["AllowMethods"]))
        self.assertNotIn("*", cors["AllowOrigins"])


if __name__ == "__main__":
    unittest.main()
