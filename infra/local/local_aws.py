"""Makes the few calls to the local AWS that starting a stack needs.

Uses the standard library alone: importing an SDK takes longer than all of these calls. Talks to the
endpoint it is given and to nothing else. The local AWS takes the caller `test` for the owner of the
account and does not check its signature, so a credential scope is enough; functions get real roles
and are checked.
"""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml

REGION = "us-east-1"


class AwsError(Exception):
    """An error that the local AWS answered."""

    def __init__(self, call, status, body):
        super().__init__(f"{call}: {status} {body[:400]}")
        self.status, self.body = status, body


class LocalAws:
    """A client of the local AWS at one endpoint."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def send_request(self, service, method, path, body=b"", headers=(), call="", timeout=30):
        scope = f"Credential=test/20260101/{REGION}/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
        request = urllib.request.Request(
            self.endpoint + path,
            data=body,
            method=method,
            headers={"Authorization": authorization, **dict(headers)},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            details = error.read().decode(errors="replace")
            raise AwsError(call or path, error.code, details) from None

    def call_json(self, service, target, **body):
        """Calls an operation of a service with the AWS JSON protocol."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        content = json.dumps(body).encode()
        response = self.send_request(service, "POST", "/", content, headers, call=target)
        return json.loads(response or b"{}")

    def describe_stack(self, name):
        """Returns status, outputs and physical ids of a CloudFormation stack, or None."""
        try:
            stack = self._call_cloudformation("DescribeStacks", StackName=name)
            members = self._call_cloudformation("DescribeStackResources", StackName=name)
        except AwsError:
            return None
        outputs = {
            _text(output, "OutputKey"): _text(output, "OutputValue")
            for outputs in _descendants(stack, "Outputs")
            for output in _descendants(outputs, "member")
        }
        resources = {
            _text(resource, "LogicalResourceId"): _text(resource, "PhysicalResourceId")
            for resources in _descendants(members, "StackResources")
            for resource in _descendants(resources, "member")
        }
        return {
            "status": _text(stack, "StackStatus"),
            "outputs": outputs,
            "resources": resources,
        }

    def _call_cloudformation(self, action, **fields):
        form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-15", **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = self.send_request(
            "cloudformation", "POST", "/", form.encode(), headers, call=action
        )
        return xml.fromstring(response)

    def create_bucket(self, bucket):
        try:
            self.send_request("s3", "PUT", f"/{bucket}", call="CreateBucket")
        except AwsError as error:
            if error.status != 409:  # the bucket exists already
                raise

    def put_parameter(self, name, value):
        """Stores a small value in the local AWS itself."""
        self.call_json(
            "ssm",
            "AmazonSSM.PutParameter",
            Name=f"/local/{name}",
            Value=json.dumps(value),
            Type="String",
            Overwrite=True,
        )

    def get_parameter(self, name):
        """Returns a value that `put_parameter` stored, or None."""
        try:
            answer = self.call_json("ssm", "AmazonSSM.GetParameter", Name=f"/local/{name}")
        except AwsError:
            return None
        return json.loads(answer["Parameter"]["Value"])

    def update_function_code(self, function, package):
        """Replaces the code of a function; `publish_version` then puts it in force."""
        self.send_request(
            "lambda",
            "PUT",
            f"/2015-03-31/functions/{function}/code",
            body=json.dumps({"ZipFile": base64.b64encode(package).decode()}).encode(),
            headers={"Content-Type": "application/json"},
            call=f"UpdateFunctionCode {function}",
        )

    def publish_version(self, function, alias):
        """Publishes the function as it is, and lets the alias lead to the new version."""
        path = f"/2015-03-31/functions/{function}"
        headers = {"Content-Type": "application/json"}
        answer = self.send_request(
            "lambda", "POST", f"{path}/versions", b"{}", headers, f"PublishVersion {function}"
        )
        body = json.dumps({"FunctionVersion": json.loads(answer)["Version"]}).encode()
        self.send_request(
            "lambda", "PUT", f"{path}/aliases/{alias}", body, headers, f"UpdateAlias {function}"
        )


def _descendants(node, tag):
    """Lists the descendants, on any level, with this name in whatever namespace."""
    return [child for child in node.iter() if child.tag.rsplit("}", 1)[-1] == tag]


def _text(node, tag):
    matches = _descendants(node, tag)
    return matches[0].text or "" if matches else ""
