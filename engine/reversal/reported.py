"""What a build said that it did outside: lines such as `::did open_ticket {"id": 7}` on its output."""

import hashlib
import re
from collections.abc import Mapping

import msgspec

from engine.work.output import read_log
from state.files import BuildPaths
from state.model.brakes.reversal import Deed

MOST = 100
"""So many are kept of one build, the first first."""
_DATA_BYTES = 16 << 10
_LINE = re.compile(rb"^[ \t]*::did[ \t]+([A-Za-z0-9][A-Za-z0-9_-]{0,63})(?:[ \t]+(\{.*\}))?[ \t]*\r?$", re.MULTILINE)


def reported(paths: BuildPaths) -> tuple[Deed, ...]:
    """Return what a build reported, in order; what is no JSON object, or longer than 16 KiB, is no report."""
    return tuple(Deed(name=name, digest=_digest(data)) for name, data in _lines(paths)[:MOST])


def data_of(paths: BuildPaths) -> Mapping[str, bytes]:
    """Return the reports' data by their digests, as far as the output still has them."""
    return {_digest(data): data for _, data in _lines(paths)}


def _lines(paths: BuildPaths) -> list[tuple[str, bytes]]:
    found = []
    for match in _LINE.finditer(read_log(paths)):
        data = match[2] or b"{}"
        try:
            if len(data) <= _DATA_BYTES:
                msgspec.json.decode(data, type=dict[str, object])
                found.append((match[1].decode(), data))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
            continue
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
