"""Parameters of a deployment: read from the command line, quoted for sam, and digested to a release.

Uses the standard library alone. Guarantees: a parameter that the template lacks is refused before
anything is built, and the same code, template and parameters have the same digest.
"""

import hashlib
import re
import shlex

NAME = re.compile(r"[A-Za-z0-9]+")
PLAIN = re.compile(r'[^\s"\\]+')  # what sam reads without quotes
GRADUAL = "Canary10Percent5Minutes"


class WrongParameters(Exception):
    """Says which parameter cannot be deployed, and why."""


def read_parameters(text, template, given_otherwise=()):
    """Returns parameters of a template by name from `Name=value` with blanks between, values in quotes if they have some.

    `template` is its text, `given_otherwise` are the names that have an option of their own.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise WrongParameters(f"PARAMETERS cannot be read: {error}") from error
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not NAME.fullmatch(name) or name in given_otherwise:
            others = f", and not {', '.join(sorted(given_otherwise))}" if given_otherwise else ""
            raise WrongParameters(f"PARAMETERS has {word}: Name=value is meant, with blanks between{others}")
        if not re.search(rf"^  {name}: {{Type:", template, re.MULTILINE):
            raise WrongParameters(f"PARAMETERS has {name}, and the template has no such parameter")
        found[name] = value
    return found


def sam_words(parameters):
    """Returns parameters as arguments of `sam deploy --parameter-overrides`, which reads quotes by itself."""
    return [f"{name}={value if PLAIN.fullmatch(value) else quoted(value)}" for name, value in parameters.items()]


def quoted(value):
    """Returns a value in the quotes that sam reads."""
    escaped = value.replace('"', '\\"')  # it takes any other backslash for itself
    return f'"{escaped}"'


def release_of(package, template, parameters):
    """Returns the parameter `Release`: the digest of all that a version of the functions is made of.

    The console's address is no part of it: no function reads it, and it is known only after the
    first deployment.
    """
    digest = hashlib.sha256()
    told = sorted((name, value) for name, value in parameters.items() if name not in ("ConsoleOrigin", "Release"))
    for part in (package, template.encode(), repr(told).encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:10]


def with_rollout(parameters, stage):
    """Returns the parameters with the rollout of production: gradual, unless another is named."""
    return parameters if stage != "prod" or "Rollout" in parameters else parameters | {"Rollout": GRADUAL}
