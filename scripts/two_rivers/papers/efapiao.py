"""数电票: the tax administration's XML (EInvoice 0.3x), its OFD wrapper with a seal, and a PDF picture of it."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

from scripts.two_rivers.events import VAT, Invoice, cents
from scripts.two_rivers.firms import ORGANISATIONS, Organisation
from scripts.two_rivers.papers.seal import seal

__all__ = ["ofd", "pdf", "xml"]

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_SIGNING = "Doc_0/Signs/Sign_0/Signature.xml"


def xml(invoice: Invoice) -> bytes:
    """The invoice as the platform hands it out; negative amounts and a remark make it red."""
    seller, buyer = ORGANISATIONS[invoice.seller], ORGANISATIONS[invoice.buyer]
    left = invoice.tax
    lines = []
    for at, line in enumerate(invoice.lines, 1):
        tax = left if at == len(invoice.lines) else cents(line.net * VAT)
        left -= tax
        lines.append(
            f"    <IssuItemInformation><ItemName>{line.item}</ItemName><MeaUnits>{line.unit}</MeaUnits>"
            f"<Quantity>{line.quantity}</Quantity><UnPrice>{line.price}</UnPrice><Amount>{line.net}</Amount>"
            f"<TaxRate>0.13</TaxRate><ComTaxAm>{tax}</ComTaxAm></IssuItemInformation>\n"
        )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<EInvoice>\n'
        f"  <Header><EIid>{invoice.number}</EIid><EInvoiceTag>SWEI3200</EInvoiceTag><Version>0.32</Version><InherentLabel>"
        "<EInvoiceType><LabelCode>01</LabelCode><LabelName>电子发票</LabelName></EInvoiceType><GeneralOrSpecialVAT>"
        "<LabelCode>01</LabelCode><LabelName>增值税专用发票</LabelName></GeneralOrSpecialVAT></InherentLabel></Header>\n"
        f"  <EInvoiceData>\n    {_party('Seller', seller)}\n    {_party('Buyer', buyer)}\n"
        f"    <BasicInformation><TotalAmWithoutTax>{invoice.net}</TotalAmWithoutTax><TotalTaxAm>{invoice.tax}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{invoice.total}</TotalTax-includedAmount>"
        f"<RequestTime>{invoice.issued} 09:{int(invoice.number[-2:]) % 60:02}:00</RequestTime></BasicInformation>\n"
        f"{''.join(lines)}    <AdditionalInformation><Remark>{invoice.remark}</Remark></AdditionalInformation>\n"
        f"  </EInvoiceData>\n  <TaxSupervisionInfo><InvoiceNumber>{invoice.number}</InvoiceNumber>"
        f"<IssueTime>{invoice.issued}</IssueTime></TaxSupervisionInfo>\n</EInvoice>\n"
    )
    return text.encode()


def _party(role: str, who: Organisation) -> str:
    rows = (
        ("IdNum", who.uscc),
        ("Name", who.name),
        ("TelNum", who.phone),
        ("BankName", "渝商银行"),
        ("BankAccNum", who.bank_account),
    )
    return (
        f"<{role}Information>"
        + "".join(f"<{role}{n}>{v}</{role}{n}>" for n, v in rows)
        + f"</{role}Information>"
    )


def ofd(invoice_xml: bytes, seed: int, *, changed: bytes | None = None) -> bytes:
    """The XML in a sealed OFD. `changed` is what the file holds instead after it was sealed."""
    files = {
        "OFD.xml": f'<ofd:OFD {_OFD} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID></ofd:DocInfo>'
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_OFD}><ofd:CommonData><ofd:MaxUnitID>1</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>"
        "0 0 210 140</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages/>"
        "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>",
        "Doc_0/Attachs/Attachments.xml": f'<ofd:Attachments {_OFD}><ofd:Attachment ID="1" Name="original_invoice" Format="xml">'
        "<ofd:FileLoc>original_invoice.xml</ofd:FileLoc></ofd:Attachment></ofd:Attachments>",
        "Doc_0/Signs/Signatures.xml": f"<ofd:Signatures {_OFD}><ofd:MaxSignId>1</ofd:MaxSignId>"
        f'<ofd:Signature ID="1" Type="Seal" BaseLoc="/{_SIGNING}"/></ofd:Signatures>',
    }
    content = {
        name: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode() for name, text in files.items()
    }
    content["Doc_0/Attachs/original_invoice.xml"] = invoice_xml
    content[_SIGNING] = _listing(content).encode()
    content["Doc_0/Signs/Sign_0/SignedValue.dat"] = seal(content[_SIGNING], f"/{_SIGNING}", seed)
    if changed is not None:
        content["Doc_0/Attachs/original_invoice.xml"] = changed
    return _zipped(content)


def _zipped(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def _listing(content: dict[str, bytes]) -> str:
    references = "".join(
        f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{base64.b64encode(_sm3(data)).decode()}</ofd:CheckValue></ofd:Reference>'
        for name, data in content.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Signature {_OFD}><ofd:SignedInfo><ofd:Provider ProviderName="two-rivers" '
        'Company="none" Version="1.0"/><ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>'
        f'<ofd:References CheckMethod="1.2.156.10197.1.401">{references}</ofd:References></ofd:SignedInfo>'
        "<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>\n"
    )


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def pdf(invoice: Invoice, producer: str = "two-rivers") -> bytes:
    """A picture of an invoice: one page of text, no data attached. `producer` is all that its metadata says."""
    rows = [f"e-fapiao {invoice.number}", f"{invoice.issued}", f"seller {ORGANISATIONS[invoice.seller].uscc}",
            f"buyer {ORGANISATIONS[invoice.buyer].uscc}", f"total CNY {invoice.total}"]  # fmt: skip
    text = "BT /F1 12 Tf 40 360 Td 16 TL " + " ".join(f"({row}) Tj T*" for row in rows) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 397] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Producer ({producer}) >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for at, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{at} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode()
