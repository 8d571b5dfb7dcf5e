"""Reads and deletes stacks of CloudFormation.

Guarantees: a stack that is there is read whole, and a deletion is waited for to its end.
"""

from dataclasses import dataclass

WAIT = {"Delay": 10, "MaxAttempts": 360}


@dataclass
class DeployedStack:
    """A stack as it stands: its state, the parameters it was deployed with, and its outputs."""

    name: str
    status: str
    parameters: dict
    outputs: dict

    @property
    def exists(self):
        """Says whether it has resources: one whose first change set was never run has none."""
        return self.status not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


def read_stack(cloudformation, name):
    """Returns a stack, or None if there is none of that name."""
    from botocore.exceptions import ClientError

    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in error.response["Error"].get("Message", ""):
            raise
        return None
    found = DeployedStack(
        name,
        stack["StackStatus"],
        {item["ParameterKey"]: item.get("ParameterValue", "") for item in stack.get("Parameters", [])},
        {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])},
    )
    return found if found.exists else None


def read_resources(cloudformation, name):
    """Returns the physical id of each resource that a stack has by its logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        item["LogicalResourceId"]: item.get("PhysicalResourceId", "")
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceStatus"] != "DELETE_COMPLETE"
    }


def delete_stack(cloudformation, name):
    """Deletes a stack and waits until it is gone."""
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=WAIT)


def empty_bucket(s3, bucket):
    """Deletes every object of a bucket; returns how many there were."""
    count = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            if errors := answer.get("Errors"):
                raise RuntimeError(f"{bucket}: {errors[0].get('Key')} was not deleted: {errors[0].get('Code')}")
            count += len(keys)
    return count
