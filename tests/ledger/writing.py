"""A process that writes: registers batches of M1 one after the other and says which are final, until it is killed.

python -m tests.ledger.writing HOME COUNT
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from certifier.commitment import BatchTree
from ledger import embedded
from ledger.connection import Ledger
from ledger.descriptor import Descriptor
from ledger.types import hex32
from tests.ledger.world import account


def main() -> None:
    home, count = Path(sys.argv[1]), int(sys.argv[2])
    with embedded.open(home) as ledger:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        connection = Ledger.connect(Descriptor.load(home / "ledger.json"), ledger.url)
        for _ in range(count):
            tree = BatchTree([os.urandom(32) for _ in range(20)])
            sent = ledger.writer.send(account("M1"), connection.assets.register(tree.ids))
            sys.stdout.write(f"{hex32(tree.root)} {sent.block.number} {hex32(sent.block.hash)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
