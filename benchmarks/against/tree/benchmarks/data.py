"""What the benchmarks work on, made once in each process."""

import inkwell

LINE = inkwell.text(40)
CHAPTER = inkwell.text(20000).split()
