"""What is taken out of texts, and what is left as it was."""

import string

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.safety.privacy.scrubber import Scrubber
from state import line, records
from state.model import build as b
from state.model import task as t
from state.model.reason import Reason
from state.model.when.schedule import Ran, Run, ScheduleState
from state.settings import PrivacySettings
from tests.making import NOON, a_build, a_task

KEY = "ghp_" + "a1B2c3D4e5" * 4
SECRETS = {"DEPLOY_TOKEN": "open-sesame-42", "MANY_LINES": "first line 11\nsecond line 22"}
SETTINGS = PrivacySettings(people=("Ada Lovelace", "Zoë"), patterns=("EMP-[0-9]{6}",))
PIECES = [
    "ada@example.org", "+44 20 7946 0958", KEY, "Ada Lovelace", "zoë", "EMP-123456", "open-sesame-42", "first line 11",
    "https://u:pw@host.example/x", "password=geheim", 'password: "geheim"', '"api_key" : "a1B2c3D4e5a1B2c3D4e5"',
    "[mail]", "[mail 1]", "[secret DEPLOY_TOKEN]", "token: ", "@",
    "+", "Ada", "Lovelace", "sk-", "=", "\\", '"', "\n", "\x1b", "\u2026", " ", ".", "-", "1", "a", "//", ":", "[", "]",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6))).map("".join)


def scrubber() -> Scrubber:
    return Scrubber(SETTINGS, SECRETS)


ONE = scrubber()


@given(texts)
def test_nothing_that_is_found_survives(text: str) -> None:
    """What was scrubbed holds nothing more to find, so scrubbing it again changes nothing."""
    once = ONE.text(text)
    assert ONE.found(once) == ()
    assert ONE.text(once) == once
    for piece in ("open-sesame-42", "EMP-123456"):
        assert piece not in once


@given(texts)
@example("…@\x08…")
def test_the_quick_look_at_a_line_misses_nothing(text: str) -> None:
    """Wherever in a line of JSON something stands, and however it is escaped there, the line does not pass."""
    data = records.encode(Reason(actor="engine", action="noted", why=text))
    assert ONE.text(text) == text or not ONE.passes(data)


@given(st.text(alphabet=string.ascii_letters + string.digits + " .,;:/_()-'\n", max_size=200))
def test_plain_words_stay(text: str) -> None:
    """Without an @, a +, a prefix of a key or a configured name there is nothing to take out."""
    plain = Scrubber()
    assert plain.text(text) == text or any(kind == "token" for kind, _ in plain.found(text))


OURS = [
    "made from 23bb08b1f0c2 of main",
    "into main on 0123456789ab",
    "merged into main as 23bb08b1f0c2",
    f"diff {'0123456789abcdef' * 4}",
    "token 0123456789abcdef0123456789abcdef, boot 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "tidy-1 dead in 12 ms (SIGKILL to 1234567890)",
    "2026-02-06T23:00:00.123456Z, 2026-02-06 23:00, 23:00:00+01:00, 06/02/2026",
    "1,234,567,890 bytes of output were cut; disk_bytes was 4,294,967,296, and 2,147,483,648 are allowed",
    "exit code 1: pytest -q tests/state/test_store.py::test_x[a-1] FAILED in 12.34s",
    "asyncinotify==4.4.4, croniter>=7.0,<8, textual 8.2.1+local.5, v1.2.3-rc.1+build.11",
    "task-skills-and-sk-learn-upgrade-to-1-5: queued",
    "no secret: the password is asked for; a token is needed, and the api key too",
    "/home/ada/work/.midwatch/builds/tidy-1/output.log:17: warning",
    "git@git.example.org:team/repo.git, ssh://git@git.example.org/x",
    "depends on a, b and c; waits for 0 30 2 * * *",
    "10.0.0.1:8080 127.0.0.1 ::1 fe80::1%eth0 0xdeadbeef 1e+10 +5 -3 +12.5% C++11 1+1",
    "process 2147483647 (1769990400.123) at 0x7ff3b0f020c0",
    "[token] [mail 2] [secret DEPLOY_TOKEN]",
    "--limit memory=2G,time=30m,processes=64 --grace 10s",
    "password=$PASSWORD, PWD=/root, token=$(cat token)",
    "npm_config_cache=/tmp/x sha256:" + "ab" * 32,
]


