#!/usr/bin/env python3
"""The whole system on this machine: install, build, start, deploy, demonstrate, stop.

    stack.py setup | up | run | console | status | down | clean  [--stack run|test] [--fresh]

It reads template.yaml and the built binaries and writes `.local/` (the run stack) and `.local/test/` (the test stack), above all `stack.json`,
which the demo, the tests and people start from. Only the standard library: it is what installs the rest. Before it: a checkout with Rust and
Python. After it: `infra/local/demo` and `tests/`. Doing it again changes nothing that is already right.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import string
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from local_aws import REGION, LocalAws, Refused
from processes import Failed, Process, run, say

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "infra" / "local"
LOCAL = ROOT / ".local"
PACKAGE = ROOT / "target" / "lambda" / "bootstrap" / "bootstrap.zip"  # where template.yaml looks for it
BUILT = ROOT / "target" / "local"
CLOUD_PYTHON = LOCAL / "venv-cloud" / "bin" / "python"
SAM = LOCAL / "venv-sam" / "bin" / "sam"
VENVS = {"venv-cloud": HERE / "requirements-cloud.txt", "venv-sam": HERE / "requirements-sam.txt"}
PACKAGES = "vouchers-packages"  # the bucket that sam uploads to
GROUPS = ("viewer", "marketer", "approver", "admin")
QUEUES = ("expansion", "release", "sms", "email", "push", "feedback", "autopilot", "sweep")

# Small and fast where the cloud is large and careful: few segments, short leases so that a killed worker's message comes back in 30 s.
PARAMETERS = {
    "Stage": "dev", "Currency": "EUR", "ScanSegments": 4, "WorkerTimeoutSeconds": 5, "DispatchesPerBatch": 1, "UnknownAfterSeconds": 60,
    "SmsRatePerSecond": 100_000, "EmailRatePerSecond": 100_000, "PushRatePerSecond": 100_000, "LogRetentionDays": 1,
    "WebhookPrivateHosts": "127.0.0.1",
    "Architecture": "arm64" if os.uname().machine == "aarch64" else "x86_64",
}


@dataclass(frozen=True)
class Stack:
    name: str
    home: Path
    port: int
    carriers_port: int
    api_id: str
    console_port: int

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self):
        return f"{self.endpoint}/_aws/execute-api/{self.api_id}/$default"

    @property
    def inbox(self):
        return f"http://127.0.0.1:{self.carriers_port}"

    @property
    def console_url(self):
        """By this name, since Cognito takes plain http from `localhost` alone."""
        return f"http://localhost:{self.console_port}"

    @property
    def front(self):
        return Process("front", self.home / "run", f"http://127.0.0.1:{self.console_port}/healthz")

    @property
    def cloud(self):
        return Process("cloud", self.home / "run", f"{self.endpoint}/_ministack/health")

    @property
    def carriers(self):
        return Process("carriers", self.home / "run", f"{self.inbox}/_carriers/health")

    @property
    def file(self):
        return self.home / "stack.json"

    @property
    def clock_file(self):
        """How many milliseconds its functions are ahead of this machine: `demo/clock.py`."""
        return self.home / "clock"


STACKS = {stack.name: stack for stack in (
    Stack("run", LOCAL, 4566, 4580, "0000a9f1", 4590), Stack("test", LOCAL / "test", 4666, 4680, "0000a9f2", 4690))}


# ---- setup ----


def setup(venvs=VENVS):
    """The virtual environments as pinned; nothing if they are."""
    if sys.version_info < (3, 11):
        raise Failed(f"Python 3.11 or later is needed, and this is {sys.version.split()[0]}")
    wanted = {name: _stamp(pins) for name, pins in venvs.items()}
    missing = [name for name in venvs if _read(LOCAL / name / "stamp") != wanted[name]]
    if not missing:
        return
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode != 0:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failed(f"this Python cannot make virtual environments: install them with `apt install python{version}-venv`")
    say(f"installing {' and '.join(missing)} into .local (two minutes at most, while cargo builds)")
    for name in missing:
        shutil.rmtree(LOCAL / name, ignore_errors=True)
        log = LOCAL / "run" / f"install-{name}.log"
        run(f"making .local/{name}", [sys.executable, "-m", "venv", LOCAL / name], log)
        run(f"installing into .local/{name}", [
            LOCAL / name / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
            "-r", venvs[name]], log)
        (LOCAL / name / "stamp").write_text(wanted[name])


def _stamp(pins):
    return hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()


# ---- build ----


def build():
    """The two binaries, and `bootstrap` packed where the template looks for it."""
    cargo = shutil.which("cargo") or shutil.which("cargo", path=Path.home() / ".cargo" / "bin")
    if not cargo:
        raise Failed("Rust is needed: https://rustup.rs")
    log = LOCAL / "run" / "build.log"
    # the whole workspace is selected so that the tests choose the same features of the same crates, and nothing is compiled twice
    command = [cargo, "build", "--profile", "local", "--workspace", "--bin", "bootstrap", "--bin", "carriers", "--color", "never"]
    run("building", command, log,
        cwd=ROOT, progress=lambda log: f"{log.read_bytes().count(b' Compiling ')} crates so far")
    pack(BUILT / "bootstrap")


def pack(binary):
    """Zip it unless the zip is of this very binary: sam uploads a zip once, and would pack a folder once for each function."""
    digest = _digest(binary).encode()
    with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(PACKAGE) as packed:
        if packed.comment == digest:
            return
    PACKAGE.parent.mkdir(parents=True, exist_ok=True)
    fresh = PACKAGE.with_suffix(".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        member = zipfile.ZipInfo("bootstrap", (2020, 1, 1, 0, 0, 0))
        member.external_attr, member.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        packed.writestr(member, binary.read_bytes())
        packed.comment = digest
    fresh.replace(PACKAGE)


# ---- up ----


def up(stack, fresh=False):
    """Everything running and deployed as the work tree says; what already is stays. Returns the processes it started."""
    with alone():
        return _up(stack, fresh)


@contextlib.contextmanager
def alone():
    """One at a time changes what runs from this work tree."""
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another make is at work in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _up(stack, fresh):
    if fresh:
        clean(stack)
    installing = InBackground(setup)
    try:
        build()
    except BaseException:
        installing.thread.join()
        raise
    installing.wait()
    started = start(stack)
    try:
        deploy(stack)
        describe(stack)
        started += serve_console(stack)
    except BaseException:
        for process in started:
            process.stop()
        raise
    return started


class InBackground:
    """Pip waits for the network while cargo computes."""

    def __init__(self, work):
        self.error = None
        self.thread = threading.Thread(target=self._do, args=(work,), daemon=True)
        self.thread.start()

    def _do(self, work):
        try:
            work()
        except Exception as error:
            self.error = error

    def wait(self):
        self.thread.join()
        if self.error:
            raise self.error


def start(stack):
    started = []
    folders = {"state": stack.home / "state", "tmp": stack.home / "tmp"}
    if not stack.cloud.pid():
        shutil.rmtree(folders["tmp"], ignore_errors=True)  # the unpacked code of former runs
    for folder in (*folders.values(), stack.home / "run"):
        folder.mkdir(parents=True, exist_ok=True)
    # Nothing of this shell may reach the functions: the local AWS hands them its own environment.
    bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(stack.home / "run"), "TMPDIR": str(folders["tmp"]), "LANG": "C.UTF-8"}
    binary = BUILT / "carriers"
    with_carriers = binary.exists()
    try:
        if with_carriers and keep_or_stop(stack.carriers, _digest(binary)):
            say(f"starting the carriers on port {stack.carriers_port}")
            stack.carriers.start([binary, "--port", stack.carriers_port, "--upstream", stack.endpoint, "--region", REGION],
                                 bare, stack.carriers_port, _digest(binary))
            started.append(stack.carriers)
        environment = bare | {
            "GATEWAY_PORT": str(stack.port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            "AUTH": "true", "PERSIST_STATE": "1", "STATE_DIR": str(folders["state"]), "AWS_ENDPOINT_URL": stack.endpoint,
            "TEST_CLOCK_FILE": str(stack.clock_file),
        }
        if with_carriers:
            environment |= {"AWS_ENDPOINT_URL_SNS": stack.inbox, "AWS_ENDPOINT_URL_SESV2": stack.inbox}
        settings = _digest(VENVS["venv-cloud"]) + json.dumps(environment, sort_keys=True)
        note = _digest(HERE / "launcher.py") + settings
        if keep_or_stop(stack.cloud, note):
            forget_foreign_state(folders["state"], settings)
            say(f"starting the local AWS on port {stack.port}")
            stack.cloud.start([CLOUD_PYTHON, HERE / "launcher.py"], environment, stack.port, note)
            started.append(stack.cloud)
    except BaseException:
        for process in started:
            process.stop()
        raise
    return started


def forget_foreign_state(state, settings):
    """What another version or other settings wrote is not read: queues, for one, are kept under the address they had then."""
    stamp = state / "made-with"
    if any(state.iterdir()) and _read(stamp) != settings:
        say("the local AWS changed since its state was written: starting from an empty one")
        shutil.rmtree(state)
        state.mkdir()
    stamp.write_text(settings)


def keep_or_stop(process, note):
    """True if it has to be started: it does not run, does not answer, or runs something older than the work tree."""
    if process.pid() and process.note() == note and process.healthy():
        return False
    process.stop()
    return True


# ---- deploy ----


def deploy(stack):
    """`sam deploy` when the template or a parameter changed, new code alone when only the binary did, nothing otherwise."""
    cloud = LocalAws(stack.endpoint)
    parameters = PARAMETERS | {"ApiId": stack.api_id, "PublicUrl": stack.api_url, "ConsoleOrigin": stack.console_url}
    wanted = {"template": _digest(ROOT / "template.yaml") + json.dumps(parameters, sort_keys=True), "code": _digest(PACKAGE)}
    known = cloud.recall("deployed") or {}  # kept over there, so that it lives and dies with what it describes
    there = cloud.stack("vouchers")
    if there and there["status"] == "ROLLBACK_COMPLETE":
        raise Failed("the first deployment of this stack failed, and CloudFormation keeps what is left of it: `make clean`, then again")
    usable = there and there["status"].endswith("_COMPLETE") and "ROLLBACK" not in there["status"]
    if usable and known == wanted:
        return
    cloud.remember("deployed", {})
    if usable and known.get("template") == wanted["template"]:
        names = [name for logical, name in there["resources"].items() if logical.endswith("Function")]
        say(f"replacing the code of {len(names)} functions")
        package = PACKAGE.read_bytes()
        for name in names:
            cloud.replace_code(name, package)
    else:
        say("deploying template.yaml with sam")
        cloud.make_bucket(PACKAGES)
        run("sam deploy", [
            SAM, "deploy", "--template-file", ROOT / "template.yaml", "--stack-name", "vouchers", "--s3-bucket", PACKAGES,
            "--region", REGION, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
            "--no-progressbar", "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())],
            stack.home / "run" / "deploy.log", cwd=stack.home / "run", environment={
                "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(stack.home / "run"), "LANG": "C.UTF-8", "SAM_CLI_TELEMETRY": "0",
                "AWS_ENDPOINT_URL": stack.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"})
    cloud.remember("deployed", wanted)


# ---- what others start from ----


def describe(stack):
    """Users, the carriers' settings and `stack.json`."""
    cloud = LocalAws(stack.endpoint)
    deployed = cloud.stack("vouchers")
    outputs, resources = deployed["outputs"], deployed["resources"]
    known = json.loads(_read(stack.file) or "{}")
    same_pool = known.get("user_pool_id") == outputs["UserPoolId"]
    users = known["groups_users"] if same_pool else {
        group: {"username": group, "password": _password()} for group in GROUPS}
    if not same_pool:
        for group, user in users.items():
            make_user(cloud, outputs["UserPoolId"], group, **user)
    secret = json.loads(cloud.json("secretsmanager", "secretsmanager.GetSecretValue", SecretId=outputs["WebhookSecretArn"])["SecretString"])
    facts = {
        "api_url": stack.api_url,
        "webhook_secret": "whsec_" + secret["current"],
        "admin_username": users["admin"]["username"], "admin_password": users["admin"]["password"],
        "user_pool_id": outputs["UserPoolId"], "client_id": outputs["UserPoolClientId"],
        "region": REGION, "endpoint_url": stack.endpoint,
        "inbox_url": f"{stack.inbox}/", "console_url": stack.console_url,
        "inbox_api": {channel: f"{stack.inbox}/_carriers/messages?channel={channel}" for channel in ("sms", "email", "push")},
        "feedback_topic_arn": outputs["FeedbackTopicArn"],
        "tables": {name.removesuffix("Table").lower(): table for name, table in resources.items() if name.endswith("Table")},
        "queues": {name: resources[f"{name.title()}Queue"] for name in QUEUES}
        | {f"{name}_dlq": resources[f"{name.title()}Dlq"] for name in QUEUES} | {"parked_records": resources["ParkedRecordsQueue"]},
        "functions": {function.removeprefix("vouchers-"): function for name, function in resources.items() if name.endswith("Function")},
        "groups_users": users,
        "cloud_pid": stack.cloud.pid(), "clock_file": str(stack.clock_file), "parameters": {name: str(value) for name, value in PARAMETERS.items()},
    }
    if stack.carriers.pid():
        settings = json.dumps({"feedback_topic_arn": facts["feedback_topic_arn"], "delay_ms": 300}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{stack.inbox}/_carriers/config", data=settings, method="POST", headers={
            "Content-Type": "application/json"}), timeout=5).close()
    fresh = stack.file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(facts, indent=2) + "\n")
    fresh.replace(stack.file)


