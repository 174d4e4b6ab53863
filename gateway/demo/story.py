"""The story that `assetcert demo` tells: every step on real parts, every step with its figures, every figure measured.

A step is ok when what it set out to show was seen; a step that was not ends the command with exit 1, and the later ones still run. The
home is left working: `certify --as M1` and `up` go on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from certifier.errors import CertifierError
from gateway.demo import custody, ledgerwide, lending, place, proofs
from gateway.demo.loading import loaded
from gateway.demo.stage import Progress, Seen, Stage, Step
from gateway.errors import GatewayError
from gateway.home import Home
from gateway.service.serving import only_one
from ledger.errors import LedgerError

__all__ = ["Story", "tell"]

STEPS: tuple[tuple[str, Callable[[Stage], Seen]], ...] = (
    ("A stranger verifies M1's invoice with receipt, file and descriptor alone", proofs.stranger),
    ("M1 applies for a loan on its certified papers, and gets it", lending.approved),
    ("The decisions are recomputed from the ledger, and nothing differs", lending.replayed),
    (
        "M1's dossier holds together: papers point to the ones before them, and nothing contradicts another",
        proofs.whole_dossier,
    ),
    ("One flipped byte is found", proofs.flipped_byte),
    ("L2 reads what M1 granted, and the read stands on the ledger", custody.read_by_grant),
    ("A revoked asset is refused; the same file certified again is a new asset", custody.revoked),
    ("No lien is loosened by revoking", custody.revoked_under_lien),
    ("A shredded asset can be disclosed no more, and is still anchored", custody.shredded),
    ("The auditor certifies a note on every asset in one transaction", ledgerwide.working_papers),
    ("The auditor re-derives the ledger from block 0", ledgerwide.audited),
    ("The core enterprises signed nothing", ledgerwide.signed_by_core_enterprises),
)
"""After the world is loaded."""


@dataclass
class Story:
    """All steps, and how many transactions the core enterprises signed (-1: nobody looked)."""

    steps: list[Step] = field(default_factory=list)
    gas: dict[str, float] = field(default_factory=dict)

    @property
    def core_enterprise_transactions(self) -> int:
        """As the last step counted them on the ledger."""
        return int(self.steps[-1].figures.get("by_core_enterprises", -1))

    def to_json(self) -> dict[str, Any]:
        """The shape of DESIGN's `demo` document."""
        return {
            "steps": [{"name": step.name, "ok": step.ok, "figures": step.figures} for step in self.steps],
            "core_enterprise_transactions": self.core_enterprise_transactions,
            "gas": self.gas,
        }


def tell(home: Home, data: Path | None, shown: Callable[[Step], None], progress: Progress) -> Story:
    """Tell the whole story in `home`, which is replaced if it is a demo's and refused if it is anything else, or in use."""
    place.require_own(home)
    story = Story()
    with only_one(home.create()), loaded(home, progress) as (stage, loading):
        for steps in (loading, _told(stage, data)):
            for step in steps:
                story.steps.append(step)
                shown(step)
        story.gas = dict(stage.gas)
    return story


def _told(stage: Stage, data: Path | None) -> Iterator[Step]:
    for name, step in STEPS if data is None else (_real_files(data), *STEPS):
        try:
            seen, figures = step(stage)
        except (GatewayError, CertifierError, LedgerError) as error:
            seen, figures = False, {"error": f"{type(error).__name__}: {error}"}
        yield Step(name, seen, figures)


def _real_files(data: Path) -> tuple[str, Callable[[Stage], Seen]]:
    return f"A1 certifies the real files of {data.name}", partial(ledgerwide.real_files, data=data)
