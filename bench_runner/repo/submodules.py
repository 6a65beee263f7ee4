"""Brings submodules to what a laid-out commit wants, level by level, without leftovers of another commit."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from bench_runner.repo.command import NONE, Answer, git

SUBMODULE = "160000"


def update(folder: Path, origin: Path) -> Answer:
    """Lay out the submodules of what is checked out in `folder`; `origin` is the repository that it came from.

    Level by level, because the addresses of one are only known when the commit of the one above is there. A commit
    that the address does not have, such as one never pushed, is looked for in the checkout at `origin`. Returns the
    first answer of git that is bad, else the last one.
    """
    addresses = _addresses(folder, origin)
    _readdress(folder, addresses)
    settings = _settings(addresses)
    bring = ("submodule", "--quiet", "update", "--force")
    answer = git(folder, *bring, variables=settings)
    if not answer.ok and _lent(folder, origin):
        answer = git(folder, *bring, variables=settings)
    for path, _ in wanted(folder) if answer.ok else ():
        inner = folder / path
        if (inner / ".git").exists():  # one that is not to be updated has none
            git(inner, "clean", "--quiet", "-ffdx")
            answer = update(inner, origin / path) if (inner / ".gitmodules").is_file() else answer
        if not answer.ok:
            break
    return answer


def wanted(folder: Path, variables: Mapping[str, str] = NONE) -> Iterator[tuple[str, str]]:
    """Yield path and commit of each submodule, from the index, whose paths never lead out of the folder."""
    listed = git(folder, "ls-files", "--stage", "-z", variables=variables).out
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        mode, _, rest = entry.partition(" ")
        if mode == SUBMODULE:
            yield rest.partition("\t")[2], rest.partition(" ")[0]


def _addresses(folder: Path, origin: Path) -> dict[str, str]:
    """Return name -> address as the commit has them; a relative one lies beside the remote, or else beside `origin`."""
    listed = git(folder, "config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.url$").out
    base = git(folder, "config", "remote.origin.url").text or str(origin)
    found = {}
    for entry in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, _, address = entry.partition("\n")
        found[key.removeprefix("submodule.").removesuffix(".url")] = _absolute(address, base)
    return found


def _absolute(address: str, base: str) -> str:
    """Return an address as git understands one that begins with "./" or "../": from that of a repository."""
    if not address.startswith(("./", "../")):
        return address
    base, separator = base.rstrip("/"), "/"
    while address.startswith(("./", "../")):
        step, _, address = address.partition("/")
        if step == "..":
            separator = "/" if "/" in base else ":"  # host:project, as scp writes it
            base = base.rpartition(separator)[0]
    return f"{base}{separator}{address}"


def _readdress(folder: Path, addresses: Mapping[str, str]) -> None:
    """Tell the clones that are kept of submodules where the commit wants them from."""
    kept = Path(git(folder, "rev-parse", "--path-format=absolute", "--git-path", "modules").text)
    for name, address in addresses.items():
        settings = kept / name / "config"
        if ".." not in PurePosixPath(name).parts and kept in settings.parents and settings.is_file():
            git(folder, "config", "--file", str(settings), "remote.origin.url", address)


def _settings(addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that let git have all submodules, from where the commit wants them.

    `git submodule init` and `sync` would write this into the configuration that the user's own checkout shares.
    """
    pairs = [(f"submodule.{name}.url", address) for name, address in addresses.items()]
    pairs += [(f"submodule.{name}.active", "true") for name in addresses]
    found = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _lent(folder: Path, origin: Path) -> bool:
    """Fetch from the submodules at `origin` what these here lack; return whether anything came."""
    lent = False
    for path, sha in wanted(folder):
        inner, lender = folder / path, origin / path
        if (inner / ".git").exists() and (lender / ".git").exists():
            missing = not git(inner, "cat-file", "-e", f"{sha}^{{commit}}").ok
            lent |= missing and git(inner, "fetch", "--quiet", str(lender.absolute()), sha).ok
    return lent
