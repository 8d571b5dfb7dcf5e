"""Measures what an order with a voucher costs in django-oscar, by its own order placement.

    redemptions.py [--orders 300] [--warm-up 30]

It migrates a SQLite database in a temporary folder, lets placement.py fill it and place the orders
in this process, and prints a line of JSON. Before it: benches/src/checkout/oscar.rs, which runs it
and forms the ratio. After it: nothing; the folder is deleted. Guarantees: no line is printed unless
every order got its discount.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection


def set_up(database):
    """Makes the tables. Only after it can the modules of Oscar be imported."""
    os.environ["OSCAR_DATABASE"] = str(database)
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()
    call_command("migrate", verbosity=0, skip_checks=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=300, help="the orders that are measured")
    parser.add_argument("--warm-up", type=int, default=30, help="the orders before them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder) / "shop.sqlite3")
        from placement import measure

        print(json.dumps(measure(options.orders, options.warm_up)))
        connection.close()


if __name__ == "__main__":
    main()
