"""Measures a commit of a real project with asv and with bench-runner in turn, and counts the cases that agree.

    python benchmarks/agreement.py ../packaging -b version --rounds 6
    python benchmarks/agreement.py ../fluids --requirement pytz --environment virtualenv:3.11 --json figures.json

PROJECT is a clone with an asv.conf.json; nothing is fetched and nothing in it is changed: both tools work on clones of
their own, with its configuration but for folders and what --requirement adds, in environments of the same kind.

A case agrees when the median of our rounds lies inside asv's 99 % interval. The process is the unit of what varies:
the samples within a run of asv are more alike than its runs are, so asv's own function (stats_ci_99), which takes them
to be independent, gives intervals that most runs of asv miss. Hence the interval over asv's rounds: Student's t on the
logarithms of their medians. What asv's own function says of the samples of all rounds is printed beside it, and for
both a control: of each round, how often its median lies inside the interval over all other rounds of asv, for asv's
median and for ours side by side.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path


def words():
    """Return what was asked for on the command line."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, help="a clone, or a git folder")
    parser.add_argument("--config", default="asv.conf.json", help="path of the configuration inside the project")
    parser.add_argument("--commit", default="HEAD", help="what to measure")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each tool, at least 3; default 7")
    parser.add_argument("-b", "--bench", default="", help="only benchmarks in which this expression is found")
    parser.add_argument(
        "--environment", default=f"virtualenv:{python}", help="for both; virtualenv of this Python by default"
    )
    parser.add_argument("--requirement", action="append", default=[], help="also installed, for both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--folder", type=Path, help="where all is made, and left; a temporary folder otherwise")
    chosen = parser.parse_args()
    if chosen.rounds < 3:
        parser.error("--rounds is at least 3: the control needs a round and an interval over others")
    return chosen


def main():
    """Measure, print, and write the figures down."""
    # Below benchmarks/, which is on the path when this is a script; as a part of the suite it is only looked at.
    from against import agree, verdict

    chosen = words()
    with tempfile.TemporaryDirectory(prefix="agreement-", ignore_cleanup_errors=True) as temporary:
        folder = chosen.folder or Path(temporary) / "work"
        theirs, mine = agree.rounds(folder.absolute(), chosen)
    found = verdict.judge(theirs, mine)
    print(verdict.text(found))
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": found, "asv": theirs, "bench-runner": mine}, indent=1) + "\n")


if __name__ == "__main__":
    main()
