"""All that a search of the demo county runs is compiled at set-up: no user waits for it later."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from planning import zoneproblem
from zoning.draft import grow

ROOT = Path(__file__).parents[1]
SCRIPT = """
import math, pickle, sys
from numba.core.dispatcher import Dispatcher
import zoning

def compiled():
    parts = {
        (part.py_func.__module__, part.py_func.__name__): set(part.signatures)
        for name, module in list(sys.modules.items()) if name.startswith(("zoning.", "gis."))
        for part in vars(module).values() if isinstance(part, Dispatcher)
    }
    return {(name, signature) for name, signatures in parts.items() for signature in signatures}

zoning.warm()
known = compiled()
from zoning import bounds
from zoning.frontier import frontier
from zoning.optimise import optimise
from zoning.reach import reach
from zoning.search import Search
from zoning.solver import Limits
with open(sys.argv[1], "rb") as file:
    problem, present = pickle.load(file)
found = optimise(problem, work=100, exact=True)
assert found.feasible
frontier(problem, present, points=3, seconds=5)
tight = reach(problem)  # chains, which a short search need not come to
search = Search(problem, tight, bounds.linear(problem, tight, Limits()), seed=0)
search.mend(problem.positions(found.zones), Limits(), tries=1, ceiling=math.inf)
new = sorted(name for name, _ in compiled() - known)
assert not new, new
"""


def test_a_search_compiles_nothing_that_was_not_compiled_at_set_up(demo, tmp_path):
    problem = zoneproblem.build(demo, "junior", demo.year)
    asked = tmp_path / "problem"
    asked.write_bytes(pickle.dumps((problem, problem.series(grow(problem)))))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(asked)], check=False, cwd=ROOT, stderr=subprocess.PIPE
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
