"""Runs asv and bench-runner in turn on a project of its own, and prints what each spends beside the measuring.

    python benchmarks/against_asv.py            # 17 commits, 10 more runs of the last one; about 12 minutes
    python benchmarks/against_asv.py --quick    # 3 commits and 3 runs; about 2 minutes
    python benchmarks/against_asv.py --json figures.json

The project: 20 commits of a small package in pure Python built with setuptools, and 10 benchmarks (13 cases): four
time_* from microseconds to a tenth of a second, three with setup, parameters or setup_cache, one each of mem_*,
peakmem_* and track_*. Each tool has a clone, environments, a home and caches of its own. All commands are what a user
types; asv has its default environment, virtualenv, and bench-runner has its own, uv.

How each figure is taken (CPU is user + system of all processes; every figure is a median, with the number it is of):

  calls          the suite adds up what is spent inside benchmark functions, per batch of calls, calibration and
                 warm-up included; setups and setup_cache are not among it
  warm commit    a commit that was never seen, in an environment that exists; outside = all CPU seconds but calls
  build          a warm commit less the same commit measured once more, which is installed by then
  per benchmark  the same commit with all ten benchmarks less with one (track_lines), over nine
  per commit     what is left of that one: starting, finding commits and benchmarks, saving
  environment    a commit with that one benchmark where no environment is, less what it takes where there is one;
                 packages come from each tool's own warm cache
  inside calls   share of the wall time inside calls, from the first process that imports the suite to the end, when
                 the commit is installed already
  spread         MAD of a timed case's value over runs of one commit, in percent of their median; `at equal time` scales
                 it by the square root of the seconds inside calls, as if both had spent asv's
"""

import argparse
import json
import tempfile
from pathlib import Path


def words():
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 commits and 3 runs, unless told otherwise")
    parser.add_argument("--commits", type=int, help="warm commits to measure, at most 17")
    parser.add_argument("--runs", type=int, help="runs of the last commit for the spread, at least 2; default 10")
    parser.add_argument("--asv-environment", default="virtualenv", metavar="TYPE", help="asv's environment_type")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--folder", type=Path, help="where all is made, and left; a temporary folder otherwise")
    chosen = parser.parse_args()
    chosen.commits = chosen.commits or (3 if chosen.quick else 17)
    chosen.runs = chosen.runs or (3 if chosen.quick else 10)
    if not 1 <= chosen.commits <= 17 or chosen.runs < 2:
        parser.error("--commits is 1 to 17, --runs at least 2")
    if chosen.folder and chosen.folder.exists():
        parser.error(f"--folder {chosen.folder} is there already: name a new one")
    return chosen


def main():
    """Measure, print, and write the figures down."""
    # Below benchmarks/, which is on the path when this is a script; as a part of the suite it is only looked at.
    from against import compare, table

    chosen = words()
    with tempfile.TemporaryDirectory(prefix="against-asv-", ignore_cleanup_errors=True) as temporary:
        folder = chosen.folder or Path(temporary) / "work"
        found = compare.compare(folder.absolute(), chosen.asv_environment, chosen.commits, chosen.runs)
    print(table.text(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
