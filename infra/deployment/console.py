"""Puts the console beside a deployed stack: what its own stack needs to know, and its files.

Reads console/dist and writes the bucket of the console's stack. Guarantees: a file that is there is not sent
again; files come before the page that names them, so a browser never asks for one that is missing; a page
that somebody has open keeps its files for a month.
"""

import hashlib
import mimetypes
from datetime import datetime, timedelta, timezone
from pathlib import Path

FOR_EVER = "public, max-age=31536000, immutable"  # a name under assets/ changes with its content
ASK_FIRST = "no-cache"
KEPT = timedelta(days=30)
NOT_SERVED = ("made-of", ".vite")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("font/woff2", ".woff2")


def parameters_of_console(main, api_id, given):
    """Returns the parameters of the console's stack: what the main stack says, and what was `given`."""
    return {
        "ApiId": api_id,
        "UserPoolId": main.outputs["UserPoolId"],
        "UserPoolClientId": main.outputs["UserPoolClientId"],
        "SignInDomain": main.outputs["SignInDomain"],
        "ImportsBucket": main.outputs["ImportsBucket"],
        "Currency": main.parameters["Currency"],
        "ApiDomain": main.parameters.get("ApiDomain", ""),
    } | given


def files_of(folder, config):
    """Returns content and name of each file, the page that names the others last."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    files = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if not name.startswith(NOT_SERVED):
            files[name] = path.read_bytes()
    if "index.html" not in files:
        raise FileNotFoundError(f"{folder} has no index.html: the console was not built")
    files["config.json"] = config.encode()
    return dict(sorted(files.items(), key=lambda item: (not item[0].startswith("assets/"), item[0] == "index.html")))


def upload(s3, bucket, folder, config, now=None):
    """Brings the bucket up to date; returns how many files were sent and how many old ones deleted."""
    files = files_of(folder, config)
    there = {
        item["Key"]: item
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }
    sent = 0
    for name, content in files.items():
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()  # S3's own mark of a file's content
        if name in there and there[name]["ETag"].strip('"') == digest:
            continue
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=content,
            ContentType=mimetypes.guess_type(name)[0] or "application/octet-stream",
            CacheControl=FOR_EVER if name.startswith("assets/") else ASK_FIRST,
        )
        sent += 1
    before = (now or datetime.now(timezone.utc)) - KEPT
    old = [name for name, item in there.items() if name not in files and item["LastModified"] < before]
    for name in old:
        s3.delete_object(Bucket=bucket, Key=name)
    return sent, len(old)
