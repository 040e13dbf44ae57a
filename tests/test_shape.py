"""The shape of the house: every module small, tested, said in a sentence and where it belongs."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("state", "engine", "widgets", "console")
LINES = 400
MODULES = 14

# Exceptions, by name and with the reason. These lists only shrink: an entry that is no longer needed fails a test.
WITHOUT_TEST = {
    "state/model/anomaly.py": "fields only",
    "state/model/build.py": "fields only",
    "state/model/command.py": "fields only",
    "state/model/control.py": "fields only",
    "state/model/escalation.py": "fields only",
    "state/model/mode.py": "fields only",
    "state/model/progress.py": "fields only",
    "state/model/reason.py": "fields only",
    "state/model/record.py": "fields only",
    "state/model/task.py": "fields only",
    "state/model/verdict.py": "fields only",
    "state/model/view.py": "fields only",
    "state/model/brakes/fault.py": "fields only",
    "state/model/brakes/reversal.py": "fields only",
    "state/model/brakes/rollout.py": "fields only",
    "state/model/brakes/veto.py": "fields only",
    "state/settings/brakes.py": "fields only",
    "state/model/learning/pattern.py": "fields only",
    "state/model/learning/commands.py": "fields only",
    "state/model/learning/problem.py": "fields only",
    "state/model/brakes/source.py": "fields only",
    "state/model/brakes/safekeeping.py": "fields only",
    "state/settings/keeping.py": "fields only",
    "state/settings/forms.py": "fields only",
    "state/model/links/goal.py": "fields only",
    "state/model/links/mail.py": "fields only",
    "engine/links/trouble.py": "fields only",
    "state/model/when/schedule.py": "fields only",
    "engine/learning/problems/facts.py": "fields only",
    "engine/policy/facts.py": "fields only",
    "console/doctor/proof.py": "fields only",
}
LONG_MODULES: dict[str, str] = {}
FULL_FOLDERS: dict[str, str] = {}

# Who writes files, and what.
WRITERS = {
    "state/disk.py": "everything that must be durable",
    "engine/safety/groups.py": "the kernel's control groups",
    "console/demo/make.py": "a demo workspace, and the old one set aside",
    "engine/safety/record.py": "whom to kill, on the way to a build's first instruction",
    "engine/work/cgroup.py": "the kernel's control groups",
    "engine/work/process.py": "the files that a build's supervisor writes to by descriptor",
    "engine/work/programs.py": "the log of a program that outlives us",
    "engine/work/trees/salvage.py": "what a build left, set aside",
    "engine/work/trees/worktree.py": "the operator's index, under git's own lock",
    "engine/work/workspace.py": "a build's git directories, made anew when they are damaged",
}

# What each part may import of ours, and of others' besides the standard library; the longest name that fits decides.
ARROWS = {
    "state.model": ({"state.model"}, {"msgspec"}),
    "state": ({"state"}, {"msgspec", "tinydb"}),
    "engine.policy": ({"engine.policy", "state.model"}, {"msgspec"}),
    "engine.safety": ({"engine.safety", "engine.clock", "state"}, {"msgspec", "asyncinotify", "protego"}),
    "engine.safety.privacy": ({"engine.safety.privacy", "state"}, {"msgspec", "phonenumbers", "re2"}),
    "engine.secrets": ({"engine.secrets", "state"}, {"boto3", "botocore", "hvac", "keyring", "requests"}),
    "engine": (
        {"engine", "state"},
        {"msgspec", "watchfiles", "asyncinotify", "croniter", "icalendar", "recurring_ical_events"},
    ),
    "widgets": ({"widgets", "state.model", "state.text"}, {"textual", "rich"}),
    "console": (
        {"console", "widgets", "engine", "state"},
        {"click", "msgspec", "rich", "textual", "aiohttp", "prometheus_client"},
    ),
}

# Hosts that a file of ours may name.
HOSTS = {"www.apache.org", "www.w3.org", "localhost", "127.0.0.1", "example.com", "a.example.com", "example.org"}


def modules() -> list[Path]:
    """Every module of the product, relative to the root."""
    found = (path for part in PARTS for path in (ROOT / part).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found)


def proofs() -> list[Path]:
    """Every file of tests, relative to the root."""
    return sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file that the repository holds or is about to hold."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file():
            try:
                yield Path(name), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def parse(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def none(found: Iterable[str], what: str) -> None:
    """Fail with every finding, one a line."""
    lines = sorted(found)
    assert not lines, "\n  ".join([f"{what}:", *lines])


def test_parts_are_there() -> None:
    """The walk finds the product, so that none of these tests passes on nothing."""
    assert {path.parts[0] for path in modules()} == set(PARTS)
    assert Path("tests/test_shape.py") in proofs()


def test_modules_open_with_one_sentence() -> None:
    """A module says what it is in one sentence."""
    said = {str(path): ast.get_docstring(parse(path)) or "" for path in modules()}
    several = re.compile(r"[.!?]\s+[A-Z`]|\n\n")
    wrong = [path for path, text in said.items() if not text.endswith(".") or several.search(text)]
    none(wrong, "opens with no sentence, or with several")


def test_modules_are_short() -> None:
    """A module can be read in one sitting."""
    lines = {str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    long = {path for path, count in lines.items() if count > LINES}
    none(long - set(LONG_MODULES), f"longer than {LINES} lines")
    none(set(LONG_MODULES) - long, "excused, and not long any more")


def test_folders_hold_few_modules() -> None:
    """A folder can be seen at a glance."""
    counts = Counter(str(path.parent) for path in modules() if path.name != "__init__.py")
    full = {folder for folder, count in counts.items() if count > MODULES}
    none(full - set(FULL_FOLDERS), f"more than {MODULES} modules")
    none(set(FULL_FOLDERS) - full, "excused, and not full any more")


def test_modules_have_their_tests() -> None:
    """The tests of a module stand where the module stands, in the mirrored tree."""
    bare = {
        str(path)
        for path in modules()
        if path.name != "__init__.py" and not (ROOT / "tests" / path.parent / f"test_{path.name}").is_file()
    }
    none(bare - set(WITHOUT_TEST), "without a test in the mirrored place")
    none(set(WITHOUT_TEST) - bare, "excused, though there is a test or no module any more")


def test_imports_follow_the_arrows() -> None:
    """A module imports only what its part may stand on."""
    wrong = []
    for path in modules():
        dotted = ".".join(path.with_suffix("").parts)
        part = max((name for name in ARROWS if f"{dotted}.".startswith(f"{name}.")), key=len)
        ours, others = ARROWS[part]
        for name in imported(parse(path)):
            top = name.partition(".")[0]
            allowed = ours if top in PARTS else others | sys.stdlib_module_names
            if not any(f"{name}.".startswith(f"{known}.") for known in allowed):
                wrong.append(f"{path} imports {name}")
    none(wrong, "against the arrows")


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_files_are_written_in_their_homes_only() -> None:
    """Whoever writes a file does it through the few modules that know how a write survives a crash."""
    found = {str(path): [ast.unparse(node) for node in ast.walk(parse(path)) if writes(node)] for path in modules()}
    strange = [f"{path}: {call}" for path, calls in found.items() if path not in WRITERS for call in calls]
    none(strange, "writes files itself")
    none([path for path in WRITERS if not found.get(path)], "listed, and writes nothing any more")


def writes(node: ast.AST) -> bool:
    """Whether this is a call that makes, changes or moves a file."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    method = name.rpartition(".")[2]
    if name in {"open", "os.fdopen"}:
        return changes(argument(node, 1, "mode"))
    if name == "os.open":
        return ast.unparse(node.args[0]) != "os.devnull" and any(
            flag in ast.unparse(node) for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND")
        )
    if name in {
        "os.replace",
        "os.rename",
        "os.truncate",
        "shutil.move",
        "shutil.copy",
        "shutil.copy2",
        "shutil.copyfile",
    }:
        return True
    if method == "open":
        mode = argument(node, 0, "mode")
        return isinstance(mode, ast.Constant) and bool(re.fullmatch(r"[rwaxbt+]+", str(mode.value))) and changes(mode)
    # A text's replace() takes two arguments, a path's one.
    moves = method in {"replace", "rename"} and len(node.args) == 1 and not node.keywords
    return moves or method in {"write_text", "write_bytes"}


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """The call's argument, however it is given."""
    if len(call.args) > position:
        return call.args[position]
    return next((given.value for given in call.keywords if given.arg == keyword), None)