@pytest.mark.parametrize("text", OURS)
@pytest.mark.parametrize("region", ["", "US", "DE"])
def test_what_the_engine_says_itself_is_no_false_alarm(text: str, region: str) -> None:
    """Hashes, commits, ids, times, sizes, versions, paths and commands stay word for word."""
    assert Scrubber(PrivacySettings(phone_region=region)).text(text) == text


def test_a_line_about_ordinary_work_passes_at_once() -> None:
    """A whole line of the journal with every kind of id in it needs no second look."""
    running = b.Running(
        token="0123456789abcdef" * 2, pid=1234, start_ticks=99, boot="3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    )
    build = a_build("tidy-1", running, repo="/home/ada/x", base="0123456789" * 4, digest="0a" * 32)
    body = line.body_of(
        Reason(actor="engine", action="build_started", why="its command was started", label="tidy", build="tidy-1"),
        [("builds", records.encode(build)), ("tasks", records.encode(a_task(state=t.Building(build="tidy-1"))))],
    )
    assert scrubber().passes(body)
    assert not scrubber().passes(body.replace(b"its command", b"ada@example.org"))


def test_records_are_cleaned_but_for_what_names_things() -> None:
    """Texts lose what was found; labels, ids and places, which others go by, stay."""
    finished = b.Finished(ending="failed", text=f"exit code 1: {KEY}", at=NOON)
    build = a_build("ada-lovelace-1", finished, repo="/home/zoë/x", notes=("told ada@example.org",), step="for Zoë")
    cleaned = scrubber().clean(build)
    assert (cleaned.id, cleaned.label, cleaned.repo) == (build.id, build.label, build.repo)
    assert (cleaned.step, cleaned.notes) == ("for [name]", ("told [mail]",))
    assert cleaned.state == msgspec.structs.replace(finished, text="exit code 1: [token]")
    state = ScheduleState(
        name="zoë", last=Run(slot=None, by="x", started_at=NOON, outcome=Ran.DONE, text="open-sesame-42")
    )
    assert scrubber().clean(state).last.text == "[secret DEPLOY_TOKEN]"
    assert scrubber().clean(state).name == "zoë"


def test_a_task_keeps_its_own_words() -> None:
    """What a task says of itself was looked at when it came in, and its approval is bound to it."""
    task = a_task(command="mail ada@example.org", state=t.Failed(build="", text="ada@example.org", at=NOON))
    cleaned = scrubber().clean(task)
    assert cleaned.spec == task.spec
    assert cleaned.state.text == "[mail]"


def test_a_clean_noun_is_the_same_one() -> None:
    """Where there is nothing to take out, nothing is made anew."""
    build = a_build()
    assert scrubber().clean(build) is build


def test_each_line_of_a_secret_is_one() -> None:
    """A key of several lines is found where only one of them was printed."""
    assert scrubber().text("> second line 22") == "> [secret MANY_LINES]"


def test_secrets_and_settings_that_come_later_count() -> None:
    """What is learned while it runs is looked for from then on."""
    one = Scrubber()
    assert one.text("hunter-two, Zoë") == "hunter-two, Zoë"
    one.know({"NEW": "hunter-two", "SHORT": "abc"})
    one.apply(SETTINGS)
    assert one.text("hunter-two, Zoë, abc") == "[secret NEW], [name], abc"


def test_people_who_are_met_count_beside_those_of_the_settings() -> None:
    """Hundreds of them are no trouble, and meeting them again changes nothing."""
    one = Scrubber(SETTINGS)
    one.meet([f"Person Number{number} von Somewhere" for number in range(300)])
    assert (
        one.text("Number7 is no one; Person Number7 von Somewhere and Zoë are")
        == "Number7 is no one; [name] and [name] are"
    )
    net = one._ready()
    one.meet(["Person Number7 von Somewhere"])
    assert one._ready() is net
