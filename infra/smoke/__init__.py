"""A small campaign from the import of its customers to the events of its messages, and what it must end as.

`infra/aws_smoke.py` walks it on a stack that it deploys to a real account, or on the local stack.
"""
