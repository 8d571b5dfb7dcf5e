"""Asks an AWS account whether a stack may be deployed to it and a first campaign launched from it.

`python3 infra/preflight --help` is the command; `make preflight` calls it. It only reads. Guarantees:
what the account refuses to tell is unknown, and never green.
"""
