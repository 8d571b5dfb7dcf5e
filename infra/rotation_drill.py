#!/usr/bin/env python3
"""Rotates every secret of the local stack while it is used, and shows that nothing is refused.

    rotation_drill.py        (the stack of `make run`, or the one that STACK_JSON names)

Meanwhile: an app backend signs with a key that is rotated, an operator turns pages by cursors, campaigns are sent and the links in their
messages opened, and a receiver checks the signature of each webhook. At the end the old secret of the key is refused, which shows that the rotation
was in force. Two to three minutes. It makes a key, an endpoint and customers of its own, and revokes and deletes the first two. Exit
code 1 if anything was refused that was valid.
"""

import hashlib
import http.server
import json
import re
import secrets as random
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parent / "local"))
sys.path.insert(2, str(Path(__file__).parent / "local" / "demo"))

import api_keys  # noqa: E402 - after the path
from api import ApiError, ApiUnreachable, AppBackend, HttpClient, secret_key, signature  # noqa: E402
from aws_smoke import EMULATED, callers_of_local_stack  # noqa: E402
from rotate_secret import KNOWN_AFTER, ONCE, STAGED, Secret, rotate  # noqa: E402
from sdk import StepFailed, has_sdk, open_session, read_local_stack, start_again  # noqa: E402
from smoke.people import people  # noqa: E402
from smoke.walk import Walk  # noqa: E402

ENDPOINTS = "/v1/configuration/voucher-campaign/webhooks"
SEARCH = "/v1/configuration/voucher-campaign/suppressions/search"
LINK = re.compile(r"(https?://[^\s\"'<>]+?/([ul])/[A-Za-z0-9_.~-]+)")
PAUSE_SECONDS = 0.2
SENT_EACH_ROUND = 8  # customers of a campaign of the load


class Tally:
    """What the load did and what was refused, counted by kind; threads share it."""

    def __init__(self):
        self.done, self.refused, self._lock = Counter(), Counter(), threading.Lock()

    def add(self, kind, problem=None):
        """Counts one use; `problem` says for what it was refused."""
        with self._lock:
            self.done[kind] += 1
            if problem:
                self.refused[f"{kind}: {problem}"] += 1


