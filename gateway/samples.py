"""Small sample papers for benchmarks and tests: three jobs from order to invoice, in the formats that machine shops have.

Not the demo's world (`gateway.demo.world`). A pure function of the jobs below; names and numbers are invented, check digits valid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from gateway.installation import Organisation
from ledger.membership import Role

__all__ = [
    "BEGINS",
    "BUYERS",
    "JOBS",
    "MEMBERS",
    "REGISTRARS",
    "Job",
    "invoice",
    "machine_log",
    "noon",
    "papers",
]

REGISTRARS = (
    Organisation("R1", "CN-USCC:115000000000010168", "渝经信登记处"),
    Organisation("R2", "CN-USCC:515000000000010252", "渝银行业协会"),
    Organisation("R3", "CN-USCC:12500000000001038D", "两江园区管委会"),
)
MEMBERS: tuple[tuple[Organisation, Role, tuple[str, ...]], ...] = (
    (
        Organisation("M1", "CN-USCC:91500000000000211L", "恒精机械"),
        Role.ENTERPRISE,
        ("account", "encryption", "instrument"),
    ),
    (
        Organisation("M2", "CN-USCC:9150000000000022XC", "锐川精密"),
        Role.ENTERPRISE,
        ("account", "encryption"),
    ),
    (
        Organisation("M3", "CN-USCC:91500000000000238C", "鼎越机械"),
        Role.ENTERPRISE,
        ("account", "encryption"),
    ),
    (
        Organisation("M4", "CN-USCC:915000000000002467", "泰禾金属制品"),
        Role.ENTERPRISE,
        ("account", "encryption"),
    ),
    (Organisation("L1", "CN-USCC:915000000000003180", "渝商银行"), Role.LENDER, ("account", "encryption")),
    (Organisation("L2", "CN-USCC:91500000000000326T", "两江保理"), Role.LENDER, ("account", "encryption")),
    (
        Organisation("I1", "CN-USCC:915000000000004149", "西南计量检测"),
        Role.INSPECTOR,
        ("account", "inspector"),
    ),
    (Organisation("A1", "CN-USCC:91500000000000510J", "渝衡审计"), Role.AUDITOR, ("account", "encryption")),
)
BUYERS = {"B1": ("91500000000000115B", "渝江汽车动力总成"), "B2": ("915000000000001236", "嘉陵装备制造")}

BEGINS = int(datetime(2026, 6, 29, tzinfo=UTC).timestamp())
VAT = Decimal("0.13")
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


@dataclass(frozen=True)
class Job:
    """One job of one shop, from order to invoice. `price` net of VAT; `cycle` seconds a piece."""

    seller: str
    buyer: str
    number: str
    part: str
    name: str
    quantity: int
    price: Decimal
    cycle: int
    machine: str
    ordered: date

    @property
    def order_number(self) -> str:
        """The buyer's number of its order."""
        return f"{self.buyer}-PO-{self.number}"

    @property
    def work_order(self) -> str:
        """The shop's own number."""
        return f"{self.seller}-WO-{self.number}"

    @property
    def invoice_number(self) -> str:
        """The invoice's number."""
        return f"{self.seller}-INV-{self.number}"

    @property
    def net(self) -> Decimal:
        """Net amount of order and invoice."""
        return self.quantity * self.price

    @property
    def tax(self) -> Decimal:
        """VAT of 13 %, half up."""
        return (self.net * VAT).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def invoiced(self) -> date:
        """Date of the invoice."""
        return self.ordered + timedelta(days=10)


JOBS = (
    Job("M1", "B1", "2026-0701", "P101", "输出轴", 120, Decimal("46.00"), 240, "L01", date(2026, 7, 1)),
    Job("M2", "B2", "2026-0703", "P201", "阀体", 40, Decimal("148.00"), 700, "V01", date(2026, 7, 3)),
    Job("M4", "B2", "2026-0706", "P401", "泵盖", 160, Decimal("47.50"), 240, "M01", date(2026, 7, 6)),
)

