"""The engine is killed at random moments, again and again, and every promise that it made is kept."""

from pathlib import Path

import pytest

from tests.front.crashing import Campaign

CYCLES = 200
SEED = 20260304


@pytest.mark.slow
def test_no_promise_is_broken_by_200_sudden_deaths(tmp_path: Path) -> None:
    """No acknowledged task is lost or doubled, no build runs twice, no merge is half, no process is left."""
    campaign = Campaign(tmp_path, CYCLES, SEED)
    try:
        campaign.run()
        campaign.finish()
        figures = campaign.account()
        print(figures)
        # It was no idle walk: work was going on when the engines died.
        assert figures["promised"] > CYCLES / 4
        assert figures["tasks"]["done"] > CYCLES / 4
        assert figures["outlived"] > CYCLES / 8
    finally:
        campaign.space.close()