class Receiver(http.server.BaseHTTPRequestHandler):
    """The app backend's side of webhooks: checks each signature with the secret that the endpoint was made with."""

    secret, tally = "", None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = signature(secret_key(self.secret), self.headers["webhook-id"], self.headers["webhook-timestamp"], body)
        valid = signed in self.headers["webhook-signature"].split(" ")
        self.tally.add("webhooks", None if valid else "no valid signature")
        self.send_response(204 if valid else 401)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing: the tally does."""


class Load:
    """The uses of secrets that go on while they are rotated."""

    def __init__(self, stack, app, operator, tally):
        self.stack, self.app, self.operator, self.tally = stack, app, operator, tally
        self.http = HttpClient(stack["api_url"])
        self.inbox = HttpClient(stack["inbox_url"])
        self.ended = threading.Event()
        self.customer, self.campaign, self.opened = "", "", set()
        self.threads = [threading.Thread(target=self.forever, args=(each,), daemon=True) for each in (self.sign, self.page, self.send)]

    def forever(self, use):
        while not self.ended.is_set():
            try:
                use()
            except ApiError as error:
                if error.status < 500:
                    self.tally.add(use.__name__, f"{error.status} {error.code}")
                else:
                    self.tally.done["unanswered"] += 1
            except ApiUnreachable:
                self.tally.done["unanswered"] += 1  # the local AWS is busy; nothing was refused
            time.sleep(PAUSE_SECONDS)

    def sign(self):
        """The app backend reads a wallet."""
        self.app.get_wallet(self.customer)
        self.tally.add("sign")

    def page(self):
        """An operator reads a list of several pages to its end."""
        for _ in self.operator.pages(f"/v1/campaigns/{self.campaign}/vouchers", limit=5):
            self.tally.add("page")
            time.sleep(PAUSE_SECONDS / 4)

    def send(self):
        """A campaign goes out, and every link in its messages is opened, with those of the campaigns before."""
        run = f"drill{random.token_hex(4)}"
        crowd = people(run, mailbox=EMULATED)[:SENT_EACH_ROUND]
        walk = Walk(self.app, self.operator, run, crowd, lambda _text: None)
        walk.import_people()
        launched = walk.launch()
        walk.wait_for_run(launched)
        self.customer, self.campaign = crowd[0].id, launched["id"]
        for _ in range(20):
            if self.open_links(run):
                return
            time.sleep(PAUSE_SECONDS)

    def open_links(self, run):
        """Opens all links of the messages so far; returns true if some of this run are among them."""
        found = self.inbox.send("GET", f"/_emulator/messages?channel=email&q={run}&limit=100", {}).document()["items"]
        new = {(link, kind) for message in found for link, kind in LINK.findall(f"{message.get('text')} {message.get('html')}")}
        self.opened |= new
        for link, kind in sorted(self.opened)[-200:]:
            path = urlsplit(link).path.removeprefix(urlsplit(self.stack["api_url"]).path)
            answer = self.http.send("GET" if kind == "u" else "HEAD", path, {})
            self.tally.add("links", None if answer.status < 400 else f"/{kind}/ {answer.status}")
        return bool(new)


class Drill:
    """One drill on the local stack."""

    def __init__(self, stack, session, tell):
        self.stack, self.tell, self.tally = stack, tell, Tally()
        self.client = session.client("secretsmanager")
        self.keys = api_keys.LocalSecret(stack["endpoint_url"], "vouchers/webhook")
        self.key = f"drill-{random.token_hex(4)}"
        self.first_app, self.operator = callers_of_local_stack()

    def change_keys(self, change, *arguments):
        """Changes the document of the API keys; returns the secret that was made, if one was."""
        document, _version = self.keys.read()
        changed = change(document, *arguments)
        document, made = changed if isinstance(changed, tuple) else (changed, None)
        self.keys.write(document)
        return made

    def run(self):
        """Rotates everything under load; returns what is wrong."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        old = self.change_keys(api_keys.create_key, self.key, list(api_keys.SCOPES), now)
        self.tell("a key of the drill's own is known everywhere in a minute ...")
        time.sleep(KNOWN_AFTER)
        app = AppBackend(self.stack["api_url"], self.key, old)
        server, endpoint = self.listen()
        load = Load(self.stack, app, self.operator, self.tally)
        load.send()
        suppressed = self.suppress()
        try:
            for thread in load.threads:
                thread.start()
            self.rotate_all(app, now)
        finally:
            load.ended.set()
            for thread in load.threads:
                thread.join()
            self.operator.call("DELETE", f"{ENDPOINTS}/{endpoint}")
            server.shutdown()
        wrong = [f"{count} times refused: {what}" for what, count in self.tally.refused.items()]
        wrong += [f"nothing was tried of {kind}" for kind in ("sign", "page", "links", "webhooks") if not self.tally.done[kind]]
        wrong += self.wrong_afterwards(old, suppressed)
        self.change_keys(api_keys.revoke_key, self.key, now)
        return wrong

    def listen(self):
        """Starts a receiver and tells the stack of it."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        body = {"url": f"http://127.0.0.1:{server.server_port}/hook"}
        Receiver.secret = self.operator.call("PUT", f"{ENDPOINTS}/{self.key}", body)["secret"]
        Receiver.tally = self.tally
        return server, self.key

    def suppress(self):
        """Suppresses an address by hand; returns it."""
        address = f"{self.key}@example.com"
        path = SEARCH.removesuffix("/search")
        self.operator.call("POST", path, {"address": {"email": address}, "reason": "blocked", "note": "rotation drill"})
        return address

    def rotate_all(self, app, now):
        """Rotates all secrets side by side, as their procedures say."""
        threads = [threading.Thread(target=self.rotate_one, args=(kind,)) for kind in (*STAGED, ONCE)]
        second = self.change_keys(api_keys.rotate_key, self.key, now)
        for thread in threads:
            thread.start()
        time.sleep(KNOWN_AFTER)
        app.key = secret_key(second)  # the program uses the new secret, a minute after it was made
        time.sleep(PAUSE_SECONDS * 10)
        self.change_keys(api_keys.finish_rotation, self.key)
        for thread in threads:
            thread.join()
        self.tell("a minute in which every process reads the new values ...")
        time.sleep(KNOWN_AFTER + 5)

    def rotate_one(self, kind):
        """Rotates one secret; one that was rotated before is left if its procedure says so."""
        try:
            rotate(Secret(self.client, f"vouchers/{kind}"), kind, self.tell, drop_previous=True)
        except StepFailed as failure:
            self.tell(f"vouchers/{kind} is left: {failure}")

    def wrong_afterwards(self, old, suppressed):
        """Returns what does not hold when all is rotated: the old key must be refused, and the address known."""
        wrong = []
        try:
            AppBackend(self.stack["api_url"], self.key, old).get_wallet("nobody")
            wrong.append("the old secret of the key is still accepted")
        except ApiError as error:
            if error.status != 401:
                wrong.append(f"the old secret of the key was answered {error.status} {error.code}, and 401 is right")
        if not self.operator.call("POST", SEARCH, {"email": suppressed})["suppressed"]:
            wrong.append("an address that was suppressed before is no longer known")
        return wrong


def digest(document):
    """Returns a short mark of a secret, which shows that it changed and not what it is."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:8]


def main():
    if not has_sdk():
        return start_again(__file__)
    try:
        stack = read_local_stack()
        drill = Drill(stack, open_session(True), print)
        before = {kind: digest(Secret(drill.client, f"vouchers/{kind}").read()[0]) for kind in (*STAGED, ONCE)}
        wrong = drill.run()
        after = {kind: digest(Secret(drill.client, f"vouchers/{kind}").read()[0]) for kind in (*STAGED, ONCE)}
        wrong += [f"vouchers/{kind} is as it was" for kind in STAGED if before[kind] == after[kind]]
    except StepFailed as failure:
        failure.print_details()
        return 1
    for kind, count in sorted(drill.tally.done.items()):
        print(f"    {kind:10} {count:6}")
    for sentence in wrong:
        print(f"    WRONG: {sentence}")
    print(f"    {sum(drill.tally.done.values())} uses, {sum(drill.tally.refused.values())} refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