_SELLERS = {one.short: (one.numbers[0], one.name) for one, _, _ in MEMBERS}


def papers(job: Job) -> dict[str, bytes]:
    """The five papers of a job by file name, in the order in which they come to be."""
    return {
        "order.xml": _order(job).encode(),
        "work-order.xml": _work_order(job).encode(),
        "machine.xml": machine_log(job),
        "inspection.qif": _inspection(job).encode(),
        "invoice.xml": invoice(job).encode(),
    }


def _tax_party(number: str, name: str) -> str:
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    tax = f"<cac:PartyTaxScheme><cbc:CompanyID>{number}</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>"
    legal = (
        f"<cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName></cac:PartyLegalEntity>"
    )
    return f"<cac:Party>{tax}{legal}</cac:Party>"


def _amount(name: str, value: Decimal) -> str:
    return f'<cbc:{name} currencyID="CNY">{value:.2f}</cbc:{name}>'


def _totals(job: Job) -> str:
    gross = job.net + job.tax
    names = ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount")
    return "".join(
        _amount(name, value) for name, value in zip(names, (job.net, job.net, gross, gross), strict=True)
    )


def _ubl(root: str, body: str) -> str:
    spaces = f'xmlns="{UBL}{root}-2" xmlns:cac="{UBL}CommonAggregateComponents-2" xmlns:cbc="{UBL}CommonBasicComponents-2"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {spaces}>{body}</{root}>\n'


def _item(job: Job) -> str:
    seller = f"<cac:SellersItemIdentification><cbc:ID>{job.part}</cbc:ID></cac:SellersItemIdentification>"
    return f"<cac:Item><cbc:Name>{job.part} {job.name}</cbc:Name>{seller}</cac:Item>"


def _order(job: Job) -> str:
    promised = job.ordered + timedelta(days=8)
    line = (
        f'<cbc:ID>1</cbc:ID><cbc:Quantity unitCode="H87">{job.quantity}</cbc:Quantity>{_amount("LineExtensionAmount", job.net)}'
        f"<cac:Delivery><cac:PromisedDeliveryPeriod><cbc:EndDate>{promised}</cbc:EndDate></cac:PromisedDeliveryPeriod></cac:Delivery>"
        f"<cac:Price>{_amount('PriceAmount', job.price)}</cac:Price>{_item(job)}"
    )
    return _ubl(
        "Order",
        f"<cbc:ID>{job.order_number}</cbc:ID><cbc:IssueDate>{job.ordered}</cbc:IssueDate>"
        f"<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>"
        f"<cac:BuyerCustomerParty>{_tax_party(*BUYERS[job.buyer])}</cac:BuyerCustomerParty>"
        f"<cac:SellerSupplierParty>{_tax_party(*_SELLERS[job.seller])}</cac:SellerSupplierParty>"
        f"<cac:AnticipatedMonetaryTotal>{_totals(job)}</cac:AnticipatedMonetaryTotal>"
        f"<cac:OrderLine><cac:LineItem>{line}</cac:LineItem></cac:OrderLine>",
    )


