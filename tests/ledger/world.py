"""A small consortium on any writer: three registrars (quorum 2), enterprises M1 and M2, lenders L1 and L2.

Everything through the real contracts. Assets have three fields, enough to be registered and pledged.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certifier.commitment import BatchTree, Commitment, Secret
from ledger.account import Account
from ledger.chain import Block, Chain
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.deploy import deploy
from ledger.descriptor import Descriptor
from ledger.errors import NodeUnreachableError
from ledger.forwarder import ForwardRequest, Unsigned
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.node import find_anvil
from ledger.pledges import WHOLE, Claim, Evidence, Offer
from ledger.types import hex32, keccak, organisation_id
from ledger.writer import Sent, Writer

MEMBERS = {
    "M1": Role.ENTERPRISE,
    "M2": Role.ENTERPRISE,
    "L1": Role.LENDER,
    "L2": Role.LENDER,
    "A1": Role.AUDITOR,
}


def account(name: str) -> Account:
    """The account of a name, always the same."""
    return Account(keccak(f"account {name}".encode()))


@dataclass(frozen=True)
class Asset:
    """A registered asset that can be pledged."""

    commitment: Commitment
    tree: BatchTree
    fingerprint: bytes

    @property
    def asset_id(self) -> bytes:
        return self.commitment.asset_id

    def evidence(self, loose: tuple[bytes, ...] = ()) -> Evidence:
        field = next(f for f in self.commitment.fields if f.path == "fingerprint.exact")
        proofs = self.tree.proof(self.asset_id), self.commitment.proof("fingerprint.exact")
        return Evidence(self.tree.root, self.asset_id, field.salt, *proofs, loose)


def relayed(ledger: Ledger, name: str, act: Act, nonce: int, deadline: int, gas: int) -> ForwardRequest:
    """An act that somebody has signed for others to send."""
    assert act.to is not None
    unsigned = Unsigned(account(name).address, act.to, act.data, gas, nonce, deadline)
    return unsigned.signed(account(name).sign(ledger.forwarder.typed(unsigned).data))


class World:
    """The consortium. `send` is the writer's."""

    def __init__(self, writer: Writer, url: str, descriptor: Descriptor) -> None:
        self.writer = writer
        self.ledger = Ledger.connect(descriptor, url)
        self._nonce = 0

    @classmethod
    def found(cls, writer: Writer, url: str, confirmations: int = 0) -> World:
        registrars = [(f"TEST:{name}", account(name).address) for name in ("R1", "R2", "R3")]
        descriptor = deploy(
            writer, Chain(url), account("deployer"), registrars, 2, confirmations=confirmations
        )
        world = cls(writer, url, descriptor)
        for name, role in MEMBERS.items():
            world.admit(name, role)
        return world

    @property
    def descriptor(self) -> Descriptor:
        return self.ledger.descriptor

    def org(self, name: str) -> bytes:
        return organisation_id(f"TEST:{name}")

    def pin(self) -> Block:
        return self.ledger.pin()

    def vote(self, act: Act, *registrars: str) -> Sent:
        """The registrars' votes for one call (R1 and R2 unless told), the last one's result."""
        self._nonce += 1
        sent = None
        for name in registrars or ("R1", "R2"):
            sent = self.writer.send(account(name), self.ledger.membership.confirm(act, self._nonce))
        assert sent is not None
        return sent

    def admit(self, name: str, role: Role, suspended: bool = False) -> bytes:
        membership = self.ledger.membership
        self.vote(membership.set_organisation(f"TEST:{name}", f"{name} Ltd", [], role, suspended))
        key = account(name).key_id
        if not self.ledger.read_one(membership.key(key), self.pin()).valid_from:
            self.vote(membership.set_key(key, Key(self.org(name), 1, FOREVER, Purpose.ACCOUNT)))
        return self.org(name)

    def register(self, name: str, tree: BatchTree) -> Sent:
        return self.writer.send(account(name), self.ledger.assets.register(tree.ids))

    def certify(self, name: str, others: int = 2, fingerprint: bytes | None = None) -> Asset:
        """An asset with a fingerprint, registered in a batch with `others` random ids."""
        exact = fingerprint or os.urandom(32)
        values = {"asset.version": "1", "asset.kind": "invoice", "fingerprint.exact": hex32(exact)}
        commitment = Commitment(values, Secret.generate())
        tree = BatchTree([commitment.asset_id, *(os.urandom(32) for _ in range(others))])
        self.register(name, tree)
        return Asset(commitment, tree, exact)

    def offer(self, debtor: str, lender: str, *assets: Asset, share: int = WHOLE, days: int = 30) -> Offer:
        now = self.pin().timestamp
        claims = tuple(Claim(a.fingerprint, share) for a in assets)
        end = now + days * 86_400
        return Offer(self.org(debtor), self.org(lender), claims, now + 3_600, end, os.urandom(32))

    def pledge(
        self, debtor: str, lender: str, *assets: Asset, share: int = WHOLE, loose: tuple[bytes, ...] = ()
    ) -> Offer:
        offer = self.offer(debtor, lender, *assets, share=share)
        self.accept(debtor, lender, offer, *assets, loose=loose)
        return offer

    def accept(
        self, debtor: str, lender: str, offer: Offer, *assets: Asset, loose: tuple[bytes, ...] = ()
    ) -> Sent:
        signature = account(debtor).sign(self.ledger.pledges.typed(offer).data)
        act = self.ledger.pledges.pledge(offer, signature, [a.evidence(loose) for a in assets])
        return self.writer.send(account(lender), act)


@contextmanager
def plain_anvil(*options: str) -> Iterator[str]:
    """Somebody else's node: anvil that mines by itself at zero price. Gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    price = ("--gas-price", "0", "--block-base-fee-per-gas", "0", "--disable-min-priority-fee")
    command = [str(find_anvil()), "--port", str(port), "--accounts", "0"]
    command += [] if "--chain-id" in options else ["--chain-id", "424242"]
    command += ["--hardfork", "paris", "--quiet", "--prune-history", "64", *price, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _await_answer(url)
            yield url
        finally:
            process.kill()


def _await_answer(url: str) -> None:
    for _ in range(1000):
        try:
            Chain(url).chain_id()
            return
        except NodeUnreachableError:
            time.sleep(0.01)
    raise AssertionError("anvil did not answer")


def anvil_pids(home: Path) -> list[int]:
    """Pids of the nodes that run for a home."""
    marker = str(home / "run" / "cache").encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and marker in words and words[0].endswith(b"anvil"):
            found.append(int(entry.name))
    return found


def kill_node(home: Path) -> None:
    """kill -9 of the home's node."""
    for pid in anvil_pids(home):
        os.kill(pid, signal.SIGKILL)
