"""Bytes that are almost what is expected: real material, spoilt by a seeded hand."""

import random
from collections.abc import Iterator, Sequence

_NASTY = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\x1b[2J",
    b"\x1b]0;x",
    "\u202e".encode(),
    b"[" * 60,
    b'{"a":' * 60,
    b'"' * 9,
    b"'''",
    b"9" * 400,
    b"-1",
    b"1e999",
    b"NaN",
    b"\r\n",
    b"\n" * 40,
    b"  \t",
    b"../../x",
    b"%s%n",
    b"::progress 100 ",
    b"::usage model=a in=9 out=9 ",
    b"@@ -1 +1 @@",
    b"\\u0000",
)


def mutants(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` byte strings, the same for the same seed; some are the seeds themselves."""
    dice = random.Random(seed)
    for _ in range(count):
        data = dice.choice(seeds)
        for _ in range(dice.choice((0, 1, 1, 2, 3, 8))):
            data = _spoilt(data, seeds, dice)
        yield data[: 1 << 16]


def _spoilt(data: bytes, seeds: Sequence[bytes], dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    end = min(len(data), at + dice.choice((1, 1, 2, 8, 64)))
    way = dice.randrange(7)
    if way == 0:
        return data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    if way == 1:
        return data[:at] + data[end:]
    if way == 2:
        return data[:at] + dice.choice(_NASTY) + data[at:]
    if way == 3:
        return data[:end] + data[at:]
    if way == 4:
        return data[:at]
    if way == 5:
        other = dice.choice(seeds)
        return data[:at] + other[dice.randint(0, len(other)) :]
    return data[:at] + dice.randbytes(dice.choice((1, 4, 40))) + data[end:]
