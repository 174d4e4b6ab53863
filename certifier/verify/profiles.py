"""What each kind of asset must show: the checks that have to hold and the fields the applicant owes (DESIGN, profiles).

Profiles ship with the verifier and never come from a receipt: an applicant does not choose what is checked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from certifier.schema import KINDS, MUST_DISCLOSE, PLEDGEABLE
from certifier.verify.report import Code

__all__ = ["Profile", "owed", "profile_of"]

_ALL = frozenset({Code.CONTENT, Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.STANDING})


@dataclass(frozen=True)
class Profile:
    """Required checks of a kind and the facts that must be disclosed where the asset states them."""

    kind: str
    required: frozenset[Code]
    must_disclose: tuple[str, ...] = ()

    def requires(self, code: Code, *, in_dossier: bool) -> bool:
        """Whether `code` must be VALID or SKIPPED; links are only judged with the papers they point to."""
        if code is Code.SIGNERS:
            return True
        if code is Code.LINKS:
            return in_dossier
        return code in self.required


def _profile(kind: str) -> Profile:
    required = set(_ALL)
    if kind != "other":
        required.add(Code.FACTS)
    if kind in PLEDGEABLE:
        required |= {Code.FINGERPRINT, Code.LIEN}
    return Profile(kind, frozenset(required), MUST_DISCLOSE.get(kind, ()))


_PROFILES = {kind: _profile(kind) for kind in KINDS}


def profile_of(kind: str) -> Profile:
    """The profile of a kind. KeyError where the kind is none of ours."""
    return _PROFILES[kind]


def owed(profile: Profile, paths: Collection[str]) -> list[str]:
    """Of `paths`, those that whoever pledges owes: the profile's facts and every fingerprint."""
    return sorted(path for path in paths if path in profile.must_disclose or path.startswith("fingerprint."))