def changes(mode: ast.expr | None) -> bool:
    """Whether a file that is opened in this mode can be changed; what cannot be told counts as yes."""
    if mode is None:
        return False
    return not isinstance(mode, ast.Constant) or bool(set(str(mode.value)) & set("wax+"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open(p)", False),
        ("open(p, 'rb')", False),
        ("open(p, 'w')", True),
        ("open(p, mode='ab')", True),
        ("open(p, mode)", True),
        ("p.open('x')", True),
        ("p.open()", False),
        ("Store.open(workspace)", False),
        ("os.open(os.devnull, os.O_WRONLY)", False),
        ("p.write_text('a')", True),
        ("os.open(p, os.O_RDONLY)", False),
        ("os.open(p, os.O_WRONLY | os.O_CREAT)", True),
        ("text.replace('a', 'b')", False),
        ("path.replace(other)", True),
        ("structs.replace(noun, a=1)", False),
    ],
)
def test_a_write_is_told_from_a_read(code: str, expected: bool) -> None:
    """The test above sees what it is meant to see."""
    assert any(writes(node) for node in ast.walk(ast.parse(code))) is expected


def test_each_test_says_what_it_proves() -> None:
    """A test opens with a line that says what it proves."""
    silent = [
        f"{path}:{node.lineno}: {node.name}"
        for path in proofs()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and (not ast.get_docstring(node) or "\n\n" in (ast.get_docstring(node) or ""))
    ]
    none(silent, "does not say what it proves")


def test_texts_name_no_strange_host() -> None:
    """No file names a host but those that are named here on purpose."""
    found = {
        f"{path}: {host}"
        for path, text in texts()
        for host in re.findall(r"https?://([\w.-]+\w)", text)
        if host not in HOSTS and not host.endswith((".example", ".invalid", ".test"))
    }
    none(found, "names a host")


def test_texts_do_not_say_where_they_were_written() -> None:
    """No file names the folder of this checkout, or leaves work for later."""
    here = str(ROOT) if len(ROOT.parts) > 2 else "\0"
    later = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    found = [str(path) for path, text in texts() if here in text or later.search(text)]
    none(found, "names a folder of this machine, or leaves work for later")
