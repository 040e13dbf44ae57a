"""The page in the folder of signals that says how one is written."""

README = """\
# Signals

A file here that ends in `.json` tells Midwatch of something. Any program may put one here. Write it under another
name first (one that begins with a dot) and rename it, or write it at once: a file that is not whole yet is left alone
for a few seconds.

    {
      "id": "ci-2026-02-06-1",
      "type": "system_health",
      "priority": "high",
      "created": "2026-02-06T22:00:00Z",
      "source": "ci",
      "payload": {"text": "the mirror has not been updated for two days"}
    }

- `id`: unique for ever: letters, digits and . _ : - (at most 100). A signal is acted on once.
- `type`: goals_updated, task_queue_growing, generate_tasks, system_health, daemon_crashed, spawn_agent,
  approval_needed, review_needed, build_failed, build_stalled, unclear, low_confidence, limit_reached, anomaly,
  opportunity. Any other counts as unclear.
- `priority`: low, medium, high or urgent; medium when left out. An urgent one is taken at once where an engine runs,
  the others by the next `midwatch heartbeat`.
- `created`, `source`, `payload`: may be left out. Of the payload, `text` is shown; `label` names the task that it is
  about.
- `payload.confidence`: 0 to 1, how sure the sender is; `payload.impact`: US dollars at stake. Below 0.7, or above 50,
  the operator decides (`[signals]` in midwatch.toml).

`spawn_agent` asks for a task: `payload.task` holds the fields of a task file (label, title, description, criteria,
category, command and so on). It waits in the queue for what the rules say of it, and its result is never merged
unseen.

What was acted on goes to `handled/`, with what became of it. What is no signal goes to `bad/`, with the reason in a
file beside it. `midwatch signals` lists all three.
"""