def make_user(cloud, pool, group, username, password):
    identity = {"UserPoolId": pool, "Username": username}
    service = "AWSCognitoIdentityProviderService"
    try:
        cloud.json("cognito-idp", f"{service}.AdminCreateUser", **identity, MessageAction="SUPPRESS", TemporaryPassword=password)
    except Refused as refused:
        if "UsernameExistsException" not in refused.body:
            raise
    cloud.json("cognito-idp", f"{service}.AdminSetUserPassword", **identity, Password=password, Permanent=True)
    cloud.json("cognito-idp", f"{service}.AdminAddUserToGroup", **identity, GroupName=group)


def _password():
    """Random, with each kind of character that the pool's policy asks for."""
    return "Aa1" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(21))


# ---- the console ----


def build_console():
    """`console/dist` as its sources say; False where there is no npm, and then there is the API alone."""
    console = ROOT / "console"
    npm = shutil.which("npm")
    if not npm:
        say("no npm here: the stack comes without its console")
        return False
    sources = [console / name for name in ("package-lock.json", "index.html", "vite.config.ts")]
    sources += sorted(path for folder in ("src", "public") for path in (console / folder).rglob("*") if path.is_file())
    wanted = hashlib.sha256(b"".join(str(path.relative_to(console)).encode() + path.read_bytes() for path in sources)).hexdigest()
    stamp = console / "dist" / "made-of"
    if _read(stamp) == wanted:
        return True
    pins = console / "node_modules" / "made-of"
    if _read(pins) != _digest(console / "package-lock.json"):
        run("installing the console's packages", [npm, "ci", "--no-audit", "--no-fund"], LOCAL / "run" / "install-console.log", cwd=console,
            environment=os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"})
        pins.write_text(_digest(console / "package-lock.json"))
    run("building the console", [npm, "run", "build"], LOCAL / "run" / "build-console.log", cwd=console)
    stamp.write_text(wanted)
    return True


def serve_console(stack):
    """The front, if there is a console to serve; it reads `stack.json` and `console/dist` anew for each request."""
    if not build_console():
        return []
    program = HERE / "front.py"
    if not keep_or_stop(stack.front, _digest(program)):
        return []
    say(f"starting the console on port {stack.console_port}")
    bare = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    stack.front.start([sys.executable, program, "--port", stack.console_port, "--stack", stack.file], bare, stack.console_port, _digest(program))
    return [stack.front]


# ---- run, down, clean, status ----


def demonstrate(stack, customers, data, once):
    """Up, the demo, and either stay up or (once) stop what was started and pass the demo's verdict on."""
    started, code = [], 1
    try:
        started = up(stack)
        demo = [sys.executable, str(HERE / "demo" / "main.py"), "--stack", str(stack.file), "--customers", str(customers)]
        demo += ["--data", data] if data else []
        demo += ["--once"] if once else []
        say("the demo")
        code = subprocess.run(demo, cwd=ROOT).returncode
    finally:
        if once:
            for process in reversed(started):
                process.stop()
    if not once:
        addresses(stack)
    return code


def addresses(stack):
    facts = json.loads(stack.file.read_text())
    print(f"""
It stays up.
  console    {facts['console_url']}   (sign in with the line below)
  API        {facts['api_url']}/v1/...
  inbox      {facts['inbox_url']}   (each SMS, e-mail and push that was sent)
  local AWS  {facts['endpoint_url']}
  sign in    {facts['admin_username']} / {facts['admin_password']}
  all of it  {os.path.relpath(stack.file)}
  logs       {os.path.relpath(stack.home / 'run')}/
Stop it with `make stop`; what it knows is kept until `make clean`.""")


def down(stack):
    stopped = [process.name for process in (stack.front, stack.cloud, stack.carriers) if process.stop()]
    if stopped:
        say(f"stopped {' and '.join(stopped)} of the {stack.name} stack")


def clean(stack):
    """Stopped and forgotten; the installed tools stay."""
    down(stack)
    for name in ("run", "state", "tmp", "stack.json", "clock"):
        path = stack.home / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def status(stack):
    for process in (stack.cloud, stack.carriers, stack.front):
        pid = process.pid()
        print(f"{stack.name:5} {process.name:9} " + (f"pid {pid}, {'answers' if process.healthy() else 'does not answer'}" if pid else "stopped"))
    for pid, handler in stack.cloud.children():
        print(f"{'':5} {'function':9} pid {pid}, {handler}")


def end_like_ctrl_c():
    """Being asked to end stops what was started, whoever asks."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["setup", "up", "run", "console", "status", "down", "clean"])
    parser.add_argument("--stack", choices=STACKS, default=None, help="default: run; for status, down and clean: both")
    parser.add_argument("--fresh", action="store_true", help="up: forget what the stack knew")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--data", default="", help="run: a folder of your own customers and orders")
    parser.add_argument("--once", action="store_true", help="run: stop afterwards; the exit code is the demo's")
    options = parser.parse_args()
    one = STACKS[options.stack or "run"]
    end_like_ctrl_c()
    several = [STACKS[options.stack]] if options.stack else list(STACKS.values())
    began = time.monotonic()
    try:
        match options.command:
            case "setup":
                setup()
            case "up":
                up(one, options.fresh)
                say(f"the {one.name} stack is up: {os.path.relpath(one.file)} ({time.monotonic() - began:.1f} s)")
            case "console":
                build_console()
            case "run":
                return demonstrate(one, options.customers, options.data, options.once)
            case "status":
                [status(stack) for stack in several]
            case "down":
                [down(stack) for stack in several]
            case "clean":
                [clean(stack) for stack in several]
    except Failed as failed:
        failed.tell()
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        down(one)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
