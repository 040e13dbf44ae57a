"""Names the person at the keyboard, for the record."""

import pwd


def operator(uid: int) -> str:
    """Return the actor's name of a user, such as `operator:ada`."""
    try:
        return f"operator:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"operator:{uid}"
