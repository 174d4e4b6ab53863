"""An opened home: its ledger running and connected, its database, store and keys at hand.

The one place where service functions get what they work with. Nothing is decided here; see `gateway.service`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from certifier import hpke
from certifier.commitment import Secret
from certifier.errors import WrapRefusedError
from certifier.store import ContentStore
from certifier.store.local import LocalStore
from gateway.db.session import Database
from gateway.errors import UnreadableError, UsageError
from gateway.home import Home, write_private
from gateway.keys import Keystore
from gateway.signing.places import AtWeb3Signer, InKeystore, Places
from ledger import host
from ledger.account import Account
from ledger.connection import Ledger
from ledger.descriptor import Descriptor
from ledger.locks import write_lock
from ledger.types import hex32, keccak, organisation_id, parse_hex32
from ledger.writer import Writer

if TYPE_CHECKING:
    from certifier.voprf import EvaluationService
    from gateway.signing.signatory import Signatory

_LOCK_WAIT = 10.0
_SHORT = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,31}")

__all__ = ["Book", "Installation", "Organisation", "open_store"]


@dataclass(frozen=True)
class Organisation:
    """An organisation as this home calls it: its short name, legal identifier (`scheme:number`), name and aliases."""

    short: str
    identifier: str
    name: str
    aliases: tuple[str, ...] = ()

    @property
    def id(self) -> bytes:
        """32 bytes."""
        return organisation_id(self.identifier)

    @property
    def hex(self) -> str:
        """Its id as hex32."""
        return hex32(self.id)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its legal numbers without their schemes: the identifier's first, then the aliases'."""
        return tuple(text.rpartition(":")[2] for text in (self.identifier, *self.aliases))


