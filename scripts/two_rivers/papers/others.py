"""Papers of the outside world: the carrier's EPCIS event, the bank's camt.053, the laboratory's certificate, filings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from scripts.two_rivers.events import Delivery, Payment
from scripts.two_rivers.firms import ORGANISATIONS

__all__ = ["calibration", "pretty", "shipping_event", "statement"]


def pretty(value: Any) -> bytes:
    """JSON as people read it."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def shipping_event(delivery: Delivery, lot_of: dict[str, str]) -> bytes:
    """EPCIS 2.0: the carrier took the goods. Classes are the seller's, pieces by lot."""
    seller, buyer = ORGANISATIONS[delivery.seller], ORGANISATIONS[delivery.buyer]
    company = seller.gln[:7]
    quantities = [
        {
            "epcClass": f"urn:epc:class:lgtin:{company}.0{int(part[1:]):05}.{lot_of[part]}",
            "quantity": quantity,
            "uom": "H87",
        }
        for part, quantity, _, _ in delivery.lines
    ]
    orders = dict.fromkeys(order.number for _, _, order, _ in delivery.lines)
    event = {
        "type": "ObjectEvent",
        "eventTime": f"{delivery.day}T18:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "quantityList": quantities,
        "readPoint": {"id": f"urn:epc:id:sgln:{company}.{seller.gln[7:12]}.0"},
        "bizTransactionList": [
            *(
                {"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:{buyer.gln}:{number}"}
                for number in orders
            ),
            {"type": "desadv", "bizTransaction": f"urn:epcglobal:cbv:bt:{seller.gln}:{delivery.number}"},
        ],
        "sourceList": [{"type": "owning_party", "source": f"urn:epc:id:pgln:{company}.{seller.gln[7:12]}"}],
        "destinationList": [
            {"type": "owning_party", "destination": f"urn:epc:id:pgln:{buyer.gln[:7]}.{buyer.gln[7:12]}"}
        ],
    }
    return pretty(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": f"{delivery.day}T19:00:00+08:00",
            "epcisBody": {"eventList": [event]},
        }
    )


def statement(firm: str, number: str, last: date, payments: Sequence[Payment]) -> bytes:
    """camt.053: what came in on a firm's account in a month."""
    who = ORGANISATIONS[firm]
    entries = "\n".join(_entry(at, payment) for at, payment in enumerate(payments, 1))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">\n<BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{number}</MsgId><CreDtTm>{last}T23:00:00+08:00</CreDtTm></GrpHdr>\n<Stmt><Id>{number}</Id><Acct><Id><Othr>"
        f"<Id>{who.bank_account}</Id></Othr></Id><Ccy>CNY</Ccy><Ownr>{_holder(firm)}</Ownr><Svcr><FinInstnId><Nm>渝商银行</Nm>"
        f"</FinInstnId></Svcr></Acct>\n{entries}\n</Stmt></BkToCstmrStmt>\n</Document>\n"
    )
    return text.encode()


def _holder(short: str) -> str:
    who = ORGANISATIONS[short]
    return f"<Nm>{who.name}</Nm><Id><OrgId><Othr><Id>{who.uscc}</Id></Othr></OrgId></Id>"


def _entry(at: int, payment: Payment) -> str:
    amount = f'<Amt Ccy="CNY">{payment.amount}</Amt>'
    return (
        f"<Ntry><NtryRef>{at}</NtryRef>{amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{payment.day}</Dt></BookgDt>"
        f"<AcctSvcrRef>{payment.number}</AcctSvcrRef><NtryDtls><TxDtls><Refs><AcctSvcrRef>{payment.number}</AcctSvcrRef></Refs>{amount}"
        f"<RltdPties><Dbtr><Pty>{_holder(payment.payer)}</Pty></Dbtr></RltdPties><RmtInf><Strd><RfrdDocInf><Nb>{payment.reference}</Nb>"
        "</RfrdDocInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def calibration(number: str, customer: str, instrument: str, day: date) -> bytes:
    """A digital calibration certificate of the inspection body."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" schemaVersion="3.2.1">\n'
        "<dcc:administrativeData><dcc:coreData><dcc:countryCodeISO3166_1>CN</dcc:countryCodeISO3166_1>"
        f"<dcc:uniqueIdentifier>{number}</dcc:uniqueIdentifier><dcc:beginPerformanceDate>{day}</dcc:beginPerformanceDate>"
        f"<dcc:endPerformanceDate>{day}</dcc:endPerformanceDate></dcc:coreData>\n<dcc:items><dcc:name><dcc:content>CMM</dcc:content>"
        "</dcc:name><dcc:item><dcc:name><dcc:content>CMM</dcc:content></dcc:name><dcc:identifications><dcc:identification>"
        f"<dcc:issuer>manufacturer</dcc:issuer><dcc:value>{instrument}</dcc:value></dcc:identification></dcc:identifications></dcc:item>"
        f"</dcc:items>\n<dcc:calibrationLaboratory><dcc:contact><dcc:name><dcc:content>{ORGANISATIONS['I1'].name}</dcc:content></dcc:name>"
        f"</dcc:contact></dcc:calibrationLaboratory><dcc:customer><dcc:name><dcc:content>{ORGANISATIONS[customer].name}</dcc:content>"
        "</dcc:name></dcc:customer></dcc:administrativeData>\n</dcc:digitalCalibrationCertificate>\n"
    )
    return text.encode()
