"""Tests of console.cli.brakes.http."""


def test_the_token_is_printed_and_stays_the_same(midwatch):
    """Asked twice it is the same, and `--json` says where to send it."""
    printed = midwatch.ok("http", "token").strip()
    assert len(printed) >= 43
    assert midwatch.json("http", "token") == {"token": printed, "url": ""}
    midwatch.workspace.settings.write_text("[http]\nport = 8377\n")
    assert midwatch.json("http", "token")["url"] == "http://127.0.0.1:8377"


def test_it_listens_nowhere_without_a_port(midwatch):
    """The default is off, and what to set is said."""
    code, complaint = midwatch.fails("http", "serve")
    assert code == 1 and "[http] port" in complaint


def test_another_address_than_this_machine_is_refused_with_the_reason(midwatch):
    """The settings name file, line and key, and why not."""
    midwatch.workspace.settings.write_text('[http]\nport = 8377\nhost = "0.0.0.0"\n')
    code, complaint = midwatch.fails("http", "serve")
    assert code == 1 and "midwatch.toml:3: http.host" in complaint and "token would pass" in complaint
