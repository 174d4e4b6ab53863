"""How soon each page of the demo shows something: `python -m scripts.screenshots.paint [--looks 5] [--pages WORD]`.

A line a page: first contentful paint and the server's first byte in milliseconds, the middle of several looks with an empty cache, and the
bytes of scripts and styles that it loads, the pictures' library apart. A page that takes longer than 0.5 s, or more than 100 kB, is marked,
and the command fails. Not a load test: one browser on this machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import Any

from scripts.screenshots.demo import PAGES, Demo, demo

LONGEST, MOST = 500, 100_000
_TOLD = """() => {
    const way = performance.getEntriesByType("navigation")[0];
    const kept = performance.getEntriesByType("resource").filter((one) => /[.](js|css)([?]|$)/.test(one.name) && !one.name.includes("echarts"));
    return {
        painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
        answered: way.responseStart - way.requestStart,
        status: way.responseStatus,
        bytes: kept.reduce((sum, one) => sum + one.decodedBodySize, 0),
    };
}"""


def main() -> None:
    """Serve, look, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--looks", type=int, default=5)
    parser.add_argument("--pages", default="", help="only pages whose name has this in it")
    given = parser.parse_args()
    with demo() as found:
        slow = measured(found, given.looks, given.pages)
    sys.exit(f"too slow or too heavy: {', '.join(slow)}" if slow else 0)


def measured(found: Demo, looks: int, wanted: str = "") -> list[str]:
    """A line for each page; the names of those that are over."""
    over = []
    print(f"{'page':16} {'paint ms':>8} {'byte ms':>8} {'js+css kB':>9}")
    for user, pages in PAGES.items():
        page = found.opened("zh", user)
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        for name, steps in pages.items():
            if wanted in name:
                over += _line(name, _seen(found, page, steps, looks))
        page.context.close()
    return over


def _seen(found: Demo, page: Any, steps: str, looks: int) -> list[dict[str, float]]:
    found.go(page, steps)
    seen = []
    for _ in range(looks):
        page.reload(wait_until="networkidle")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        seen.append(page.evaluate(_TOLD))
        if seen[-1]["status"] != 200:
            sys.exit(f"{page.url} answers {seen[-1]['status']}")
    return seen


def _line(name: str, seen: list[dict[str, float]]) -> list[str]:
    painted, answered = (statistics.median(one[what] for one in seen) for what in ("painted", "answered"))
    weight = max(one["bytes"] for one in seen)
    over = painted > LONGEST or weight > MOST
    print(
        f"{name:16} {painted:8.0f} {answered:8.0f} {weight / 1000:9.1f}{'  over' if over else ''}", flush=True
    )
    return [name] if over else []


if __name__ == "__main__":
    main()
