"""What keeps a link to the world from working, in words that tell the operator what to do."""

from state.errors import MidwatchError


class NotConfigured(MidwatchError):
    """Nothing is wrong, but a setting must be told first."""

    code = 5


class LinkFailed(MidwatchError):
    """The other side cannot be reached, refuses, or says what cannot be understood."""

    code = 6
