"""How the tests are spread over workers, and what keeps many runs in one process quick."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Files that share one stored study of their folder: one worker makes it for all of them.
ONE_STUDY = {f"tests/end_to_end/test_cli_{name}.py" for name in ("verbs", "plot", "mistakes", "power_events")}
#: Files whose tests share nothing that is dear, so that any worker takes any of them; the last ones even out the load.
SPLIT = {
    f"tests/validation/test_{name}.py"
    for name in ("levers_are_read", "register_is_read", "determinism", "stylised_facts")
}


class ByFile(LoadScopeScheduling):
    """Tests of a file go to one worker, which makes what they share once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file in SPLIT:
            return nodeid
        return "one study" if file in ONE_STUDY else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """Spread by file wherever `-n` is given and no other `--dist`."""
    return ByFile(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: the search for it after every run need not see them."""
    gc.collect()
    gc.freeze()
