"""Many runs at once: time, memory of the workers, size on disk, what a second process gains and what storing costs.

Run: python benchmarks/batch.py [seeds] [until]   (two scenarios; default 10 seeds to March 2036)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import aft_sim

SCENARIOS = ("no-aft", "aft-wide")


def workers_memory() -> list[int]:
    """Resident memory of each child process in MB (Linux)."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=False).stdout
    memory = []
    for pid in found.split():
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        memory += [int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")]
    return [mb for mb in memory if mb > 50]


def batch(seeds: int, until: date, workers: int, out: str | None) -> tuple[float, list[list[int]]]:
    """Seconds of a batch, and the workers' memory after each run."""
    scenarios = [aft_sim.load_scenario(name) for name in SCENARIOS]
    memory: list[list[int]] = []
    start = time.perf_counter()
    aft_sim.run_batch(
        scenarios,
        seeds,
        until=until,
        workers=workers,
        out=out,
        progress=lambda done, total, what: memory.append(workers_memory()),
    )
    return time.perf_counter() - start, memory


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    until = date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else date(2036, 3, 31)
    runs = 2 * seeds
    few = max(seeds // 5, 2)
    batch(1, date(2026, 3, 31), 1, None)  # compile, open the world
    bare, _ = batch(few, until, 1, None)
    with tempfile.TemporaryDirectory() as folder:
        stored, _ = batch(few, until, 1, f"{folder}/one")
        two, _ = batch(few, until, 2, f"{folder}/two")
        whole, memory = batch(seeds, until, 2, f"{folder}/all")
        size = sum(path.stat().st_size for path in Path(f"{folder}/all").rglob("*") if path.is_file())
    first = next((m for m in memory if len(m) == 2), [])
    last = next((m for m in reversed(memory) if len(m) == 2), [])
    print(f"{runs} runs on 2 processes       {whole:8.0f} s    {60 * runs / whole:6.1f} runs a minute")
    print(f"a run in one process         {bare / (2 * few):8.2f} s")
    print(f"storing it                   {100 * (stored / bare - 1):8.1f} %    of its time")
    share = 100 * stored / (2 * two)
    print(f"2 processes over 1           {share:8.0f} %    in {2 * few} runs, start of processes included")
    print(f"memory of the processes      {first} MB after the first runs, {last} MB at the end")
    print(f"size on disk                 {size / 1e6:8.0f} MB   {size / 1e6 / runs:.2f} MB a run")


if __name__ == "__main__":
    main()
