"""The keystore of a home: one keyfile per 32-byte seed at `keys/<organisation>/<purpose>.json`.

A keyfile is the Web3 Secret Storage format with scrypt n = 2^18 (eth-account's), whatever the seed is for. Seeds are unlocked
once per process, only by verbs that sign or decrypt, and never leave it: `repr` shows none, nothing logs one.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from types import ModuleType

from gateway.errors import RefusedError, UnreadableError, UsageError
from gateway.home import write_private

__all__ = ["PURPOSES", "Keystore", "next_of"]

SCRYPT_N = 2**18
PURPOSES = ("account", "encryption", "instrument", "inspector", "witness", "fingerprint")


def next_of(purpose: str) -> str:
    """Under what a key waits that is to follow the present one."""
    return f"{purpose}.next"


class Keystore:
    """Keyfiles below `folder`; `passphrase` is asked for once, when the first seed is needed."""

    def __init__(self, folder: Path, passphrase: Callable[[], str]) -> None:
        self._folder = folder
        self._ask = passphrase
        self._passphrase: str | None = None
        self._seeds: dict[tuple[int, int], bytes] = {}
        """By the keyfile itself, wherever it lies: other processes may put another one in its place."""

    def __repr__(self) -> str:
        return f"Keystore({str(self._folder)!r})"

    def organisations(self) -> list[str]:
        """Short names that have a folder here, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(entry.name for entry in self._folder.iterdir() if entry.is_dir())

    def purposes(self, organisation: str) -> list[str]:
        """Purposes for which `organisation` has a keyfile."""
        return [purpose for purpose in PURPOSES if self._path(organisation, purpose).is_file()]

    def holds(self, purpose: str) -> bool:
        """Whether an organisation of this home has a keyfile for `purpose`."""
        return any(purpose in self.purposes(short) for short in self.organisations())

    def address(self, organisation: str) -> str | None:
        """Address of the account key, readable without the passphrase; None where there is none."""
        path = self._path(organisation, "account")
        if not path.is_file():
            return None
        return "0x" + str(_load(path).get("address", "")).lower().removeprefix("0x")

    def seed(self, organisation: str, purpose: str) -> bytes:
        """The unlocked seed. UsageError where it is not here, RefusedError on a wrong passphrase."""
        self.unlock([(organisation, purpose)])
        return self._seeds[self._file(organisation, purpose)]

    def unlock(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Unlock several seeds at once: scrypt takes about a second each, and threads share the work."""
        missing = [key for key in dict.fromkeys(wanted) if self._file(*key) not in self._seeds]
        if not missing:
            return
        passphrase = self.passphrase()
        with ThreadPoolExecutor(max_workers=2) as pool:
            for file, seed in pool.map(lambda key: self._decrypt(key, passphrase), missing):
                self._seeds[file] = seed

    def create(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Make new seeds and their keyfiles; a seed that is already here stays. RefusedError on a wrong passphrase."""
        missing = [key for key in dict.fromkeys(wanted) if not self._path(*key).is_file()]
        if not missing:
            return
        if not self._seeds:  # a home has one passphrase, and a mistyped one must not close a new key for good
            here = ((short, purpose) for short in self.organisations() for purpose in self.purposes(short))
            self.unlock(islice(here, 1))
        passphrase = self.passphrase()
        with ThreadPoolExecutor(max_workers=2) as pool:
            for file, seed in pool.map(lambda key: self._write(key, passphrase), missing):
                self._seeds[file] = seed

    def succeed(self, organisation: str, purpose: str, ended_at: int) -> None:
        """The staged `<purpose>.next` takes the place of `<purpose>`, which is kept under its end: it still decrypts."""
        old, new = self._path(organisation, purpose), self._path(organisation, next_of(purpose))
        kept = self._kept(organisation, purpose, ended_at)
        self._path(organisation, kept).hardlink_to(old)
        new.replace(old)

    def retire(self, organisation: str, purpose: str, ended_at: int) -> None:
        """What takes the place of `<purpose>` is kept elsewhere: its keyfile is set aside under its end."""
        path = self._path(organisation, purpose)
        if path.is_file():
            path.rename(self._path(organisation, self._kept(organisation, purpose, ended_at)))

    def _kept(self, organisation: str, purpose: str, ended_at: int) -> str:
        return f"{purpose}.until-{ended_at}-{len(self.retired(organisation, purpose))}"

    def retired(self, organisation: str, purpose: str) -> list[str]:
        """Purposes under which rotated keyfiles are kept, the newest first."""
        found = sorted((self._folder / organisation).glob(f"{purpose}.until-*.json"), reverse=True)
        return [path.name.removesuffix(".json") for path in found]

    def _write(self, key: tuple[str, str], passphrase: str) -> tuple[tuple[int, int], bytes]:
        seed = _new_seed()
        content = _keyfile().create_keyfile_json(seed, passphrase.encode(), kdf="scrypt", iterations=SCRYPT_N)
        write_private(self._path(*key), json.dumps(content, indent=1).encode())
        return self._file(*key), seed

    def _decrypt(self, key: tuple[str, str], passphrase: str) -> tuple[tuple[int, int], bytes]:
        path, file = self._path(*key), self._file(*key)
        try:
            return file, bytes(_keyfile().decode_keyfile_json(_load(path), passphrase.encode()))
        except ValueError as error:
            if "MAC mismatch" in str(error):
                raise RefusedError(
                    "WRONG_PASSPHRASE", f"the passphrase does not open {path}; give the one it was made with"
                ) from error
            raise UnreadableError("KEYFILE", f"{path} is no keyfile that can be opened: {error}") from error
        except (KeyError, TypeError) as error:
            raise UnreadableError("KEYFILE", f"{path} is no keyfile: {error!r}") from error

    def passphrase(self) -> str:
        """What opens the keyfiles, for a process of this home's that is to open them itself."""
        if self._passphrase is None:
            self._passphrase = self._ask()
        return self._passphrase

    def _file(self, organisation: str, purpose: str) -> tuple[int, int]:
        """Which file it is now. UsageError where there is none."""
        path = self._path(organisation, purpose)
        try:
            found = path.stat()
        except OSError as error:
            raise UsageError(
                "NO_KEY", f"this home has no {purpose} key of {organisation}: expected {path}"
            ) from error
        return found.st_ino, found.st_mtime_ns

    def _path(self, organisation: str, purpose: str) -> Path:
        return self._folder / organisation / f"{purpose}.json"


def _keyfile() -> ModuleType:
    """eth-keyfile, imported when needed; py_ecc below it raises the limit of recursion beyond the stack's, which is undone."""
    limit = sys.getrecursionlimit()
    from eth_keyfile import keyfile

    sys.setrecursionlimit(limit)
    return keyfile


def _load(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableError("KEYFILE", f"{path} cannot be read as a keyfile: {error}") from error
    if not isinstance(content, dict):
        raise UnreadableError("KEYFILE", f"{path} is no keyfile: a JSON object is expected")
    return content


def _new_seed() -> bytes:
    """32 random bytes that are also a valid secp256k1 scalar (all but 2^-128 of them are)."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    while True:
        seed = secrets.token_bytes(32)
        if 0 < int.from_bytes(seed, "big") < order:
            return seed
