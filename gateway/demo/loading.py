"""The world Two Rivers brought onto a ledger: the consortium, its members, thirteen weeks of papers and acts under their own dates.

Each firm certifies what has come to be since the last time, at the end of every week and before an act that it is party to. The home's
clock is set to each of these moments; the last one is the world's as_of.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from certifier.documents import Reader
from gateway.demo import acts, calendar, lending, place
from gateway.demo.stage import Progress, Seen, Stage, Step
from gateway.demo.world import World, Writing, seconds, shanghai
from gateway.errors import ConflictError
from gateway.home import Home, write_private
from gateway.installation import Installation
from gateway.keys import Keystore
from gateway.service import consortium, published_keys
from ledger import embedded
from ledger.membership import Role

__all__ = ["load", "loaded"]

_FOUNDED_BEFORE = timedelta(days=7)
_ALL = ("account", "encryption")
_KEYFILES = {
    "R1": ("account", "fingerprint"),
    "R2": ("account",),
    "R3": ("account",),
    "M1": (*_ALL, "instrument"),
    "M2": _ALL,
    "M3": _ALL,
    "M4": _ALL,
    "L1": _ALL,
    "L2": _ALL,
    "I1": ("account", "inspector"),
    "A1": _ALL,
}
"""The keys that this home holds. Those that signed the world's papers are outside of it: only their public halves are published."""


def load(home: Home, progress: Progress) -> None:
    """Make the demo's home with its whole world, and tell nothing. One that is whole already is left as it is.

    For whom nobody else may be using the home: whoever calls this holds it (`gateway.service.serving.only_one`).
    """
    place.require_own(home)
    if place.is_loaded(home):
        return
    with loaded(home.create(), progress) as (_, steps):
        for step in steps:
            if not step.ok:
                raise ConflictError("DEMO", f"the demo's world did not come out: {step.name}: {step.figures}")


@contextmanager
def loaded(home: Home, progress: Progress) -> Iterator[tuple[Stage, Iterator[Step]]]:
    """A stage in an emptied home, and the steps that load it, each made when it is asked for."""
    passphrase = place.begin(home)
    keys = Keystore(home.keys, lambda: passphrase)
    world = _written(home, keys, progress)
    embedded.create(home.root, seconds(shanghai(world.first) - _FOUNDED_BEFORE))
    with embedded.open(home.root) as node, Reader() as reader, Reader() as ahead:
        founded = _found(home, node, keys, world)
        with Installation.attached(home, node, keys) as installation:
            stage = Stage(installation, node, world, reader, progress)
            yield stage, _steps(stage, founded, ahead)


def _written(home: Home, keys: Keystore, progress: Progress) -> World:
    """The world, written by its generator while the keys are made."""
    writing = Writing(home.root / "papers")
    try:
        with progress("making keys, writing papers", None):
            keys.create((short, purpose) for short, purposes in _KEYFILES.items() for purpose in purposes)
            return writing.world()
    finally:
        writing.end()


def _steps(stage: Stage, founded: Step, ahead: Reader) -> Iterator[Step]:
    yield founded
    yield Step("Members are admitted by two votes each; one vote alone admits nobody", *_admit(stage))
    yield Step("The lenders publish their loan products, each seen by two people", *lending.published(stage))
    weeks = calendar.Weeks(stage, ahead)
    for act in stage.world.acts:
        if (steps := acts.STEPS.get(act.name)) is not None and act.day < stage.world.as_of.date():
            weeks.until(act)
            yield from steps(stage, act)
    yield Step("Thirteen weeks of papers are certified, each week under its own dates", *weeks.finish())
    write_private(stage.installation.home.demo_mark, place.LOADED)


def _found(home: Home, node: embedded.Embedded, keys: Keystore, world: World) -> Step:
    """The consortium: three registrars, two of whom decide."""
    started = time.monotonic()
    registrars = world.organisations("registrar")
    consortium.found(home, node, keys, registrars, quorum=2)
    took = round(time.monotonic() - started, 1)
    figures = {"registrars": len(registrars), "quorum": 2, "contracts": 5, "seconds": took}
    return Step("Three registrars found the consortium; two of them decide", True, figures)


def _admit(stage: Stage) -> Seen:
    """Members by votes of two registrars, their keys with them, after the founders' own names; one registrar alone admits nobody."""
    installation, world = stage.installation, stage.world
    named = [
        consortium.admit(installation, one, Role.REGISTRAR, change=True)
        for one in world.organisations("registrar")
    ]
    votes = [consortium.admit(installation, one, role) for one, role in world.members]
    keys = [
        published_keys.set_key(installation, stage.org(short), purpose)
        for short, purposes in _KEYFILES.items()
        for purpose in purposes
        if short not in ("R2", "R3") and (short, purpose) != ("R1", "account")
    ]
    keys += [
        published_keys.set_public_key(installation, stage.org(one.organisation), one.role, one.public_key)
        for one in world.devices
    ]
    shell = next(one for one in world.organisations("paper") if one.short not in stage.shorts)
    alone = consortium.admit(installation, shell, Role.ENTERPRISE, voters=[stage.org("R1")])
    figures = {
        "organisations": len(votes),
        "keys": len(keys),
        "of_devices_and_witnesses": len(world.devices),
        "votes": sum(vote.votes for vote in (*named, *votes, *keys)),
    }
    return all(vote.executed for vote in (*named, *votes, *keys)) and not alone.executed, figures
