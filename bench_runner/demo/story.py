"""What happens in the demo project: the edits that change its speed or size, and the everyday ones around them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One commit: its subject, the file, and the text put in place of `old`; "" appends to the file."""

    subject: str
    path: str
    new: str
    old: str = ""


# time_score does 13 windows' work for 10: +30 %
STEP = Edit("rank: weigh as many neighbours as the paper does", "quire/rank.py", "WINDOWS = 13", "WINDOWS = 10")
# time_wrap does 27 passes' work for 25: +8 %
SMALL = Edit("layout: move break points over the whole margin", "quire/layout.py", "PASSES = 27", "PASSES = 25")
# peakmem_index holds three buffers of 50 MiB for two, beside some 20 MiB of interpreter: about +40 %
MEMORY = Edit(
    "index: keep the column of each word", "quire/index.py", '("place", "column", "length")', '("place", "length")'
)
# time_merge does the work of 25 distances for 20: +25 %, until it is mended
SLOWER = Edit("merge: find lines that moved further", "quire/merge.py", "REACH = 25", "REACH = 20")
MENDED = Edit("merge: look no further than one screen", "quire/merge.py", "REACH = 20", "REACH = 25")
# the generator of the table uses a name that is gone, until the next commit
BROKEN = Edit("setup: name the ranges after what they hold", "setup.py", "CAPITALS = (", "RANGES = (")
REPAIRED = Edit("setup: use the new name in the loop as well", "setup.py", "in CAPITALS:", "in RANGES:")
# a heading as high as the page leaves no room at all, and the loop never ends
HANGS = Edit("columns: let a heading take the whole page", "quire/columns.py", "- heading, 0)", "- heading, 6)")
RETURNS = Edit("columns: leave room below every heading", "quire/columns.py", "- heading, 6)", "- heading, 0)")

EVERYDAY = (
    Edit("Say in the README how to install", "README.md", "\nInstall with `pip install quire`.\n"),
    Edit("Test that an empty text holds no words", "tests/test_words.py", "from quire.words import split\n\n\n"
         "def test_an_empty_text_holds_no_words():\n    assert split([]) == 0\n"),
    Edit("docs: explain windows", "docs/search.md", "\nA window is the distance at which words are neighbours.\n"),
    Edit("Note the table builder in the change log", "CHANGELOG.md", "\n- the folding table is made at build time\n"),
    Edit("Release 0.3.1", "pyproject.toml", 'version = "0.3.1"', 'version = "0.3.0"'),
    Edit("Test packing of single numbers", "tests/test_pack.py", "from quire.pack import unpack\n\n\n"
         "def test_a_single_number_stays_itself():\n    assert unpack([(1, 7)]) == (1, 7)\n"),
    Edit("docs: typo", "docs/layout.md", "gaps is least", "gaps is leest"),
    Edit("layout: say what badness means", "quire/layout.py",
         '"""Breaks paragraphs into lines; uneven ones are bad."""',
         '"""Breaks paragraphs into lines."""'),
    Edit("README: name the Python versions", "README.md", "\nPython 3.7 or newer.\n"),
    Edit("Test words at both ends of a text", "tests/test_words.py",
         "\n\ndef test_words_at_both_ends_count():\n    assert split([65, 32, 66]) == 2\n"),
    Edit("Keep coverage files out of git", ".gitignore", ".coverage\n"),
    Edit("docs: where lines are broken", "docs/layout.md", "\nA line is never broken inside a word.\n"),
    Edit("Release 0.4.0", "pyproject.toml", 'version = "0.4.0"', 'version = "0.3.1"'),
    Edit("words: doc string in the active voice", "quire/words.py", '"""Splits a text into its words."""',
         '"""Splits text into words."""'),
    Edit("Test that runs add up", "tests/test_pack.py",
         "\n\ndef test_runs_add_up():\n    assert unpack([(2, 3), (1, 4)]) == (3, 10)\n"),
    Edit("docs: an example query", "docs/search.md", "\nTry `small red house`.\n"),
    Edit("Thank the people who reported errors", "README.md", "\nThanks to all who wrote in.\n"),
    Edit("Describe the package in full", "pyproject.toml", "Lay out, search, merge and store plain text",
         "Lay out, search and store plain text"),
    Edit("Change log for 0.5", "CHANGELOG.md", "- headings may be longer\n"),
    Edit("Release 0.5.0", "pyproject.toml", 'version = "0.5.0"', 'version = "0.4.0"'),
)  # fmt: skip
