"""What a build says that it did outside is found in its output, and nothing else is."""

from pathlib import Path

from engine.reversal.reported import MOST, data_of, reported
from state.files import BuildPaths


def said(root: Path, text: str) -> BuildPaths:
    """A build that printed this."""
    paths = BuildPaths(root)
    paths.output.write_text(text)
    return paths


def test_reports_are_found_in_order_with_their_data(tmp_path: Path) -> None:
    """Each with the data that the compensation will get, to the byte."""
    paths = said(tmp_path, 'hello\n::did open_ticket {"id": 7}\n  ::did ping\r\n::did open_ticket {"id": 8}\nbye')
    deeds = reported(paths)
    assert [deed.name for deed in deeds] == ["open_ticket", "ping", "open_ticket"]
    assert [data_of(paths)[deed.digest] for deed in deeds] == [b'{"id": 7}', b"{}", b'{"id": 8}']
    assert not any("7" in deed.name + deed.text for deed in deeds)


def test_what_is_no_report_is_none(tmp_path: Path) -> None:
    """Bad names, data that are no object, and lines that only speak of one."""
    lines = ("::did", "::did ../x {}", "::did mail [1]", '::did mail {"a"', "say ::did mail {}", "::didmail {}")
    assert reported(said(tmp_path, "\n".join(lines))) == ()


def test_a_flood_of_reports_is_cut(tmp_path: Path) -> None:
    """A build cannot fill the record with them, nor with one that is long."""
    long = '::did mail {"a": "' + "x" * (17 << 10) + '"}\n'
    deeds = reported(said(tmp_path, long + "::did ping\n" * 300))
    assert len(deeds) == MOST and {deed.name for deed in deeds} == {"ping"}


def test_without_an_output_there_is_none(tmp_path: Path) -> None:
    """A build that never ran said nothing."""
    assert reported(BuildPaths(tmp_path)) == ()
