"""Puts changes as the ledger knows them into the groups that they were found in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench_runner.history.grouping import Group, ranked
from bench_runner.history.ledger import Reconciled
from bench_runner.model.change import Change
from bench_runner.model.commit import Commit


@dataclass(frozen=True, slots=True)
class Settled:
    """Groups and changes of production as they stand, and apart from both what a person has dismissed."""

    groups: tuple[Group, ...]
    deployed: tuple[Change, ...]
    dismissed: tuple[Change, ...]


def settled(groups: Sequence[Group], told: Reconciled, commits: Sequence[Commit]) -> Settled:
    """Return what was reconciled: the changes of the groups, in their order, and then those of production.

    A change that is no longer seen joins the group of its commit, or makes one of its own.
    """
    made, taken = [], 0
    for one in groups:
        mine = told.changes[taken : taken + len(one.changes)]
        taken += len(mine)
        made.append(_without_dismissed(replace(one, changes=mine)))
    for change in told.kept:
        if not change.production:
            _join(made, change, commits[change.revision])
    deployed = (*told.changes[taken:], *(one for one in told.kept if one.production))
    dismissed = (one for one in (*told.changes, *told.kept) if one.state == "dismissed")
    return Settled(
        tuple(ranked(one for one in made if one.changes)),
        tuple(one for one in deployed if one.state != "dismissed"),
        tuple(dismissed),
    )


def _without_dismissed(group: Group) -> Group:
    """Return a group without what a person has dismissed; its series agree no more."""
    rest = tuple(one for one in group.changes if one.state != "dismissed")
    gone = {one.key for one in group.changes} - {one.key for one in rest}
    return replace(group, changes=rest, agree=group.agree - len(gone))


def _join(groups: list[Group], change: Change, commit: Commit) -> None:
    """Add a change that is no longer seen to the group of its commit, or make one."""
    if change.state == "dismissed":
        return
    for number, one in enumerate(groups):
        if one.commit == commit:
            groups[number] = replace(one, changes=(*one.changes, change))
            return
    groups.append(Group(commit, (change,), agree=0, asked=1))
