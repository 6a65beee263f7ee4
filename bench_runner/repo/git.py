"""The measured project's repository: refs, history in order, and commits laid out on disk."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bench_runner.config import is_url
from bench_runner.config.written import shown
from bench_runner.errors import UsageError
from bench_runner.instrument.spans import span
from bench_runner.model.commit import Commit
from bench_runner.repo import log, mirror, whereabouts, worktree
from bench_runner.repo.command import Answer, forget_the_caller, git, without_credentials

USUAL_BRANCHES = ("main", "master")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What git says of a ref that is simply not there; anything else it says is worth repeating.
_PLAIN = ("Needed a single revision", "bad revision")


@dataclass(frozen=True, slots=True)
class Repository:
    """A local repository used in place, or a bare mirror of `url`; the user's checkout is never touched.

    `common` is the git folder that all its worktrees share.
    """

    path: Path
    common: Path
    url: str = ""

    @classmethod
    def open(cls, location: str, cache: Path) -> "Repository":
        """Open a folder, or the mirror of a URL below `cache`; UsageError when there is no repository."""
        forget_the_caller()
        url = location if is_url(location) and not Path(location).is_dir() else ""
        path = mirror.mirror(url, cache) if url else Path(location).absolute()
        if not path.is_dir():
            raise UsageError(f"{path} is not there: set repo in the configuration to your project's folder or URL")
        answer = git(path, "rev-parse", "--path-format=absolute", "--git-common-dir")
        if not answer.ok:
            raise UsageError(f"{path} is not a git repository that can be read ({answer.reason}): {_way_out(path)}")
        return cls(path, Path(answer.text), url)

    @property
    def name(self) -> str:
        """The repository for people: its URL without credentials, or its folder."""
        return without_credentials(self.url) or str(self.path)

    @property
    def user(self) -> str:
        """The name that git gives to commits made here, "" where it knows none."""
        return git(self.path, "config", "user.name").text

    def resolve(self, ref: str) -> str:
        """Return the full sha of the commit that a branch, tag, sha or expression such as HEAD~3 names."""
        self._refuse(ref)
        answer = git(self.path, "rev-parse", "--verify", f"{ref}^{{commit}}")
        if not answer.ok or not _SHA.fullmatch(answer.text):  # "^main" is answered with a sha behind a "^"
            raise self._unknown(ref, answer)
        return answer.text

    def commits(self, *expressions: str, options: Sequence[str] = (), first_parent: bool = True) -> list[Commit]:
        """Return what `git rev-list` lists for the expressions, newest first and children before parents.

        `options` are passed to git as they are: never a user's own words.
        """
        for expression in expressions:
            self._refuse(expression)
        walk = ("--date-order", "--first-parent") if first_parent else ("--date-order",)
        answer = log.log(self.path, *walk, *options, *expressions, "--")
        if not answer.ok:
            raise self._unknown(" ".join(expressions), answer)
        return log.parse(answer.out)

    def known(self, shas: Iterable[str]) -> list[Commit]:
        """Return those commits that the repository (still) has, newest first, on whatever branch."""
        wanted = "".join(f"{sha}\n" for sha in sorted(set(shas)) if _SHA.fullmatch(sha))
        if not wanted:
            return []
        answer = log.log(self.path, "--no-walk=sorted", "--ignore-missing", "--stdin", stdin=wanted.encode())
        if not answer.ok:
            raise self._unknown("a stored commit", answer)
        return log.parse(answer.out)

    def history(self, branch: str | None = None) -> list[Commit]:
        """Return a branch oldest first along first parents: the index of a commit is its revision."""
        return self.commits(self.tip(branch))[::-1]

    def tip(self, branch: str | None = None) -> str:
        """Return the sha at which a branch, by default the default one, stands; a remote's if it is only there."""
        branch = branch or self.default_branch()
        self._refuse(branch)
        for ref in (f"refs/heads/{branch}", branch, f"refs/remotes/origin/{branch}"):
            answer = git(self.path, "rev-parse", "--verify", f"{ref}^{{commit}}")
            if answer.ok:
                return answer.text
        raise self._unknown(branch, answer)

    def default_branch(self) -> str:
        """Return what the remote calls its default branch, else main or master, else what is checked out."""
        if self.path.samefile(self.common):  # bare: HEAD is the default branch and nobody's checkout
            return git(self.path, "symbolic-ref", "--quiet", "--short", "HEAD").text or "HEAD"
        names = self.branches()
        remote = git(self.path, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").text
        if remote in names:
            here = remote.removeprefix("origin/")
            return here if here in names else remote
        current = git(self.path, "symbolic-ref", "--quiet", "--short", "HEAD").text
        usual = [*USUAL_BRANCHES, *(f"origin/{name}" for name in USUAL_BRANCHES)]
        if current in usual:
            return current
        return next((name for name in usual if name in names), current or "HEAD")

    def branches(self) -> set[str]:
        """Return the names of branches, those of remotes with their remote: "main", "origin/main"."""
        answer = git(self.path, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes")
        return {line.split("/", 2)[2] for line in answer.text.splitlines()}

    def tags(self) -> dict[str, str]:
        """Return tag name -> sha of its commit, oldest first; tags of anything else are left out."""
        form = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        lines = git(self.path, "for-each-ref", "--sort=creatordate", form, "refs/tags").text.splitlines()
        found = {}
        for name, kind, sha, inner_kind, inner in (line.split("\0") for line in lines):
            if "commit" in {kind, inner_kind}:
                found[name] = sha if kind == "commit" else inner
            elif inner_kind == "tag":
                found[name] = self.resolve(f"refs/tags/{name}")
        return found

    def whereabouts(self, shas: Collection[str], branch: str | None = None) -> dict[str, str]:
        """Return in words what commits are, none of which stands on the line of a branch (None: the default one)."""
        return whereabouts.of(self, shas, branch)

    def fetch(self) -> None:
        """Bring a mirror up to date; a local repository is the user's to fetch."""
        if self.url:
            with span("fetch"):
                mirror.update(self.path, self.url)

    def checkout(self, sha: str, folder: Path) -> None:
        """Leave exactly the files of a commit, submodules included, in a worktree kept at `folder`.

        Raises UsageError for an unknown commit, EnvironmentFailedError where it cannot be laid out.
        """
        worktree.place(self.path, self.common, self.resolve(sha), folder.absolute())

    def _refuse(self, ref: str) -> None:
        """Refuse what git would take for an option, or could not be given at all."""
        if not ref.strip() or ref.startswith("-") or "\0" in ref:
            raise UsageError(f"{shown(ref)} is not a ref: give a branch, a tag or a commit of {self.name}")

    def _unknown(self, ref: str, answer: Answer) -> UsageError:
        """Return the error for a ref that does not resolve, with the nearest name there is."""
        names = sorted(self.branches() | self.tags().keys())
        near = next(
            (near for word in re.split(r"\.{2,3}|[\^~@: ]", ref) for near in get_close_matches(word, names, 1)), ""
        )
        ways = [f"did you mean {near!r}?"] if near and near not in ref else []
        if not names:
            ways = ["it has no commits yet"]
        elif (self.common / "shallow").exists():
            ways.append("the clone is shallow: `git fetch --unshallow` brings the rest")
        elif not ways:
            ways = ["`git fetch` it first" if not self.url else "is it pushed?"]
        reason = "" if answer.reason.startswith(_PLAIN) else f" ({answer.reason})"
        return UsageError(f"unknown ref {shown(ref)} in {self.name}{reason}: {'; '.join(ways)}")


def _way_out(path: Path) -> str:
    """Return what to do about a folder that is no repository: often the repository is further up."""
    above = next((parent for parent in path.parents if (parent / ".git").exists()), None)
    return f'set repo to "{above}" and repo_subdir to the rest' if above else "set repo to one, or run `git init` there"
