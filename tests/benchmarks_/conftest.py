import sys
from pathlib import Path

# The scripts below benchmarks/ find their parts beside themselves, as any script does.
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
