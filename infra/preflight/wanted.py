"""What is to be launched, and what the templates need for it.

Reads template.yaml and infra/observability.yaml, so that no number is typed twice. Guarantees: a
parameter is the deployed stack's where there is one, else the template's default.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHANNELS = ("email", "sms", "push")
STREAM_SHARDS = 4  # that a new on-demand table begins with
API_SECONDS = 0.1  # that a request of the API takes, to know how many run at a time


class Tagged(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones."""


def _long_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    sequence = isinstance(node, yaml.SequenceNode)
    construct = loader.construct_sequence if sequence else loader.construct_mapping
    return {name: construct(node, deep=True)}


Tagged.add_multi_constructor("!", _long_form)


def read_template(path):
    """Returns a template with its short forms as long ones."""
    return yaml.load((ROOT / path).read_text(), Tagged)


class Template:
    """The numbers and names of template.yaml and infra/observability.yaml."""

    def __init__(self, main=None, alarms=None):
        self.main = main or read_template("template.yaml")
        self.alarms = alarms or read_template("infra/observability.yaml")

    def of_type(self, kind):
        """Returns the properties of each resource of a type, by its logical name."""
        resources = self.main["Resources"].items()
        return {
            name: body.get("Properties", {}) for name, body in resources if body["Type"] == kind
        }

    def default(self, parameter):
        """Returns the default of a parameter."""
        return self.main["Parameters"][parameter].get("Default")

    def physical_names(self, kind, prop, stack):
        """Returns the names of the resources of a type in a stack, by their logical names."""
        return {
            logical: properties[prop]["Fn::Sub"].replace("${AWS::StackName}", stack)
            for logical, properties in self.of_type(kind).items()
            if prop in properties
            and isinstance(properties[prop], dict)
            and "Fn::Sub" in properties[prop]
        }

    def _events(self, kind):
        for function in self.of_type("AWS::Serverless::Function").values():
            for source in function.get("Events", {}).values():
                if source["Type"] == kind:
                    yield source["Properties"]

    def _number(self, value, parameter):
        """Returns a number, or that of the parameter which it refers to."""
        return int((parameter or self.default)(value["Ref"]) if isinstance(value, dict) else value)

    def queue_workers(self, parameter=None):
        """Returns how many functions may work on queues at a time."""
        most = (source["ScalingConfig"]["MaximumConcurrency"] for source in self._events("SQS"))
        return sum(self._number(value, parameter) for value in most)

    def stream_readers(self):
        """Returns how many functions may read the streams of new tables at a time."""
        return sum(
            STREAM_SHARDS * source.get("ParallelizationFactor", 1)
            for source in self._events("DynamoDB")
        )

    def api_requests(self, parameter=None):
        """Returns how many requests of the API run at a time at its throttle."""
        [api] = self.of_type("AWS::Serverless::HttpApi").values()
        limit = api["DefaultRouteSettings"]["ThrottlingRateLimit"]
        return round(self._number(limit, parameter) * API_SECONDS)

    def email_event_types(self):
        """Returns the events that SES is to tell, as SES names them."""
        [destination] = self.of_type("AWS::SES::ConfigurationSetEventDestination").values()
        return {_api_form(kind) for kind in destination["EventDestination"]["MatchingEventTypes"]}

    def sms_event_types(self):
        """Returns the events that End User Messaging is to tell."""
        [events] = self.of_type("AWS::SMSVOICE::ConfigurationSet").values()
        return {
            kind
            for destination in events["EventDestinations"]
            for kind in destination["MatchingEventTypes"]
        }

    def alarm_names(self, stack):
        """Returns the names of the alarms that are always made for a stack."""
        names = set()
        for key, body in self.alarms["Resources"].items():
            if key.startswith("Fn::ForEach::"):
                variable, members, [resource] = body[0], body[1], list(body[2].values())
                for member in members:
                    names.add(_alarm_name(resource, stack, variable, member))
            elif "Condition" not in body:
                names.add(_alarm_name(body, stack))
        return names - {None}


def _alarm_name(resource, stack, variable="", member=""):
    if resource["Type"] != "AWS::CloudWatch::Alarm":
        return None
    pattern = resource["Properties"]["AlarmName"]["Fn::Sub"]
    return pattern.replace("${Application}", stack).replace("${" + variable + "}", member)


def _api_form(kind):
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", kind).upper()


@dataclass
class Wanted:
    """What the caller is about to do, with the stack as it is deployed, if it is."""

    stack: str
    stage: str
    sender: str
    countries: tuple = ()
    messages: int = 0
    channels: tuple = CHANNELS
    template: Template = field(default_factory=Template)
    deployed: dict | None = None  # parameters and outputs of the stack, None before the first time

    @property
    def launching(self):
        """Says whether real customers are meant: then a fault is red, in a trial it is yellow."""
        return self.stage == "prod" or self.messages > 0

    def parameter(self, name):
        """Returns a parameter of the stack as it is deployed, else the template's default."""
        parameters = (self.deployed or {}).get("parameters", {})
        return parameters.get(name, self.template.default(name))

    def rate(self, channel):
        """Returns the messages a second at which the stack releases on a channel."""
        return int(self.parameter(f"{channel.capitalize()}RatePerSecond"))

    def cost(self, channel):
        """Returns what a message is reckoned to cost, in units of the currency."""
        return int(self.parameter(f"{channel.capitalize()}CostMicros")) / 1e6
