"""M1's points card (PRODUCT.md §2.6) from the parsed papers: 765, grade A. The bins stand here as that table gives them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from statistics import mean

from tests.two_rivers.reading import AS_OF, WINDOW, World, quantity, rows

PLANNED_A_DAY = Decimal("14.5") * 3600


def points(value: Decimal | float, *bins: tuple[float, int], best: int) -> int:
    """The points of the first bin that the value lies below, else those of the last."""
    return next((given for limit, given in bins if value < limit), best)


def links(world: World, path: str, relation: str) -> list[str]:
    return [target for name, target in world.entries[path]["links"] if name == relation]


def windowed(world: World) -> list[str]:
    """M1's invoices of the last 90 days, each once."""
    paths = [p for p, f in world.of("M1", "invoice", "invoices/") if p.endswith(".xml")]
    return [p for p in paths if WINDOW[0] <= date.fromisoformat(world.facts(p)["issue_date"]) < AS_OF]


def on_time(world: World) -> Decimal:
    """Share by value of the calls due in the window that left in full by the promised day."""
    left: dict[tuple[str, str, str], Decimal] = {}
    for path, facts in world.of("M1", "despatch-advice"):
        for row in rows(facts, "line") if world.documents[path].format == "ubl" else []:
            left[facts["buyer_id"], facts["issue_date"], row["item"]] = quantity(row["quantity"])
    due = kept = Decimal(0)
    for _, order in world.of("M1", "purchase-order"):
        for line in rows(order, "line"):
            if "2026-07-01" <= line["promised_date"] < str(AS_OF):
                value = quantity(line["quantity"]) * Decimal(line["price"])
                full = left.get((order["buyer_id"], line["promised_date"], line["item"])) == quantity(
                    line["quantity"]
                )
                due, kept = due + value, kept + (value if full else 0)
    return kept / due * 100


def beyond_terms(world: World) -> Decimal:
    """Mean days beyond terms, weighted by what was paid; what is invoiced on a Monday left on the Saturday before."""
    billed, terms = world.billed("M1"), {world.uscc["B1"]: 60, world.uscc["B2"]: 45}
    late = paid = Decimal(0)
    for row in world.received("M1"):
        bill = billed[row["reference"]]
        left = date.fromisoformat(bill["issue_date"]) - timedelta(days=2)
        days = (date.fromisoformat(row["date"]) - left).days - terms[bill["buyer_id"]]
        late, paid = late + max(0, days) * Decimal(row["amount"]), paid + Decimal(row["amount"])
    return late / paid


def concentration(world: World) -> Decimal:
    net: dict[str, Decimal] = {}
    for path in windowed(world):
        facts = world.facts(path)
        net[facts["buyer_id"]] = net.get(facts["buyer_id"], Decimal(0)) + Decimal(facts["net"])
    return sum((share * share for share in net.values()), Decimal(0)) / sum(net.values()) ** 2


def cover(world: World) -> Decimal:
    lines = [line for _, f in world.of("M1", "purchase-order") for line in rows(f, "line")]
    ahead = sum(
        quantity(x["quantity"]) * Decimal(x["price"]) for x in lines if x["promised_date"] >= str(AS_OF)
    )
    return ahead / (sum(Decimal(world.facts(path)["net"]) for path in windowed(world)) / 3)


def repeat(world: World) -> Decimal:
    """Share of order value from buyers of whom an earlier order's invoice is paid."""
    settled = {world.billed("M1")[number]["buyer_id"] for number in world.settled("M1")}
    orders = [f for _, f in world.of("M1", "purchase-order")]
    value = {True: Decimal(0), False: Decimal(0)}
    for order in orders:
        first = min(o["issue_date"] for o in orders if o["buyer_id"] == order["buyer_id"])
        value[order["buyer_id"] in settled and order["issue_date"] > first] += Decimal(order["net"])
    return value[True] / sum(value.values()) * 100


def first_pass(world: World) -> Decimal:
    """Pooled by quantity; the inspection body's report replaces the firm's own of the same lot."""
    lots: dict[str, dict[str, str]] = {}
    for _, facts in sorted(world.of("M1", "inspection-report"), key=lambda item: "XN-IR" in item[0]):
        lots[facts["lot"]] = facts
    failed, seen = (sum(int(f[name]) for f in lots.values()) for name in ("parts_failed", "parts"))
    return (1 - Decimal(failed) / seen) * 100


def utilisation(world: World, day: date) -> Decimal:
    active = sum(world.days["M1"][day]["active"].values(), Decimal(0))
    return active / (7 * PLANNED_A_DAY)


