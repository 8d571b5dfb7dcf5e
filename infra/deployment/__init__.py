"""The steps of `make deploy` and `make destroy`, called by infra/cloud.py with the SDK of sam's Python.

Each takes its clients as arguments, so that tests answer for AWS below the SDK (tests/commands).
"""
