"""`python -m scripts.two_rivers OUT [--seed N]`: write the world into a folder that is empty or not there yet."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from scripts.two_rivers.world import SEED, build


def main() -> int:
    """Write the world; exit 64 where the folder holds something already."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.two_rivers", description="Write the world Two Rivers."
    )
    parser.add_argument("out", type=Path, help="a folder that is empty or not there yet")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    if given.out.exists() and any(given.out.iterdir()):
        parser.exit(64, f"{given.out} is not empty: name another folder\n")
    book = build(given.seed)
    book.write(given.out)
    counts = Counter(paper.organisation for paper in book.papers.values())
    size = sum(len(paper.data) for paper in book.papers.values()) / 1e6
    print(
        f"{len(book.papers)} files, {size:.1f} MB: "
        + ", ".join(f"{who} {n}" for who, n in sorted(counts.items()))
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