def invoice(job: Job, *, price_off_by: Decimal = Decimal(0)) -> str:
    """The invoice of a job; `price_off_by` retypes it with another price, as a cheat would."""
    job = replace(job, price=job.price + price_off_by)
    category = (
        "<cbc:ID>S</cbc:ID><cbc:Percent>13</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    )
    subtotal = f"{_amount('TaxableAmount', job.net)}{_amount('TaxAmount', job.tax)}<cac:TaxCategory>{category}</cac:TaxCategory>"
    item = _item(job).replace(
        "</cac:Item>", f"<cac:ClassifiedTaxCategory>{category}</cac:ClassifiedTaxCategory></cac:Item>"
    )
    return _ubl(
        "Invoice",
        f"<cbc:ID>{job.invoice_number}</cbc:ID><cbc:IssueDate>{job.invoiced}</cbc:IssueDate>"
        f"<cbc:DueDate>{job.invoiced + timedelta(days=45)}</cbc:DueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>"
        f"<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>"
        f"<cac:OrderReference><cbc:ID>{job.order_number}</cbc:ID></cac:OrderReference>"
        f"<cac:AccountingSupplierParty>{_tax_party(*_SELLERS[job.seller])}</cac:AccountingSupplierParty>"
        f"<cac:AccountingCustomerParty>{_tax_party(*BUYERS[job.buyer])}</cac:AccountingCustomerParty>"
        f"<cac:TaxTotal>{_amount('TaxAmount', job.tax)}<cac:TaxSubtotal>{subtotal}</cac:TaxSubtotal></cac:TaxTotal>"
        f"<cac:LegalMonetaryTotal>{_totals(job)}</cac:LegalMonetaryTotal>"
        f'<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="H87">{job.quantity}</cbc:InvoicedQuantity>'
        f"{_amount('LineExtensionAmount', job.net)}{item}<cac:Price>{_amount('PriceAmount', job.price)}</cac:Price></cac:InvoiceLine>",
    )


def _work_order(job: Job) -> str:
    start = datetime.combine(job.ordered + timedelta(days=3), datetime.min.time()).replace(hour=8)
    end = start + timedelta(seconds=job.quantity * job.cycle * 5 // 4)
    material = (
        f"<MaterialRequirement><MaterialDefinitionID>{job.part}</MaterialDefinitionID><MaterialUse>Produced</MaterialUse><Quantity>"
        f"<QuantityString>{job.quantity}</QuantityString><DataType>int</DataType><UnitOfMeasure>H87</UnitOfMeasure></Quantity></MaterialRequirement>"
    )
    reference = (
        "<ProductionParameter><Parameter><ID>BuyerOrderNumber</ID><Value>"
        f"<ValueString>{job.order_number}</ValueString><DataType>string</DataType></Value></Parameter></ProductionParameter>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ProcessProductionSchedule releaseID="1" xmlns="http://www.mesa.org/xml/B2MML-V0600">'
        f"<ApplicationArea><CreationDateTime>{job.ordered}T16:00:00+08:00</CreationDateTime></ApplicationArea><DataArea><Process/>"
        f"<ProductionSchedule><ID>{job.work_order}-S</ID><ProductionRequest><ID>{job.work_order}</ID>"
        f"<StartTime>{start:%Y-%m-%dT%H:%M:%S}+08:00</StartTime><EndTime>{end:%Y-%m-%dT%H:%M:%S}+08:00</EndTime>"
        f"<SegmentRequirement><ID>10</ID><ProcessSegmentID>Machining</ProcessSegmentID>{reference}{material}</SegmentRequirement>"
        "</ProductionRequest></ProductionSchedule></DataArea></ProcessProductionSchedule>\n"
    )


def machine_log(job: Job) -> bytes:
    """The machine's log of the job: a report every ten pieces, a pause of ten minutes after every forty."""
    at = datetime.combine(job.ordered + timedelta(days=3), datetime.min.time())
    sequence, events = 1000, []

    def report(name: str, item: str, value: object) -> None:
        nonlocal sequence
        sequence += 1
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}.000000Z"
        events.append(
            f'<{name} dataItemId="{job.machine}-{item}" timestamp="{stamp}" sequence="{sequence}">{value}</{name}>'
        )

    report("Availability", "avail", "AVAILABLE")
    report("PartCount", "pc", 5000)
    for made in range(0, job.quantity, 10):
        if made % 40 == 0:
            report("Execution", "exec", "ACTIVE")
        at += timedelta(seconds=10 * job.cycle)
        report("PartCount", "pc", 5000 + made + 10)
        if (made + 10) % 40 == 0 or made + 10 >= job.quantity:
            report("Execution", "exec", "READY")
            at += timedelta(minutes=10)
    header = (
        f'<Header creationTime="{at:%Y-%m-%dT%H:%M:%S}Z" sender="{job.seller}" instanceId="1782900000" version="1.3.0" '
        f'bufferSize="131072" firstSequence="1001" nextSequence="{sequence + 1}" lastSequence="{sequence}"/>'
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.3">{header}<Streams>'
        f'<DeviceStream name="{job.machine}" uuid="{job.seller}-{job.machine}"><ComponentStream component="Path" name="path" '
        f'componentId="{job.machine}-path"><Events>{"".join(events)}</Events></ComponentStream></DeviceStream></Streams></MTConnectStreams>\n'
    )
    return text.encode()


def _inspection(job: Job) -> str:
    """Eight pieces measured at one diameter, all within ± 0.025."""
    offsets = ("-0.002", "0.004", "-0.005", "0.010", "0.001", "-0.011", "0.006", "0.003")
    done = job.ordered + timedelta(days=5)
    results = "".join(
        f'<MeasurementResults id="{40 + at}"><InspectionTraceability><InspectionEnd>{done}T18:30:00+08:00</InspectionEnd></InspectionTraceability>'
        f'<MeasuredCharacteristics><CharacteristicMeasurements n="1"><DiameterCharacteristicMeasurement id="{100 + at}"><Status>'
        "<CharacteristicStatusEnum>PASS</CharacteristicStatusEnum></Status><CharacteristicItemId>31</CharacteristicItemId>"
        f"<Value>{Decimal(32) + Decimal(offset)}</Value></DiameterCharacteristicMeasurement></CharacteristicMeasurements></MeasuredCharacteristics>"
        f'<InspectionStatus><InspectionStatusEnum>PASS</InspectionStatusEnum></InspectionStatus><ActualComponentIds n="1"><Id>{60 + at}</Id>'
        "</ActualComponentIds></MeasurementResults>"
        for at, offset in enumerate(offsets)
    )
    components = "".join(
        f'<ActualComponent id="{60 + at}"><SerialNumber>{job.part}-{job.number}-{at + 1:02}</SerialNumber><Status>'
        "<InspectionStatusEnum>PASS</InspectionStatusEnum></Status></ActualComponent>"
        for at in range(len(offsets))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" versionQIF="3.0.0" idMax="200">'
        f"<PreInspectionTraceability><ReportNumber>{job.seller}-IR-{job.number}</ReportNumber></PreInspectionTraceability>"
        '<MeasurementResources><MeasurementDevices n="1"><MeasurementDevice id="1"><Name>CMM</Name>'
        f"<SerialNumber>{job.seller}-CMM-01</SerialNumber></MeasurementDevice></MeasurementDevices></MeasurementResources>"
        f'<Product><PartSet n="1"><Part id="2"><Header><Name>{job.part}</Name></Header></Part></PartSet></Product><Characteristics>'
        '<CharacteristicDefinitions n="1"><DiameterCharacteristicDefinition id="11"><Tolerance><MaxValue>32.025</MaxValue><MinValue>31.975'
        "</MinValue><DefinedAsLimit>true</DefinedAsLimit></Tolerance></DiameterCharacteristicDefinition></CharacteristicDefinitions>"
        '<CharacteristicNominals n="1"><DiameterCharacteristicNominal id="21"><CharacteristicDefinitionId>11</CharacteristicDefinitionId>'
        '</DiameterCharacteristicNominal></CharacteristicNominals><CharacteristicItems n="1"><DiameterCharacteristicItem id="31"><Name>Diameter'
        "</Name><CharacteristicNominalId>21</CharacteristicNominalId></DiameterCharacteristicItem></CharacteristicItems></Characteristics>"
        f'<Results><MeasurementResultsSet n="{len(offsets)}">{results}</MeasurementResultsSet><ActualComponentSets n="1">'
        f'<ActualComponentSet n="{len(offsets)}">{components}</ActualComponentSet></ActualComponentSets></Results></QIFDocument>\n'
    )


def noon(day: date) -> int:
    """Noon of a day, UTC, in seconds."""
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
