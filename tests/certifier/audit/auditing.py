"""A process that audits and says how much memory it took: prints one JSON line.

python -m tests.certifier.audit.auditing URL DESCRIPTOR
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from certifier.audit import audit
from ledger.connection import Ledger
from ledger.descriptor import Descriptor


def main() -> None:
    ledger = Ledger.connect(Descriptor.load(Path(sys.argv[2])), sys.argv[1])
    start = time.monotonic()
    report = audit(ledger).to_json()
    seconds = time.monotonic() - start
    ledger.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps(report | {"seconds": seconds, "peak_kib": peak}) + "\n")


if __name__ == "__main__":
    main()
