"""Digests of files, and the stamps that say which version of its inputs a thing was made from.

Reads files and writes nothing. An installed tool, a built console and a running process each have a
stamp; whatever has a current stamp is kept as it is. Used by install.py, build.py and stack.py.
"""

import hashlib


def file_digest(path):
    """Returns the SHA-256 digest of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp(path):
    """Returns the text of a stamp file, or an empty text if there is none."""
    try:
        return path.read_text()
    except OSError:
        return ""
