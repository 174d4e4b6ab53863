"""A home: one installation's folder, and where everything in it lies (DESIGN, Homes).

Knows paths and the passphrase, and nothing of what the files mean. `HOME/ledger.json` is the trust anchor of this
installation; `HOME/assetcert.db` an index that `assetcert reindex` rebuilds, except for what only it holds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import UnavailableError, UsageError

__all__ = ["Home", "default_home", "write_private"]

DEMO_MARK = "demo.json"


def default_home() -> Path:
    """`ASSETCERT_HOME`, else the platform's data folder."""
    if configured := os.environ.get("ASSETCERT_HOME"):
        return Path(configured)
    import platformdirs

    return Path(platformdirs.user_data_dir("assetcert"))


@dataclass(frozen=True)
class Home:
    """Paths of one installation."""

    root: Path

    @property
    def descriptor(self) -> Path:
        return self.root / "ledger.json"

    @property
    def passphrase_file(self) -> Path:
        return self.root / "passphrase"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def blocks(self) -> Path:
        return self.root / "blocks"

    @property
    def database(self) -> Path:
        return self.root / "assetcert.db"

    @property
    def database_config(self) -> Path:
        return self.root / "database.json"

    @property
    def store_config(self) -> Path:
        return self.root / "store.json"

    @property
    def demo_mark(self) -> Path:
        return self.root / DEMO_MARK

    @property
    def run(self) -> Path:
        """Folder of locks, of the running node, and of what must not outlive a command; made where absent."""
        folder = self.root / "run"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def exists(self) -> bool:
        """Whether an installation was founded here."""
        return self.descriptor.is_file()

    def require(self) -> Home:
        """This home, or UsageError where no installation was founded."""
        if not self.exists:
            raise UsageError(
                "NO_HOME",
                f"{self.root} is no assetcert home: it has no ledger.json; run `assetcert --home {self.root} up` to found one, "
                "or give --home",
            )
        return self

    def create(self) -> Home:
        """Make the folder, readable by its owner only."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
        except OSError as error:
            raise UnavailableError("HOME", f"cannot make the home {self.root}: {error.strerror}") from error
        return self


def write_private(path: Path, data: bytes) -> None:
    """Write `data` so that a crash leaves the old file or the new one, and only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
