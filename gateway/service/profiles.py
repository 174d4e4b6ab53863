"""How each firm's own tables read: profiles proposed from titles and values, confirmed once, remembered by version.

`HOME/profiles/<organisation>/<name>.<version>.json`. A changed mapping is a new version; older ones stay, because assets were certified by
them and a verifier reads by the same profile again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from certifier.documents import read_bytes
from certifier.documents.model import DEFAULT_LIMITS
from certifier.documents.profile import Profile, propose, table_of
from certifier.documents.source import Source
from certifier.errors import CertifierError
from gateway.errors import RefusedError, UnreadableError
from gateway.home import Home, write_private

__all__ = ["Proposal", "load", "of_home", "propose_for", "remember"]


@dataclass(frozen=True)
class Proposal:
    """A mapping for a person to confirm: each column's title with a value from the file, and what would be read by it."""

    profile: Profile
    samples: dict[str, str]
    facts: dict[str, str]


def load(path: Path) -> Profile:
    """The profile in a file."""
    try:
        return Profile.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CertifierError) as error:
        raise UnreadableError("PROFILE", f"{path} is no declared profile: {error}") from error


def of_home(home: Home, organisation: str | None = None) -> tuple[Profile, ...]:
    """Profiles of one organisation of this home, or of all: newest versions first."""
    found = sorted((home.root / "profiles").glob(f"{organisation or '*'}/*.json"))
    return tuple(sorted(map(load, found), key=lambda profile: (profile.name, -profile.version)))


def propose_for(path: Path, name: str) -> Proposal:
    """The mapping that fits an export best. RefusedError where too little of it is understood."""
    try:
        data = path.read_bytes()
        table = table_of(Source.of_bytes(data, DEFAULT_LIMITS))
    except OSError as error:
        raise UnreadableError("FILE", f"{path} cannot be read: {error.strerror}") from error
    if table is None or not table.rows:
        raise UnreadableError(
            "NOT_A_TABLE",
            f"{path} is no table that can be mapped: CSV or XLSX with a row of titles is expected",
        )
    profile = propose(table, name)
    if profile is None:
        raise RefusedError(
            "NOT_UNDERSTOOD",
            f"too few titles of {path} are known to propose a mapping: start from `assetcert template KIND`",
        )
    rows, mapping = profile.find(table) or ((), {})
    cells = {column: rows[0][at] for at, column in mapping.items() if rows and at < len(rows[0])}
    samples = {title: cells[column] for title, column in profile.columns if column in cells}
    return Proposal(profile, samples, dict(read_bytes(data, profiles=[profile]).facts))


def remember(home: Home, organisation: str, profile: Profile) -> Profile:
    """Keep a confirmed profile: the version that has this mapping already, else the next one."""
    earlier = [one for one in of_home(home, organisation) if one.name == profile.name]
    same = [one for one in earlier if (one.kind, one.columns) == (profile.kind, profile.columns)]
    if same:
        return same[0]
    kept = replace(profile, version=1 + max((one.version for one in earlier), default=0))
    path = home.root / "profiles" / organisation / f"{kept.name}.{kept.version}.json"
    write_private(path, kept.to_json().encode())
    return kept


def named(name: str) -> str:
    """A profile's name as a file's name."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return kept or "export"


def trusted(home: Home, files: Sequence[Path]) -> tuple[Profile, ...]:
    """Profiles that a verifier reads by: those given as files, then the home's own."""
    return (*map(load, files), *of_home(home))
