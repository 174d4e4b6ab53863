"""Where an organisation's account signs: a keyfile of this home, a Web3Signer, or a browser. `keys/<short>/signing.json` says it.

Without that file it is the keyfile. A place that the registrars have still to vote on waits beside it as `signing.next.json`. No key and no
token stands in either: an address, and where to ask.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.errors import UnreadableError
from gateway.home import write_private

__all__ = ["AtWeb3Signer", "InBrowser", "InKeystore", "Moved", "Place", "Places"]

_ADDRESS = re.compile("0x[0-9a-f]{40}")


@dataclass(frozen=True)
class InKeystore:
    """The keyfile `keys/<short>/account.json`, unlocked at start."""

    kind = "keystore"


@dataclass(frozen=True)
class AtWeb3Signer:
    """A key that a Web3Signer keeps under `public_key`. Files of this machine: a token, a client's certificate, an authority.

    `since`: the business time at which it was asked for, from which the key is to be valid.
    """

    address: str
    since: int
    url: str
    public_key: str
    token_file: str | None = None
    certificate_file: str | None = None
    authority_file: str | None = None
    kind = "web3signer"


@dataclass(frozen=True)
class InBrowser:
    """A key that a signatory keeps in a browser or a wallet. `since` as above."""

    address: str
    since: int
    kind = "browser"


Moved = AtWeb3Signer | InBrowser
Place = InKeystore | Moved
_KINDS: dict[str, type[Moved]] = {one.kind: one for one in (AtWeb3Signer, InBrowser)}


class Places:
    """Of every organisation of a home, in its folder of keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, short: str) -> Place:
        """Where it signs now. UnreadableError for a file that says nothing sound."""
        return _load(self._path(short, "signing")) or InKeystore()

    def staged(self, short: str) -> Moved | None:
        """Where it is to sign once the registrars have published that account."""
        return _load(self._path(short, "signing.next"))

    def stage(self, short: str, place: Moved) -> None:
        """Say where it is to sign; nothing changes yet."""
        write_private(self._path(short, "signing.next"), _text(place))

    def settle(self, short: str, place: Moved) -> None:
        """From now on it signs there."""
        write_private(self._path(short, "signing"), _text(place))
        self._path(short, "signing.next").unlink(missing_ok=True)

    def _path(self, short: str, name: str) -> Path:
        return self._folder / short / f"{name}.json"


def _text(place: Moved) -> bytes:
    return json.dumps({"kind": place.kind} | asdict(place), indent=1).encode()


def _load(path: Path) -> Moved | None:
    try:
        said = json.loads(path.read_bytes())
        found = _KINDS[said.pop("kind")](**said)
        if not _ADDRESS.fullmatch(found.address):
            raise ValueError("the address is none")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError("SIGNING", f"{path} does not say where to sign: {error!r}") from error
    return found
