"""Which values of this process's environment are secrets, by what their variables are called."""

import re
from collections.abc import Mapping

_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|KEY|APIKEY|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?(?:$|_(?!FILE|PATH|ID$|DIR|NAME|SOCK))",
    re.IGNORECASE,
)


def in_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that hold a secret by their name; one that holds a path or a number does not."""
    return {
        name: value for name, value in environment.items() if _SECRET.search(name) and not value.startswith(("/", "~"))
        and not value.isdecimal()
    }  # fmt: skip
