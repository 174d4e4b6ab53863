"""The ledger through one node: connected against the descriptor, pinned to a final block, read in batches.

Not a node (see `embedded`), not a writer. DESIGN, "Trust anchor": what is trusted is the descriptor; a node
of another chain, or without our code at these addresses, is a ContradictedError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ledger.access import AccessLog
from ledger.assets import AssetRegistry
from ledger.chain import Block, Call, Chain, parse_quantity
from ledger.descriptor import CONTRACTS, Descriptor
from ledger.errors import ContradictedError, RpcError
from ledger.forwarder import Forwarder
from ledger.membership import Membership
from ledger.pledges import Offer, PledgeRegistry
from ledger.types import ZERO_ADDRESS, hex32, keccak

__all__ = ["Ledger"]

_MOST_REGISTRIES = 100


class Ledger:
    """The four contracts and the forwarder of one descriptor, through one node."""

    def __init__(self, descriptor: Descriptor, chain: Chain) -> None:
        self.descriptor = descriptor
        self.chain = chain
        at = descriptor.contracts
        self.membership = Membership(at["membership"])
        self.assets = AssetRegistry(at["asset_registry"])
        self.pledges = PledgeRegistry(at["pledge_registry"], descriptor.chain_id)
        self.access = AccessLog(at["access_log"])
        self.forwarder = Forwarder(at["forwarder"], descriptor.chain_id)
        self._oldest: str | None = None
        self._line: tuple[bytes, tuple[PledgeRegistry, ...]] = (b"", ())

    @classmethod
    def connect(cls, descriptor: Descriptor, url: str, timeout: float = 10.0) -> Ledger:
        """Checks chain id, genesis and every contract's code. Raises NodeUnreachableError,
        ContradictedError.
        """
        ledger = cls(descriptor, Chain(url, timeout))
        ledger._check_chain()
        ledger._check_codes()
        return ledger

    def _check_chain(self) -> None:
        chain, asked = self.chain, Chain.block_request(0)
        answers = chain.rpc.batch([("eth_chainId", ()), (asked[0], asked[1:])])
        for answer in answers:
            if isinstance(answer, RpcError):
                raise ContradictedError(f"{chain.rpc.url} is not a node of this ledger: {answer}") from answer
        chain_id, genesis = parse_quantity(answers[0]), Chain.parse_block(answers[1], 0)
        if chain_id != self.descriptor.chain_id:
            raise ContradictedError(
                f"{chain.rpc.url} is of chain {chain_id}, the descriptor of {self.descriptor.chain_id}"
            )
        if genesis.hash != self.descriptor.genesis:
            raise ContradictedError(
                f"{chain.rpc.url} has genesis {hex32(genesis.hash)}, not {hex32(self.descriptor.genesis)}"
            )

    def _check_codes(self) -> None:
        addresses = [self.descriptor.contracts[name] for name in CONTRACTS]
        codes = self.chain.codes(addresses, self.pin())
        for name, address, code in zip(CONTRACTS, addresses, codes, strict=True):
            if keccak(code) != self.descriptor.code_hashes[name]:
                what = "another contract" if code else "no contract"
                raise ContradictedError(
                    f"{self.chain.rpc.url} has {what} at {address}, where the descriptor names {name}"
                )

    def pin(self) -> Block:
        """The newest block that is final by the descriptor's rule."""
        head = self.chain.block("latest")
        if self.descriptor.confirmations == 0:
            return head
        return self.chain.block(max(0, head.number - self.descriptor.confirmations))

    def registries(self, at: Block) -> tuple[PledgeRegistry, ...]:
        """The pledge registries as of a block, the first one first; the last one takes pledges, and its liens count all of them.

        The descriptor's registry says where the line begins, Membership who followed whom (docs/adr/0305).
        """
        if self._line[0] != at.hash:
            if self._oldest is None:
                self._oldest = self._follow(self.pledges.address, self._predecessor, self.pin())[-1]
            line = self._follow(self._oldest, self.membership.successor_of, at)
            self._line = at.hash, tuple(PledgeRegistry(one, self.descriptor.chain_id) for one in line)
        return self._line[1]

    def registry_of(self, offer: Offer, at: Block) -> PledgeRegistry:
        """The registry that keeps an offer's pledge; where it was never accepted, the one that the descriptor names."""
        registries = self.registries(at)
        calls = [registry.pledge_of(registry.pledge_id(offer)) for registry in registries]
        kept = [one for one, pledge in zip(registries, self.read(calls, at), strict=True) if pledge.opened_at]
        return kept[0] if kept else self.pledges

    def _predecessor(self, registry: str) -> Call[str]:
        return PledgeRegistry(registry, self.descriptor.chain_id).predecessor()

    def _follow(self, first: str, following: Callable[[str], Call[str]], at: Block) -> list[str]:
        """`first` and what follows it, each as the call made of the one before says."""
        line = [first]
        while (found := self.read_one(following(line[-1]), at)) != ZERO_ADDRESS:
            if found in line or len(line) == _MOST_REGISTRIES:
                raise ContradictedError(f"{self.chain.rpc.url} names pledge registries without end")
            line.append(found)
        return line

    def read(self, calls: Sequence[Call[Any]], at: Block) -> list[Any]:
        """Every call's value as of one block, in one round trip (see `Chain.call_many`)."""
        return self.chain.call_many(calls, at)

    def read_one(self, call: Call[Any], at: Block) -> Any:
        """One call's value."""
        return self.read([call], at)[0]

    def close(self) -> None:
        """Closes connections."""
        self.chain.rpc.close()