def matched(world: World) -> Decimal:
    """Share of invoice value whose order, work and carrier-signed delivery are there and name the same pieces."""
    good = total = Decimal(0)
    signed = {
        f["number"]
        for p, f in world.of("M1", "despatch-advice")
        if world.entries[p].get("signer", {}).get("organisation") == "C1"
    }
    lots = world.lots("M1")
    for path in windowed(world):
        facts, value = world.facts(path), Decimal(world.facts(path)["total"])
        (note,) = links(world, path, "fulfils")
        moved = {row["item"]: row["quantity"] for row in rows(world.facts(note), "line")}
        billed = {row["item"].rpartition("*")[2]: row["quantity"] for row in rows(facts, "line")}
        week = f"26W{date.fromisoformat(world.facts(note)['issue_date']).isocalendar().week}"
        made = all((week, item.split()[0]) in lots for item in moved)
        agree = (
            billed == moved and world.facts(note)["number"] in signed and made and links(world, path, "bills")
        )
        total, good = total + value, good + (value if agree else 0)
    return good / total * 100


def independence(world: World) -> Decimal:
    """Moved by the carrier's signature, owed by the tax bureau's number, paid by the bank; conforms where I1 looked."""
    lots = world.lots("M1")
    outside = {facts["lot"] for path, facts in world.of("M1", "inspection-report") if "XN-IR" in path}
    price = {
        row["item"].split()[0]: Decimal(row["price"])
        for _, f in world.of("M1", "purchase-order")
        for row in rows(f, "line")
    }
    value = {(w, p): lot["produced"] * price[p] for (w, p), lot in lots.items() if "STK" not in w}
    conforms = sum((v for (w, p), v in value.items() if f"{p}-{w}" in outside), Decimal(0)) / sum(
        value.values()
    )
    return Decimal("0.15") * conforms + Decimal("0.20") + Decimal("0.20") + Decimal("0.15")


def history(world: World) -> int:
    """Days back in which every block of seven holds a paper of M1."""
    days = {date.fromisoformat(e["day"]) for e in world.manifest["files"] if e["organisation"] == "M1"}
    blocks = {((AS_OF - day).days - 1) // 7 for day in days}
    return next(n for n in range(100) if n not in blocks) * 7


def test_m1_scores_765(world: World) -> None:
    machines = [m for names in world.routing("M1")["machines"].values() for m in names]
    working = sorted(day for day in world.days["M1"] if WINDOW[0] <= day < AS_OF)
    unseen = world.unseen_seconds("M1", machines, working[0], working[-1]) + 4 * 3600
    coverage = (1 - unseen / (PLANNED_A_DAY * 7 * len(working))) * 100
    recent = [utilisation(world, d) for d in working if d >= AS_OF - timedelta(days=30)]
    before = [utilisation(world, d) for d in working if d < AS_OF - timedelta(days=30)]
    trend = (mean(recent) / mean(before) - 1) * 100
    ratio = max(world.capacity_ratio("M1", g, f"26W{w}") for g in ("L", "G") for w in range(27, 40))
    share = independence(world)
    assert Decimal("0.55") <= share <= Decimal("0.59")
    card = {
        "on time": points(on_time(world), (80, 0), (90, 20), (97, 35), best=50),
        "first pass": points(first_pass(world), (92, 0), (96, 15), (98, 25), best=35),
        "coverage": points(coverage, (40, 0), (70, 20), (90, 35), best=50),
        "ratio": points(ratio, (0.5, 15), (0.95, 30), (1.0000001, 10), best=0),
        "trend": points(trend, (-25, 0), (-10, 15), (25.0000001, 30), best=20),
        "match": points(matched(world), (80, 0), (95, 25), (99, 40), best=50),
        "independence": points(share, (0.2, 0), (0.4, 20), (0.6, 35), best=50),
        "beyond terms": points(
            beyond_terms(world), (5.0000001, 45), (15.0000001, 30), (30.0000001, 15), best=0
        ),
        "dilution": 30 if not list(world.of("M1", "credit-note")) else 0,
        "concentration": points(
            concentration(world), (0.2500001, 30), (0.5000001, 25), (0.8000001, 15), best=5
        ),
        "cover": points(cover(world), (0.5, 0), (1, 20), (2, 35), best=40),
        "repeat": points(repeat(world), (30, 0), (60, 20), best=30),
        "leverage": 35
        if not any(act["act"] == "pledge" and act["debtor"] == "M1" for act in world.manifest["acts"])
        else 0,
        "history": points(history(world), (60, 0), (180, 10), (365, 20), best=25),
    }
    assert card["on time"] == 50 and card["match"] == 50
    assert 300 + sum(card.values()) == 765 == world.manifest["known_answers"]["M1"]["score"]
