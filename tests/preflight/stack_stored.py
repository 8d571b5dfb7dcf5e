"""What preflight stores is what the deployed API reads: on the stack that STACK_JSON names (`make test`).

Writes the setting `readiness` of that stack twice. Guarantees: nothing red, which would refuse the
launches of whoever uses the stack meanwhile.
"""

import os
import sys
import unittest
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("infra/local/demo", "infra/local", "infra"):
    sys.path.insert(0, str(ROOT / folder))

from aws_smoke import callers_of_local_stack  # noqa: E402 - after the path
from preflight.account import Account  # noqa: E402
from preflight.findings import GREEN, UNKNOWN, YELLOW, Finding  # noqa: E402
from preflight.runner import OF_CHANNELS  # noqa: E402
from preflight.stored import ACTOR, make_report, store_report  # noqa: E402
from preflight.wanted import Wanted  # noqa: E402
from sdk import open_session, read_local_stack  # noqa: E402

PATH = "/v1/configuration/voucher-campaign/readiness"
LONG = "é" * 400  # more bytes than the API takes of a text


class Stored(unittest.TestCase):
    def test_the_api_reads_each_version_that_preflight_writes(self):
        account = Account(read_local_stack()["region"], open_session(True))
        self.addCleanup(os.environ.pop, "AWS_ENDPOINT_URL", None)
        _, operator = callers_of_local_stack()
        wanted = Wanted("vouchers", "dev", "offers@shop.test", ("ES",), 5_000, ("email",))
        before = operator.call("GET", PATH)["version"]
        email = OF_CHANNELS["email"].GROUP
        for number, (level, state) in enumerate(((GREEN, "ready"), (UNKNOWN, "not_known")), 1):
            found = [Finding(email, "rate", level, "14 a second", "5", LONG), Finding("Platform", "stack", YELLOW, "x")]
            now = datetime.now(UTC)
            report = make_report(found, account.region, wanted, now)
            version = store_report(account, wanted.stack, report, now)
            read = operator.call("GET", PATH)
            self.assertEqual(version, before + number)
            self.assertEqual((read["version"], read["state"]), (version, state))
            self.assertEqual(read["updated_by"], ACTOR)
            self.assertEqual(read["findings"], report["findings"])
            self.assertEqual(read["messages"], 5_000)


if __name__ == "__main__":
    unittest.main()
