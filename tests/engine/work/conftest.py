"""What the tests here share: a workspace in which nothing stays alive."""

from tests.engine.work.running import workspace

__all__ = ["workspace"]