class Book:
    """Organisations this home knows by a short name: `keys/<short>/organisation.json`, beside the keys it may hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Organisation]:
        """Every organisation with an entry, by short name."""
        return [self._load(path) for path in sorted(self._folder.glob("*/organisation.json"))]

    def check(self, organisation: Organisation) -> None:
        """UsageError for a short name that is none, another organisation's here, or a second one of the same."""
        if not _SHORT.fullmatch(organisation.short):
            raise UsageError(
                "SHORT", f"{organisation.short!r} is no short name: letters, digits, - and _, up to 32"
            )
        for other in self.all():
            if other.short == organisation.short and other.identifier != organisation.identifier:
                raise UsageError(
                    "SHORT",
                    f"this home calls {other.identifier} {other.short!r} already: take another short name",
                )
            if other.identifier == organisation.identifier and other.short != organisation.short:
                raise UsageError(
                    "SHORT",
                    f"this home calls {other.identifier} {other.short!r} already: use that short name",
                )

    def enter(self, organisation: Organisation) -> None:
        """Add or change an entry that `check` lets pass."""
        self.check(organisation)
        entry = {
            "identifier": organisation.identifier,
            "name": organisation.name,
            "aliases": list(organisation.aliases),
        }
        write_private(
            self._folder / organisation.short / "organisation.json",
            json.dumps(entry, ensure_ascii=False).encode(),
        )

    def find(self, name: str | None) -> Organisation:
        """By short name, identifier or id; without a name the home's only one. UsageError says which there are."""
        known = self.all()
        if name is None:
            if len(known) == 1:
                return known[0]
            raise UsageError("WHICH_ORG", f"say for whom with --as: this home has {_listed(known)}")
        matches = [one for one in known if name in (one.short, one.identifier, one.hex)]
        if not matches:
            raise UsageError(
                "UNKNOWN_ORG", f"this home knows no organisation {name!r}: it has {_listed(known)}"
            )
        return matches[0]

    def id_of(self, name: str) -> bytes:
        """The id of an organisation that need not be in the book: short name, `scheme:number` or hex32."""
        if name.startswith("0x"):
            try:
                return parse_hex32(name)
            except ValueError as error:
                raise UsageError("UNKNOWN_ORG", f"{name!r} is no organisation id: {error}") from error
        return organisation_id(name) if ":" in name else self.find(name).id

    def _load(self, path: Path) -> Organisation:
        try:
            entry = json.loads(path.read_bytes())
            return Organisation(path.parent.name, entry["identifier"], entry["name"], tuple(entry["aliases"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableError("BOOK", f"{path} is no entry of an organisation: {error!r}") from error


def _listed(known: list[Organisation]) -> str:
    return ", ".join(one.short for one in known) or "none yet (admit one with `assetcert org admit`)"


class Installation:
    """See the module. Use `Installation.open(home, passphrase)`."""

    def __init__(self, home: Home, node: host.Host, keys: Keystore) -> None:
        self.home = home
        self.node = node
        self.keys = keys
        self.book = Book(home.keys)
        self.places = Places(home.keys)
        self._ledger: Ledger | None = None

    @classmethod
    @contextmanager
    def open(cls, home: Home, passphrase: Callable[[], str]) -> Iterator[Installation]:
        """With its ledger answering; of an embedded one, the last process to leave stops the node."""
        with (
            host.open(home.root) as node,
            cls.attached(home, node, Keystore(home.keys, passphrase)) as opened,
        ):
            yield opened

    @classmethod
    @contextmanager
    def attached(cls, home: Home, node: host.Host, keys: Keystore | None = None) -> Iterator[Installation]:
        """On a ledger that runs already; without `keys`, an installation that can sign and decrypt nothing."""
        opened = cls(home, node, keys or Keystore(home.keys, _no_passphrase))
        try:
            yield opened
        finally:
            opened._close()

    @property
    def ledger(self) -> Ledger:
        """Connected and held against `HOME/ledger.json`; anew where the node was started again."""
        if self._ledger is None or self._ledger.chain.rpc.url != self.node.url:
            self._ledger = Ledger.connect(Descriptor.load(self.home.descriptor), self.node.url)
        return self._ledger

    def level(self) -> None:
        """Send what the log holds and the node has not: a writer may have been killed between the two."""
        self.node.level()

    @cached_property
    def database(self) -> Database:
        """The home's database, its tables made where absent, by one process at a time."""
        with write_lock(self.home.run / "database.lock", _LOCK_WAIT):
            return Database.open(self.home)

    @cached_property
    def store(self) -> ContentStore:
        """Where encrypted content lies."""
        return open_store(self.home)

    @property
    def writer(self) -> Writer:
        """Sends acts and answers when they are final."""
        return self.node.writer

    def certifying(self) -> AbstractContextManager[None]:
        """The lock under which a document becomes an asset: one process of this home at a time."""
        return write_lock(self.home.run / "certify.lock", _LOCK_WAIT)

    def now(self) -> int:
        """Business time in seconds: the home's clock (DESIGN: never the wall clock)."""
        return self.node.clock.now()

    def signatory(self, organisation: Organisation) -> Signatory:
        """What acts on the ledger for an organisation of this home, and signs for it, wherever its key is."""
        from gateway.signing.browser import InTheBrowser
        from gateway.signing.signatory import Direct

        place = self.places.of(organisation.short)
        if isinstance(place, InKeystore):
            return Direct(Account(self.keys.seed(organisation.short, "account")), self.writer)
        if isinstance(place, AtWeb3Signer):
            from gateway.signing.web3signer import Web3Signer

            return Direct(Web3Signer(place), self.writer)
        return InTheBrowser(
            organisation.hex,
            place.address,
            self.ledger,
            self.writer,
            self.database,
            self.now,
            lambda: self.relayer(organisation),
        )

    def address(self, short: str) -> str | None:
        """Of its account, told without unlocking anything; None where this home has none of it."""
        place = self.places.of(short)
        return self.keys.address(short) if isinstance(place, InKeystore) else place.address

    def answers(self, short: str) -> bool:
        """Whether an organisation's account signs without a person: by a keyfile that is here, or a Web3Signer."""
        place = self.places.of(short)
        return isinstance(place, AtWeb3Signer) or (
            isinstance(place, InKeystore) and "account" in self.keys.purposes(short)
        )

    def unlock(self, organisations: Iterable[Organisation], *purposes: str) -> None:
        """Unlock what these sign with, as far as it is here, and their keys for `purposes`: all at once, before any is needed."""
        wanted = [(one.short, purpose) for one in organisations for purpose in ("account", *purposes)]
        self.keys.unlock(
            (short, purpose)
            for short, purpose in wanted
            if purpose != "account" or isinstance(self.places.of(short), InKeystore)
        )

    def relayer(self, organisation: Organisation) -> Account:
        """Who sends what an organisation has signed in a browser: an account of this home that is no member's."""
        return Account(keccak(b"assetcert/relayer" + self.keys.seed(organisation.short, "encryption")))

    def fingerprint_holder(self) -> str:
        """Short name of the organisation whose fingerprint key this home holds: the first registrar's."""
        holders = [short for short in self.keys.organisations() if "fingerprint" in self.keys.purposes(short)]
        if not holders:
            raise UsageError(
                "NO_EVALUATION",
                "no organisation of this home holds the fingerprint key, and no evaluation service is configured",
            )
        return holders[0]

    def evaluation(self) -> EvaluationService:
        """The consortium's fingerprint service: the one that `HOME/evaluation.json` names, else the key that this home holds."""
        from certifier.voprf import LocalEvaluation

        if (setting := self.home.root / "evaluation.json").is_file():
            from gateway.service.evaluating import remote

            return remote(setting)
        return LocalEvaluation(self.keys.seed(self.fingerprint_holder(), "fingerprint"))

    def open_secret(self, organisation: Organisation, asset_id: bytes, sealed: bytes) -> Secret:
        """The asset secret of a wrap to its owner."""
        return Secret(self.unwrap(organisation, asset_id, sealed))

    def unwrap(self, organisation: Organisation, asset_id: bytes, sealed: bytes) -> bytes:
        """What was wrapped for an organisation of this home, also before its encryption key was rotated."""
        try:
            return hpke.unwrap(
                sealed, asset_id, organisation.id, self.keys.seed(organisation.short, "encryption")
            )
        except WrapRefusedError:
            for purpose in self.keys.retired(organisation.short, "encryption"):
                with suppress(WrapRefusedError):
                    return hpke.unwrap(
                        sealed, asset_id, organisation.id, self.keys.seed(organisation.short, purpose)
                    )
            raise

    def wrap_key(self, organisation: Organisation) -> bytes:
        """The public key that secrets are wrapped to for an organisation of this home."""
        return hpke.seed_public_key(self.keys.seed(organisation.short, "encryption"))

    def _close(self) -> None:
        if "database" in self.__dict__:
            self.database.close()
        if self._ledger is not None:
            self._ledger.close()


def _no_passphrase() -> str:
    raise UsageError("NO_PASSPHRASE", "this process was started without the keys")


def open_store(home: Home) -> ContentStore:
    """Kubo where `HOME/store.json` names one ({"kubo": multiaddr}), else the local block store."""
    if not home.store_config.is_file():
        return LocalStore(home.blocks)
    from certifier.store.kubo import KuboStore

    try:
        return KuboStore(str(json.loads(home.store_config.read_bytes())["kubo"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(
            "STORE", f'{home.store_config} must be {{"kubo": "/ip4/…/tcp/…"}}: {error!r}'
        ) from error
