"""Until when certificates are good, of files that openssl made."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.learning.problems.certificates import Unreadable, expires


def make(path: Path, days: int, *more: str) -> datetime:
    """Have openssl make a certificate, and tell when it says that it ends."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-subj", "/CN=own.example/O=Ours", "-days", str(days), "-keyout", f"{path}.key", "-out", str(path), *more]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    told = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-enddate"], capture_output=True, check=True)
    said = told.stdout.decode().strip().removeprefix("notAfter=").removesuffix(" GMT")
    return datetime.strptime(said, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)


def test_it_agrees_with_openssl(tmp_path: Path) -> None:
    """For short and long ones: from 2050 on the year is written in another way."""
    for days in (3, 365 * 60):
        path = tmp_path / f"{days}.pem"
        end = make(path, days)
        assert expires(path) == end


def test_of_a_chain_the_first_to_expire_counts(tmp_path: Path) -> None:
    """Text around them, and a private key, do not matter."""
    soon, later = tmp_path / "soon.pem", tmp_path / "later.pem"
    end = make(soon, 2)
    make(later, 300)
    chain = tmp_path / "chain.pem"
    chain.write_text(f"the server\n{later.read_text()}{(tmp_path / 'later.pem.key').read_text()}{soon.read_text()}")
    assert expires(chain) == end
    assert end - datetime.now(UTC) < timedelta(days=3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
        b"\xff\xfe\x00-----BEGIN CERTIFICATE-----MIIB",
    ],
)
def test_what_is_none_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    """Whatever stands in the file."""
    path = tmp_path / "own.pem"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="it holds"):
        expires(path)


def test_no_cut_or_flipped_byte_breaks_it(tmp_path: Path) -> None:
    """A damaged certificate is told as unreadable, or read: nothing else ever happens."""
    path = tmp_path / "own.pem"
    make(path, 9)
    lines = path.read_text().splitlines()
    for place in range(1, len(lines) - 1):
        for cut in (0, 7, 33):
            damaged = [*lines[:place], lines[place][:cut] + "AAAA" + lines[place][cut + 4 :], *lines[place + 1 :]]
            path.write_text("\n".join(damaged))
            try:
                assert expires(path).tzinfo is UTC
            except Unreadable:
                continue
