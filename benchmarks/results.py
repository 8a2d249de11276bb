"""How quickly many stored runs are read: 1,000 runs summarised by scenario and month.

    python benchmarks/results.py [runs] [months]

Makes the runs in a temporary folder (two scenarios, England's table of the usual size, made-up numbers), then reads
them in three ways, each in a process of its own so that peak memory is its own: one SELECT of `aft_sim.study.query`,
one `ResultSet.frame` of everything, and run by run with pyarrow. Asserts nothing.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.outcomes import registry
from aft_sim.study.provenance import Inputs
from aft_sim.study.result import RunResult, ScenarioInfo
from aft_sim.study.store import Store

WAYS = ("query", "frame", "runs")
SQL = (
    "select scenario, month, avg(list) as list, stddev_samp(list) as spread from england "
    "where basis = 'england' and quintile = 'all' group by all order by all"
)


def make(folder: Path, runs: int, months: int) -> None:
    """Store made-up runs of two scenarios."""
    labels = [f"{2026 + i // 12}-{1 + i % 12:02d}" for i in range(1, months + 1)]
    level = registry.LEVELS["england"]
    keys = [(m, b, q) for m in labels for b in registry.BASES for q in ("all", *registry.QUINTILES)]
    columns = dict(zip(level.keys, map(list, zip(*keys, strict=True)), strict=True))
    infos = tuple(ScenarioInfo(name, name, f"hash of {name}") for name in ("baseline", "policy"))
    seeds = tuple(range(1, runs // 2 + 1))
    rng = np.random.default_rng(1)
    with Store.open(folder, infos, Inputs(), seeds) as store:
        for info in infos:
            for seed in seeds:
                numbers = {name: 1e6 * rng.random(len(keys)) for name in level.values}
                table = pa.table(columns | numbers, schema=level.schema)
                store.write(RunResult(info.name, info.hash, seed, 0, {"england": table}, ()))
        store.status = "complete"
        store.write_manifest()


def read(way: str, folder: Path) -> int:
    """Summarise by scenario and month; the number of rows of the summary."""
    if way == "query":
        from aft_sim.study.query import query

        return int(query(folder, SQL).num_rows)
    from aft_sim.study.stored import load

    results = load(folder)
    if way == "frame":
        table = results.frame("england")
        table = table.filter(pc.and_(pc.equal(table["basis"], "england"), pc.equal(table["quintile"], "all")))
    else:
        parts = []
        for run in results:
            one = run.tables["england"]
            one = one.filter(pc.and_(pc.equal(one["basis"], "england"), pc.equal(one["quintile"], "all")))
            scenario = pa.repeat(pa.scalar(run.scenario), one.num_rows)
            parts.append(one.select(["month", "list"]).append_column("scenario", scenario))
        table = pa.concat_tables(parts)
    return int(table.group_by(["scenario", "month"]).aggregate([("list", "mean"), ("list", "stddev")]).num_rows)


def main() -> None:
    """Print time and peak memory of each way."""
    if len(sys.argv) > 3:
        started = time.perf_counter()
        rows = read(sys.argv[1], Path(sys.argv[2]))
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{sys.argv[1]:<6} {seconds:6.2f} s  peak {peak:5.0f} MB  {rows} rows")
        return
    runs, months = (int(text) for text in (*sys.argv[1:], *("1000", "122")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        started = time.perf_counter()
        make(folder, runs, months)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        print(f"{runs} runs of {months} months, {size:.0f} MB, written in {time.perf_counter() - started:.1f} s")
        for way in WAYS:
            subprocess.run([sys.executable, __file__, way, str(folder), "read"], check=True)


if __name__ == "__main__":
    main()
