"""How long a user waits before anything happens: import, help, register, scenario, baseline.

Each figure is the best of several new processes (import, help) or calls (the rest), because a machine is only ever
slowed down by others. Run: python benchmarks/startup.py [repeats]
"""

from __future__ import annotations

import subprocess
import sys
import time

#: What is measured, the code, and the time it should stay under.
PROCESSES = {
    "import aft_sim": ("import aft_sim", 0.3),
    "aft-sim --help": ("import sys; sys.argv = ['aft-sim', '--help']; from aft_sim.cli import main; main()", 0.7),
    "first baseline": ("from aft_sim.baseline import bundle; bundle.load()", 0.3),
    "aft-sim list": ("import sys; sys.argv = ['aft-sim', 'list']; from aft_sim.cli import main; main()", None),
}
CALLS = {
    "load it again": (
        "from aft_sim.baseline import bundle",
        "bundle.load.cache_clear(); bundle.load()",
        0.3,
    ),
    "load the register": (
        "from aft_sim.spec import register",
        "register._shipped.cache_clear(); register.Register.load()",
        None,
    ),
    "load a scenario": ("import aft_sim", "aft_sim.load_scenario('aft-wide')", None),
}
TIMER = "import time; t = time.perf_counter(); {code}; print('', time.perf_counter() - t)"


def process(code: str, repeats: int) -> float:
    """Seconds of a new Python from start to end, less those of a Python that does nothing."""

    def once(text: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", text], stdout=subprocess.DEVNULL, check=False)
        return time.perf_counter() - start

    return min(once(code) for _ in range(repeats)) - min(once("pass") for _ in range(repeats))


def call(setup: str, code: str, repeats: int) -> float:
    """Seconds of a call in a process that has made its imports."""
    text = f"{setup}\n{code}\n" + "\n".join([TIMER.format(code=code)] * repeats)
    out = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout
    return min(float(line) for line in out.split())


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = [(name, process(code, repeats), aim) for name, (code, aim) in PROCESSES.items()]
    rows += [(name, call(setup, code, repeats), aim) for name, (setup, code, aim) in CALLS.items()]
    for name, seconds, aim in rows:
        print(f"{name:22s}{1000 * seconds:8.0f} ms" + (f"   aim {1000 * aim:.0f} ms" if aim else ""))


if __name__ == "__main__":
    main()
