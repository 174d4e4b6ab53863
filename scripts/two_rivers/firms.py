"""Who there is: the ten organisations, the names that stand in papers only, their machines, parts and buyers.

All names and codes are invented; the check digits are valid. Figures are PRODUCT.md's, section 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledger.types import organisation_id

__all__ = [
    "BUYERS",
    "FIRMS",
    "INSPECTED",
    "MACHINE_POWER",
    "ORGANISATIONS",
    "PARTS",
    "Buyer",
    "Demand",
    "Firm",
    "Group",
    "Operation",
    "Organisation",
    "Part",
]


@dataclass(frozen=True)
class Organisation:
    """One organisation; `role` is `paper` where it is named in papers only. The last four stand on its invoices."""

    short: str
    uscc: str
    name: str
    role: str
    legal_representative: str
    phone: str
    bank_account: str
    gln: str

    @property
    def id(self) -> bytes:
        """Its id on the ledger."""
        return organisation_id(f"CN-USCC:{self.uscc}")


def _gln(serial: int) -> str:
    digits = f"69012340{serial:04}"
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return digits + str(-total % 10)


def _organisations() -> Mapping[str, Organisation]:
    rows = (
        ("B1", "91500000000000115B", "渝江汽车动力总成", "buyer"),
        ("B2", "915000000000001236", "嘉陵装备制造", "buyer"),
        ("M1", "91500000000000211L", "恒精机械", "enterprise"),
        ("M2", "9150000000000022XC", "锐川精密", "enterprise"),
        ("M3", "91500000000000238C", "鼎越机械", "enterprise"),
        ("M4", "915000000000002467", "泰禾金属制品", "enterprise"),
        ("L1", "915000000000003180", "渝商银行", "lender"),
        ("L2", "91500000000000326T", "两江保理", "lender"),
        ("I1", "915000000000004149", "西南计量检测", "inspector"),
        ("A1", "91500000000000510J", "渝衡审计", "auditor"),
        ("T1", "91500000000000617X", "众信贸易", "paper"),
        ("C1", "915000000000007137", "渝陆物流", "paper"),
        ("S1", "9150000000000081XD", "川钢棒材", "paper"),
        ("E1", "91500000000000916U", "渝州供电", "paper"),
        ("R1", "115000000000010168", "渝经信登记处", "registrar"),
        ("R2", "515000000000010252", "渝银行业协会", "registrar"),
        ("R3", "12500000000001038D", "两江园区管委会", "registrar"),
    )
    made = {
        short: Organisation(
            short, uscc, name, role, f"LR-{short}", f"023-6700{1000 + n}", f"6222{n:012}", _gln(n)
        )
        for n, (short, uscc, name, role) in enumerate(rows, 11)
    }
    # F3: the shell is the dishonest firm's own; its telephone is the accountant's of the firm in between
    m3, m4, t1 = made["M3"], made["M4"], made["T1"]
    shell = (t1.short, t1.uscc, t1.name, t1.role, m3.legal_representative, m4.phone, m3.bank_account, t1.gln)
    return made | {"T1": Organisation(*shell)}


ORGANISATIONS: Mapping[str, Organisation] = _organisations()


@dataclass(frozen=True)
class Buyer:
    """Terms of a core enterprise and when it really pays, both in days from delivery."""

    terms: int
    pays: int
    code: str


INSPECTED = {"own": 200, "I1": 125}
"""Pieces of a lot that the firm, and the inspection body, look at."""


BUYERS: Mapping[str, Buyer] = {"B1": Buyer(60, 58, "YJ"), "B2": Buyer(45, 44, "JL")}


@dataclass(frozen=True)
class Operation:
    """One machining step: group of machines, seconds a piece."""

    group: str
    seconds: int


@dataclass(frozen=True)
class Part:
    """A part: price net of VAT, kilograms of bar, steps in order; `outsourced` names a step that no machine here does."""

    number: str
    name: str
    price: Decimal
    kilograms: Decimal
    operations: tuple[Operation, ...]
    nominal: Decimal
    outsourced: str | None = None


def _part(number: str, name: str, price: str, kg: str, nominal: str, *steps: tuple[str, int]) -> Part:
    operations = tuple(Operation(group, seconds) for group, seconds in steps)
    outsourced = "HeatTreatment" if number == "P101" else None
    return Part(number, name, Decimal(price), Decimal(kg), operations, Decimal(nominal), outsourced)


PARTS: Mapping[str, Part] = {
    part.number: part
    for part in (
        _part("P101", "输出轴", "46.00", "3.2", "32.0000", ("L", 240), ("L", 180), ("G", 150)),
        _part("P102", "法兰", "31.50", "1.9", "68.0000", ("L", 200), ("L", 160)),
        _part("P201", "阀体", "148.00", "4.6", "25.0000", ("V", 700), ("V", 560)),
        _part("P202", "支架", "61.00", "2.1", "12.0000", ("V", 540)),
        _part("P301", "衬套", "14.20", "0.9", "28.0000", ("L", 150)),
        _part("P401", "泵盖", "47.50", "2.7", "90.0000", ("V", 240), ("L", 240)),
    )
}

MACHINE_POWER: Mapping[str, tuple[float, float]] = {
    "lathe": (9.0, 2.5),
    "mill": (12.0, 3.0),
    "grinder": (11.0, 3.0),
}
"""Kilowatts of a machine that cuts, and of one that is on and does not."""


@dataclass(frozen=True)
class Group:
    """Machines of one kind that share their work."""

    kind: str
    machines: tuple[str, ...]


@dataclass(frozen=True)
class Demand:
    """What a buyer calls every week, and in the short week 13."""

    buyer: str
    part: str
    weekly: int
    short_week: int


@dataclass(frozen=True)
class Firm:
    """One machining MSME. `availability`, `performance`, `quality` are the factors of its OEE; `log` its machines' format."""

    short: str
    code: str
    availability: float
    performance: float
    quality: Decimal
    log: str
    groups: Mapping[str, Group]
    demands: tuple[Demand, ...]
    honest: bool

    @property
    def organisation(self) -> Organisation:
        """Its names and numbers."""
        return ORGANISATIONS[self.short]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts it makes, in order."""
        return tuple(dict.fromkeys(demand.part for demand in self.demands))


def _names(letter: str, first: int, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{first + i:02}" for i in range(count))


FIRMS: Mapping[str, Firm] = {
    firm.short: firm
    for firm in (
        Firm(
            "M1", "HJ", 0.78, 0.92, Decimal("0.985"), "mtconnect",
            {"L": Group("lathe", _names("L", 1, 6)), "G": Group("grinder", ("G01",))},
            (Demand("B1", "P101", 1320, 880), Demand("B1", "P102", 1000, 660), Demand("B2", "P102", 800, 540)), True,
        ),
        Firm(
            "M2", "RC", 0.74, 0.90, Decimal("0.970"), "shdr",
            {"V": Group("mill", _names("V", 1, 4))},
            (Demand("B2", "P201", 360, 240), Demand("B1", "P202", 540, 360)), True,
        ),
        Firm(
            "M3", "DY", 0.70, 0.88, Decimal("0.975"), "senml",
            {"L": Group("lathe", _names("L", 31, 3))},
            (Demand("B1", "P301", 3000, 2000),), False,
        ),
        Firm(
            "M4", "TH", 0.72, 0.90, Decimal("0.970"), "nc-link",
            {"V": Group("mill", _names("V", 41, 2)), "L": Group("lathe", _names("L", 41, 2))},
            (Demand("B2", "P401", 1440, 960),), False,
        ),
    )
}  # fmt: skip
