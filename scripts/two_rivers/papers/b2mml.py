"""B2MML V0600: a week's production schedule, and its performance with what was scrapped."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.two_rivers import calendar as days
from scripts.two_rivers.events import Lot
from scripts.two_rivers.firms import PARTS

__all__ = ["performance", "schedule"]

_SPACE = "http://www.mesa.org/xml/B2MML-V0600"
_NAMES = {"L": "Turning", "G": "Grinding", "V": "Milling"}


def schedule(number: str, lots: Sequence[tuple[Lot, Sequence[str]]]) -> bytes:
    """The week's work orders, each with the buyers' orders that it serves."""
    first = min(lot.first for lot, _ in lots)
    requests = "\n".join(_request(lot, orders) for lot, orders in lots)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ProcessProductionSchedule releaseID="1" xmlns="{_SPACE}">\n'
        f"<ApplicationArea><CreationDateTime>{first}T07:30:00+08:00</CreationDateTime></ApplicationArea>\n"
        f"<DataArea><Process/><ProductionSchedule><ID>{number}</ID>\n{requests}\n</ProductionSchedule></DataArea>\n"
        "</ProcessProductionSchedule>\n"
    )
    return text.encode()


def _request(lot: Lot, orders: Sequence[str]) -> str:
    parameters = "".join(
        f"<ProductionParameter><Parameter><ID>BuyerOrderNumber</ID><Value><ValueString>{order}</ValueString>"
        "<DataType>string</DataType></Value></Parameter></ProductionParameter>"
        for order in orders
    )
    part = PARTS[lot.part]
    steps = [_NAMES[step.group] for step in part.operations]
    if part.outsourced:
        steps.insert(len(steps) - 1, part.outsourced)
    segments = "".join(
        f"<SegmentRequirement><ID>{at}0</ID><ProcessSegmentID>{step}</ProcessSegmentID>"
        f"{parameters if at == 1 else ''}{_outsourced() if step == part.outsourced else ''}"
        f"{_material('MaterialRequirement', lot.part, 'Produced', lot.started) if at == len(steps) else ''}</SegmentRequirement>"
        for at, step in enumerate(steps, 1)
    )
    return (
        f"<ProductionRequest><ID>{lot.work_order}</ID><StartTime>{lot.first}T08:00:00+08:00</StartTime>"
        f"<EndTime>{lot.last}T16:00:00+08:00</EndTime>{segments}</ProductionRequest>"
    )


def _outsourced() -> str:
    return (
        "<ProductionParameter><Parameter><ID>outsourced</ID><Value><ValueString>true</ValueString><DataType>boolean</DataType>"
        "</Value></Parameter></ProductionParameter>"
    )


def _material(element: str, part: str, use: str, pieces: int) -> str:
    stated = (
        f"<MaterialUse>{use}</MaterialUse>"
        if use == "Produced"
        else f'<MaterialUse OtherValue="{use}">Other</MaterialUse>'
    )
    return (
        f"<{element}><MaterialDefinitionID>{part}</MaterialDefinitionID>{stated}<Quantity><QuantityString>{pieces}"
        f"</QuantityString><DataType>int</DataType><UnitOfMeasure>H87</UnitOfMeasure></Quantity></{element}>"
    )


def performance(lots: Sequence[Lot]) -> bytes:
    """What came of the week's work orders."""
    responses = "\n".join(
        f"<ProductionResponse><ID>{lot.work_order}-R</ID><ProductionRequestID>{lot.work_order}</ProductionRequestID>"
        f"<StartTime>{lot.first}T08:00:00+08:00</StartTime><EndTime>{lot.last}T16:00:00+08:00</EndTime><SegmentResponse>"
        f"<ProcessSegmentID>Final</ProcessSegmentID>{_material('MaterialActual', lot.part, 'Produced', lot.quantity)}"
        f"{_material('MaterialActual', lot.part, 'Scrap', lot.started - lot.quantity)}</SegmentResponse></ProductionResponse>"
        for lot in lots
    )
    last = days.delivery_day(lots[0].week)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ProductionPerformance xmlns="{_SPACE}">\n'
        f"<PublishedDate>{last}T17:00:00+08:00</PublishedDate>\n{responses}\n</ProductionPerformance>\n"
    )
    return text.encode()
