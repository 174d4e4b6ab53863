"""A process that sends through somebody else's node: COUNT transactions of one account, then says how many are final.

python -m tests.ledger.sending URL OUTBOX COUNT
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ledger.contract import Act
from ledger.remote import RemoteWriter
from tests.ledger.world import account


def main() -> None:
    url, outbox, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    writer = RemoteWriter(url, outbox, 0, poll=0.01)
    for _ in range(count):
        writer.send(account("sender"), Act("0x" + "11" * 20, os.urandom(8)))
    writer.close()
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main()
