"""The commented `midwatch.toml` that a new workspace gets."""

from state import units
from state.settings import windows
from state.settings.keys import DEFAULTS, LIMITS, NAMED, SECTIONS, TASK
from state.settings.values import SandboxKind, Settings


def default_text() -> str:
    """Return a commented `midwatch.toml` with every key and its default."""
    parts = ["# Midwatch's settings. Each key stands here with its default: take its # away to change it.\n"]
    settings = Settings()
    for section in SECTIONS:
        part = getattr(settings, section.holds)
        rows = [(f"# {key.name} = {key.kind.show(getattr(part, key.field))}", key.help) for key in section.keys]
        rows += [
            (f"# [{section.name}.{scope}.{name}]", f"The same keys for one {scope}.")
            for scope, name in section.scopes.items()
        ]
        parts.append(f"\n# {section.help}\n[{section.name}]\n{_aligned(rows)}")
    rows = [
        ("# [tasks.LABEL]", "What holds for the task of this label only."),
        (f"# sandbox = {units.choice(SandboxKind).show(SandboxKind.BUBBLEWRAP)}", TASK[0].help),
        (f"# stall_after = {units.LASTING.show(settings.stall.after_s)}", TASK[1].help),
        (f"# anomalies = {units.TRUTH.show(True)}", TASK[2].help),
        (f"# secrets = {units.TEXTS.show(())}", TASK[3].help),
        ("# [tasks.LABEL.limits]", "In place of [limits] and [limits.action]; the same keys."),
        (f"# memory = {units.SIZE.show(settings.limits.memory_bytes)}", LIMITS[0].help),
    ]
    parts.append(f"\n{_aligned(rows)}")
    for name, kind in NAMED.items():
        if kind.built_in:
            rows = [(f"# [{name}]", ""), (f"# {DEFAULTS[0].name} = {units.TRUTH.show(False)}", DEFAULTS[0].help)]
            parts.append(f"\n{_aligned(rows)}")
        if kind.own:
            rows = [(f"# [{name}]", "")]
            rows += [(f"# {key.name} = {key.kind.show(getattr(settings, key.field))}", key.help) for key in kind.own]
            parts.append(f"\n{_aligned(rows)}")
        shown = {key.field: key for key in kind.keys}
        for label, fields in kind.built_in.items():
            rows = [(f"# [{name}.{label}]", "")]
            rows += [
                (f"# {shown[field].name} = {shown[field].kind.show(value)}", "") for field, value in fields.items()
            ]
            parts.append(f"\n{_aligned(rows)}")
        rows = [(f"# [{name}.NAME]", kind.help)]
        rows += [(f"# {key.name} = {key.kind.show(getattr(kind.example, key.field))}", key.help) for key in kind.keys]
        parts.append(f"\n{_aligned(rows)}")
    parts += [f"\n{_aligned(rows)}" for rows in windows.rows()]
    return "".join(parts)


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = max(len(left) for left, _ in rows)
    return "".join(f"{left:<{width}}  # {right}".rstrip(" #") + "\n" for left, right in rows)
