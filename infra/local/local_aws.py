"""The few calls to the local AWS that starting it needs, with the standard library alone (no SDK: importing one costs more than all of this).

It reads and writes nothing but the endpoint it is given. The local AWS knows the caller `test` as the owner of the account and does not check
that caller's signature, so a credential scope is enough; functions get real roles and are checked.
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml

REGION = "us-east-1"


class Refused(Exception):
    """The local AWS answered with an error."""

    def __init__(self, call, status, body):
        super().__init__(f"{call}: {status} {body[:400]}")
        self.status, self.body = status, body


class LocalAws:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def send(self, service, method, path, body=b"", headers=(), call="", timeout=30):
        scope = f"Credential=test/20260101/{REGION}/{service}/aws4_request"
        request = urllib.request.Request(self.endpoint + path, data=body, method=method, headers={
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0", **dict(headers)})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(call or path, error.code, error.read().decode(errors="replace")) from None

    def json(self, service, target, **body):
        """One call of a service that speaks AWS JSON."""
        answer = self.send(service, "POST", "/", json.dumps(body).encode(), call=target, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})
        return json.loads(answer or b"{}")

    def stack(self, name):
        """State, outputs and physical ids of a stack; None if there is none."""
        try:
            described = self._cloudformation("DescribeStacks", StackName=name)
            members = self._cloudformation("DescribeStackResources", StackName=name)
        except Refused:
            return None
        return {
            "status": _text(described, "StackStatus"),
            "outputs": {_text(output, "OutputKey"): _text(output, "OutputValue")
                        for outputs in _all(described, "Outputs") for output in _all(outputs, "member")},
            "resources": {_text(resource, "LogicalResourceId"): _text(resource, "PhysicalResourceId")
                          for resources in _all(members, "StackResources") for resource in _all(resources, "member")},
        }

    def _cloudformation(self, action, **fields):
        form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-15", **fields}).encode()
        return xml.fromstring(self.send("cloudformation", "POST", "/", form, call=action, headers={
            "Content-Type": "application/x-www-form-urlencoded"}))

    def make_bucket(self, bucket):
        try:
            self.send("s3", "PUT", f"/{bucket}", call="CreateBucket")
        except Refused as refused:
            if refused.status != 409:  # there already
                raise

    def remember(self, name, fact):
        """Keep a small fact in the local AWS itself."""
        self.json("ssm", "AmazonSSM.PutParameter", Name=f"/local/{name}", Value=json.dumps(fact), Type="String", Overwrite=True)

    def recall(self, name):
        try:
            return json.loads(self.json("ssm", "AmazonSSM.GetParameter", Name=f"/local/{name}")["Parameter"]["Value"])
        except Refused:
            return None

    def replace_code(self, function, package):
        """New code for one function; its processes end and start again with the next event."""
        self.send("lambda", "PUT", f"/2015-03-31/functions/{function}/code", call=f"UpdateFunctionCode {function}",
                  body=json.dumps({"ZipFile": base64.b64encode(package).decode()}).encode(),
                  headers={"Content-Type": "application/json"})


def _all(node, tag):
    """Descendants of one level or more with this name, whatever their namespace."""
    return [child for child in node.iter() if child.tag.rsplit("}", 1)[-1] == tag]


def _text(node, tag):
    found = _all(node, tag)
    return found[0].text or "" if found else ""
