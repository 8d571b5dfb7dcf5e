"""The parts of a restore into a second stack; `infra/restore_drill.py` puts them in order.

Guarantees: only tables of the second stack's name are written to or deleted.
"""
