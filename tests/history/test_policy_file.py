"""The policy file: what is read from it, what is refused and where, what is added to it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_runner.errors import UsageError
from bench_runner.history import policy_writing
from bench_runner.history.policy_file import EXAMPLE, KEYS, load, parse, read
from bench_runner.model.benchmark import Case
from bench_runner.model.metric import TIME, Metric
from bench_runner.model.policy import Acceptance, Amount, Budget, Floor, Ignored, Rename, Scope, renamed, trail
from bench_runner.model.series import SeriesKey

PATH = Path("bench-policy.toml")
HOSTILE = 'a"b\\c\x1b]0;x\x07\u202e\x7f\u2028<b>|`\n[[accept]]\t\udc80é'


def first_problem(text: str) -> str:
    found = parse(text, PATH).problems
    return f"{found[0].line}: {found[0].message}" if found else ""


def matches(scope: Scope, benchmark: str, *params: str, metric: Metric = TIME) -> bool:
    return scope.matches(SeriesKey(Case(benchmark, params), "uv-py3.11", "lab"), metric)


def test_the_example_is_read_whole() -> None:
    found = parse(EXAMPLE, PATH)
    assert found.problems == ()
    entries = found.entries
    assert entries.floors == (Floor(Scope("io.*", "time"), 0.05),)
    assert entries.budgets == (
        Budget(Scope("io.time_load"), at_most=Amount(2.0, "seconds"), reason="the page has to load"),
        Budget(Scope("*"), worse=0.05, since="v1.0"),
    )
    assert entries.ignored == (Ignored(Scope("net.*"), "the network decides"),)
    assert entries.renames == (Rename("old.time_x", "io.time_x"),)
    assert entries.accepted == (Acceptance("1a2b3c4d", "correctness costs this", "A Uthor", date(2027, 1, 31)),)
    assert [one.line for one in entries.budgets] == [6, 11]


def test_no_file_is_an_empty_policy(tmp_path: Path) -> None:
    found = load(tmp_path / "bench-policy.toml")
    assert not any((found.problems, found.entries.floors, found.entries.budgets, found.entries.accepted))


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("suite.time_x", ("suite.time_x", "1"), ("suite.time_xy",)),
        ("suite.time_x(1)", ("suite.time_x", "1"), ("suite.time_x", "10")),
        ("suite.time_x(*, 'a')", ("suite.time_x", "1", "'a'"), ("suite.time_x", "1", "'b'")),
        ("suite.*", ("suite.a.time_x",), ("other.suite.x",)),
        ("*", ("anything", "at all"), ()),
        ("t?me", ("time",), ("tme",)),
        ("x([1-3])", ("x", "[1-3]"), ("x", "2")),
        ("Time", ("Time",), ("time",)),
    ],
)
def test_a_glob_is_a_whole_name_or_case(glob: str, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    assert matches(Scope(glob), *yes)
    assert not (no and matches(Scope(glob), *no))


def test_a_scope_may_name_metric_environment_and_machine() -> None:
    peak = Metric("peak memory", "bytes")
    assert matches(Scope("*", "peakmemory"), "x", metric=peak)
    assert matches(Scope("*", "peak memory"), "x", metric=peak)
    assert not matches(Scope("*", "time"), "x", metric=peak)
    assert matches(Scope("*", "", "*py3.11", "lab"), "x")
    assert not matches(Scope("*", "", "*py3.12"), "x")
    assert not matches(Scope("*", "", "", "la"), "x")


def test_many_stars_cost_no_time() -> None:
    assert not matches(Scope("*a" * 40 + "b"), "a" * 5000)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[flor]]\n", "0: unknown entry 'flor': did you mean [[floor]]?"),
        ("floor = 3\n", "0: floor must be written as [[floor]], not 3"),
        ("[floor]\nchange = '5 %'\n", "0: floor must be written as [[floor]], not {'change': '5 %'}"),
        ("\n[[floor]]\nbenchmark='*'\nchagne = '5 %'\n", "4: floor '*': unknown key 'chagne': did you mean 'change'?"),
        ("[[floor]]\nchange = '5 %'\n", "1: floor 1: benchmark is missing"),
        ("[[floor]]\nbenchmark = '*'\n", "1: floor '*': change is missing, such as \"5 %\""),
        ("[[floor]]\nbenchmark = '*'\nchange = 5\n", "3: floor '*': change must be a change such as \"5 %\" or 0.05"),
        ("[[floor]]\nbenchmark = '*'\nchange = true\n", "3: floor '*': change must be a change"),
        ("[[floor]]\nbenchmark = '*'\nchange = nan\n", "3: floor '*': change must be a change"),
        ("[[floor]]\nbenchmark = '*'\nchange = '-5 %'\n", "3: floor '*': change must be a change"),
        ("[[floor]]\nbenchmark = '*'\nchange = '5 s'\n", "3: floor '*': change must be a change"),
        ("[[floor]]\nbenchmark = ''\nchange = '5 %'\n", "2: floor '': benchmark must be words in quotes"),
        ("[[budget]]\nbenchmark = '*'\n", "1: budget '*': write one of at_most, at_least, worse"),
        (
            "[[budget]]\nbenchmark = '*'\nat_most = '1 s'\nworse = '5 %'\nsince = 'v1'\n",
            "1: budget '*': write one of at_most, at_least, worse, not at_most and worse",
        ),
        ("[[budget]]\nbenchmark = '*'\nworse = '5 %'\n", "1: budget '*': worse and since go together"),
        ("[[budget]]\nbenchmark = '*'\nat_most = '1 s'\nsince = 'v1'\n", "1: budget '*': worse and since go together"),
        ("[[budget]]\nbenchmark = '*'\nat_most = 'fast'\n", "3: budget '*': at_most must be an amount such as"),
        ("[[budget]]\nbenchmark = '*'\nat_most = '5 %'\n", "3: budget '*': at_most must be an amount, not '5 %'"),
        ("[[budget]]\nbenchmark = '*'\nat_most = inf\n", "3: budget '*': at_most must be an amount such as"),
        ("[[ignore]]\nbenchmark = 'x'\n", "1: ignore 'x': reason is missing"),
        ("[[rename]]\nfrom = 'a.*'\nto = 'b'\n", "1: rename 'a.*': from and to are names, or have one * each"),
        ("[[rename]]\nfrom = 'a.*'\nto = 'a.b.*'\n", "3: rename 'a.*': from matches 'a.b.*' as well"),
        ("[[rename]]\nfrom = 'a'\nto = 'a'\n", "3: rename 'a': from matches 'a' as well"),
        ("[[rename]]\nfrom='a'\nto='b'\n[[rename]]\nfrom='b'\nto='a'\n", "1: rename 'a': the renames lead in a circle"),
        ("[[rename]]\nfrom='a'\nto='b'\n[[rename]]\nfrom='a'\nto='c'\n", "4: rename 'a': stands there twice"),
        ("[[accept]]\nchange = 'it'\nreason = 'r'\n", "2: accept 'it': change must be an id of `bench-runner changes`"),
        ("[[accept]]\nchange = '12345678'\n", "1: accept '12345678': reason is missing"),
        (
            "[[accept]]\nchange = '12345678'\nreason = 'r'\nuntil = '31.1.2027'\n",
            "4: accept '12345678': until must be a day such as 2027-01-31",
        ),
        (
            "[[accept]]\nchange = '12345678'\nreason = 'r'\nuntil = 2027-01-31T10:00:00\n",
            "4: accept '12345678': until must be a day such as 2027-01-31",
        ),
        (
            "[[accept]]\nchange = '12345678'\nreason = 'r'\nuntil = '2027-02-31'\n",
            "4: accept '12345678': until must be",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, problem: str) -> None:
    assert first_problem(text).startswith(problem)


def test_all_problems_are_kept_and_the_good_entries_stay() -> None:
    text = EXAMPLE + "[[floor]]\nbenchmark = '*'\n[[accept]]\nchange = 1\n"
    found = parse(text, PATH)
    assert [one.line for one in found.problems] == [29, 32]
    assert len(found.entries.budgets) == 2


def test_the_first_problem_ends_the_command(tmp_path: Path) -> None:
    path = tmp_path / "bench-policy.toml"
    path.write_text("[[floor]]\n[[floor]]\n")
    with pytest.raises(UsageError, match=r"bench-policy\.toml:1: floor 1: benchmark is missing.*\(1 more: `bench"):
        load(path)


@pytest.mark.parametrize("content", [b"[[floor", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_what_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bench-policy.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"bench-policy\.toml (is not valid TOML|cannot be read)"):
        read(path)


def test_lines_are_not_guessed_where_a_string_looks_like_an_entry() -> None:
    text = "[[ignore]]\nbenchmark = 'x'\nreason = '''\n[[ignore]]\n'''\nwrong = 1\n"
    assert first_problem(text).startswith("0: ignore 'x': unknown key 'wrong'")


def test_a_benchmark_goes_through_several_renames() -> None:
    renames = (Rename("b.*", "c.*"), Rename("a.x", "b.x"))
    assert trail("a.x", renames) == ["a.x", "b.x", "c.x"]
    assert renamed("b.y", renames) == "c.y"
    assert renamed("z", renames) == "z"
    assert Rename("a*a", "b*").of("a") is None


NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).filter(str.strip)
SHARES = st.floats(0, 0.99) | st.integers(0, 400).map("{} %".format)
SCOPES = {"benchmark": NAMES}
PLACES = {"metric": NAMES, "environment": NAMES, "machine": NAMES}
AMOUNTS = st.integers(0, 10**6) | st.sampled_from(["2 s", "1.5 ms", "150 MB", "3 GiB", "7 rows/s", "0"])
IDS = st.text("0123456789abcdef", min_size=8, max_size=8)
DAYS = st.dates(date(1000, 1, 1), date(9999, 12, 31))
ENTRIES: Mapping[str, st.SearchStrategy[Mapping[str, object]]] = {
    "floor": st.fixed_dictionaries({**SCOPES, "change": SHARES}, optional={**PLACES, "reason": NAMES}),
    "budget": st.fixed_dictionaries({**SCOPES, "at_most": AMOUNTS}, optional={**PLACES, "reason": NAMES})
    | st.fixed_dictionaries({**SCOPES, "at_least": AMOUNTS}, optional=PLACES)
    | st.fixed_dictionaries({**SCOPES, "worse": SHARES, "since": NAMES}, optional=PLACES),
    "ignore": st.fixed_dictionaries({**SCOPES, "reason": NAMES}, optional=PLACES),
    "accept": st.fixed_dictionaries({"change": IDS, "reason": NAMES}, optional={"owner": NAMES, "until": DAYS}),
}
WRITTEN = st.lists(st.sampled_from(sorted(ENTRIES)).flatmap(lambda kind: st.tuples(st.just(kind), ENTRIES[kind])))


def toml(value: object) -> str:
    """A value as TOML with every character but the plainest escaped: another writer than ours."""
    if isinstance(value, str):
        return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
    return str(value)


@given(WRITTEN)
def test_whatever_fits_the_schema_is_read_as_it_was_meant(written: list[tuple[str, Mapping[str, object]]]) -> None:
    text = "".join(
        f"[[{kind}]]  # x\n" + "".join(f"{key} = {toml(value)}\n" for key, value in entry.items())
        for kind, entry in written
    )
    found = parse(text, PATH)
    assert found.problems == ()
    entries = found.entries
    for kind, made in (
        ("floor", entries.floors),
        ("budget", entries.budgets),
        ("ignore", entries.ignored),
        ("accept", entries.accepted),
    ):
        meant = [entry for name, entry in written if name == kind]
        assert len(made) == len(meant)
        for one, entry in zip(made, meant, strict=True):
            assert text.splitlines()[one.line - 1] == f"[[{kind}]]  # x"
            check(one, entry)


def check(one: object, entry: Mapping[str, object]) -> None:
    if isinstance(one, Acceptance):
        assert (one.change, one.reason) == (entry["change"], entry["reason"])
        assert (one.owner, one.until) == (entry.get("owner", ""), entry.get("until"))
        return
    assert isinstance(one, Floor | Budget | Ignored)
    assert [one.scope.benchmark, one.scope.metric] == [entry["benchmark"], entry.get("metric", "")]
    assert [one.scope.environment, one.scope.machine] == [entry.get("environment", ""), entry.get("machine", "")]
    share = one.change if isinstance(one, Floor) else one.worse if isinstance(one, Budget) else None
    if share is not None:
        wanted = entry["change"] if isinstance(one, Floor) else entry["worse"]
        meant = float(wanted[:-1]) / 100 if isinstance(wanted, str) else wanted
        assert share == pytest.approx(meant)


@given(st.sampled_from(sorted(KEYS)), NAMES)
def test_an_unknown_key_is_always_named(kind: str, key: str) -> None:
    problem = first_problem(f"[[{kind}]]\n{toml(key)} = 1\n")
    assert ("unknown key" in problem) != (key in KEYS[kind])
    assert "\n" not in problem


def test_adding_leaves_comments_and_order_alone(tmp_path: Path) -> None:
    path = tmp_path / "bench-policy.toml"
    path.write_bytes(b"# ours\r\n[[ignore]]  # first\r\nbenchmark = 'x'\r\nreason = 'r'")
    entry = policy_writing.table(
        "accept", {"change": "12345678", "reason": "why", "owner": "", "until": date(2027, 1, 2)}
    )
    policy_writing.append(path, [entry])
    policy_writing.append(path, [entry.replace("1234", "4321")])
    text = path.read_bytes()
    assert text.startswith(b"# ours\r\n[[ignore]]  # first\r\nbenchmark = 'x'\r\nreason = 'r'\r\n\r\n[[accept]]\r\n")
    assert [one.change for one in load(path).entries.accepted] == ["12345678", "43215678"]
    assert [one.name for one in tmp_path.iterdir()] == ["bench-policy.toml"]


def test_adding_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bench-policy.toml"
    policy_writing.append(path, [policy_writing.table("floor", {"benchmark": "*", "change": "5 %"}, "noise 1 %")])
    assert path.read_text() == '# noise 1 %\n[[floor]]\nbenchmark = "*"\nchange = "5 %"\n'


@given(st.text() | st.just(HOSTILE))
def test_a_hostile_reason_is_one_harmless_string(reason: str) -> None:
    text = policy_writing.table("accept", {"change": "12345678", "reason": "x" + reason})
    found = parse(text, PATH)
    assert found.problems == ()
    (one,) = found.entries.accepted
    assert one.change == "12345678"
    assert not set(one.reason) & set("\x1b\x07\u202e\x7f\u2028\n")


def test_a_damaged_file_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "bench-policy.toml"
    path.write_text("[[floor")
    with pytest.raises(UsageError, match="not valid TOML"):
        policy_writing.append(path, ["[[ignore]]\n"])
    assert path.read_text() == "[[floor"
    assert [one.name for one in tmp_path.iterdir()] == ["bench-policy.toml"]
