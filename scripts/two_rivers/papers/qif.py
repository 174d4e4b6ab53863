"""QIF 3.0 results: every inspected piece of a lot with one measured diameter, inside its tolerance or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from scripts.two_rivers.firms import PARTS

__all__ = ["report"]

TOLERANCE = Decimal("0.0250")


def report(
    number: str,
    part: str,
    lot: str,
    day: date,
    instrument: str,
    values: Sequence[Decimal],
    failed: Sequence[bool],
) -> bytes:
    """A report of `values`, in millimetres; `failed` says which are out of tolerance."""
    nominal = PARTS[part].nominal
    results = "".join(
        _result(at, value, bad, day) for at, (value, bad) in enumerate(zip(values, failed, strict=True))
    )
    components = "".join(
        f'<ActualComponent id="{10_000 + at}"><SerialNumber>{lot}-{at + 1:03}</SerialNumber><Status><InspectionStatusEnum>'
        f"{_word(bad)}</InspectionStatusEnum></Status></ActualComponent>"
        for at, bad in enumerate(failed)
    )
    count = len(values)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" versionQIF="3.0.0" idMax="30000">\n'
        f"<PreInspectionTraceability><ReportNumber>{number}</ReportNumber><LotNumber>{lot}</LotNumber></PreInspectionTraceability>\n"
        '<MeasurementResources><MeasurementDevices n="1"><MeasurementDevice id="1"><Name>CMM</Name>'
        f"<SerialNumber>{instrument}</SerialNumber></MeasurementDevice></MeasurementDevices></MeasurementResources>\n"
        f'<Product><PartSet n="1"><Part id="2"><Header><Name>{part}</Name></Header></Part></PartSet></Product>\n'
        '<Characteristics><CharacteristicDefinitions n="1"><DiameterCharacteristicDefinition id="11"><Tolerance>'
        f"<MaxValue>{nominal + TOLERANCE}</MaxValue><MinValue>{nominal - TOLERANCE}</MinValue><DefinedAsLimit>true</DefinedAsLimit>"
        '</Tolerance></DiameterCharacteristicDefinition></CharacteristicDefinitions><CharacteristicNominals n="1">'
        '<DiameterCharacteristicNominal id="21"><CharacteristicDefinitionId>11</CharacteristicDefinitionId>'
        '</DiameterCharacteristicNominal></CharacteristicNominals><CharacteristicItems n="1"><DiameterCharacteristicItem id="31">'
        "<Name>Diameter</Name><CharacteristicNominalId>21</CharacteristicNominalId></DiameterCharacteristicItem></CharacteristicItems>"
        f'</Characteristics>\n<Results><MeasurementResultsSet n="{count}">{results}</MeasurementResultsSet>\n'
        f'<ActualComponentSets n="1"><ActualComponentSet n="{count}">{components}</ActualComponentSet></ActualComponentSets></Results>\n'
        "</QIFDocument>\n"
    )
    return text.encode()


def _result(at: int, value: Decimal, bad: bool, day: date) -> str:
    minutes = 480 + at * 2
    return (
        f'<MeasurementResults id="{1000 + at}"><InspectionTraceability><InspectionEnd>{day}T{minutes // 60:02}:{minutes % 60:02}:00+08:00'
        '</InspectionEnd></InspectionTraceability><MeasuredCharacteristics><CharacteristicMeasurements n="1">'
        f'<DiameterCharacteristicMeasurement id="{20_000 + at}"><Status><CharacteristicStatusEnum>{_word(bad)}</CharacteristicStatusEnum>'
        f"</Status><CharacteristicItemId>31</CharacteristicItemId><Value>{value}</Value></DiameterCharacteristicMeasurement>"
        f"</CharacteristicMeasurements></MeasuredCharacteristics><InspectionStatus><InspectionStatusEnum>{_word(bad)}</InspectionStatusEnum>"
        f'</InspectionStatus><ActualComponentIds n="1"><Id>{10_000 + at}</Id></ActualComponentIds></MeasurementResults>\n'
    )


def _word(bad: bool) -> str:
    return "FAIL" if bad else "PASS"
