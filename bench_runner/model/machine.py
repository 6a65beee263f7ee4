"""A machine: the facts of a host that stay."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """asv's machine fields, all strings as asv keeps them; `machine` is the name and the folder below results/."""

    machine: str
    os: str = ""
    arch: str = ""
    cpu: str = ""
    num_cpu: str = ""
    ram: str = ""

    def fields(self) -> dict[str, str]:
        """Return the six fields in asv's order."""
        return asdict(self)
