"""The words of states, kinds, checks and roles: one vocabulary for every page (and what the API says is spelt the same).

`N_` marks a text for the catalogues without translating it; templates do that with `_`.
"""

from __future__ import annotations

__all__ = [
    "ACCOUNT_ENDED",
    "ACCOUNT_INVITED",
    "ACCOUNT_OPEN",
    "AROUND",
    "CAUSES",
    "CHECKS",
    "CONNECTED",
    "DRAFTS",
    "DRAFT_BACK",
    "DRAFT_WAITING",
    "EVIDENCE",
    "FACTS",
    "GRANT_ENDED",
    "GRANT_OPEN",
    "GRANT_WITHDRAWN",
    "HEALTH",
    "IN_ORDER",
    "KEY_ENDS_SOON",
    "KEY_OVER",
    "KEY_VALID",
    "KINDS",
    "KNOWN",
    "MEMBER_ACTIVE",
    "NOT_IN_ORDER",
    "N_",
    "OFFER_OPEN",
    "OFFER_PAST",
    "PAPER_CERTIFIED",
    "PAPER_CERTIFYING",
    "PAPER_EXISTING",
    "PAPER_FAILED",
    "PAPER_READING",
    "PAPER_READY",
    "PAPER_REFUSED",
    "PLEDGES",
    "PURPOSES",
    "RELATIONS",
    "ROLES",
    "SIGN_IN_METHODS",
    "STANDINGS",
    "STATIONS",
    "THIS_SESSION",
    "USER_ROLES",
    "VERDICTS",
    "sign_in_method",
]


def N_(text: str) -> str:  # noqa: N802  # gettext's own name
    """Mark a text for the catalogues."""
    return text


VERDICTS = {
    "VALID": (N_("Verified"), "good"),
    "INVALID": (N_("Invalid"), "bad"),
    "UNKNOWN": (N_("Not known"), "wait"),
    "SKIPPED": (N_("Not asked"), "none"),
}
CAUSES = {
    "UNREACHABLE": N_("a service or the content could not be reached"),
    "NOT_FINAL": N_("not final yet"),
    "UNSUPPORTED": N_("this version has no such check"),
    "LOOSE_MATCH": N_("a similar receivable is locked already"),
    "NOT_GRANTED": N_("the content was not granted to you"),
    "CONTRADICTED": N_("answers contradict each other"),
    "NOT_SUPPLIED": N_("the applicant did not supply it"),
    "NOT_PLEDGEABLE": N_("evidence, not collateral"),
}
CHECKS = {
    "CONTENT": N_("Content"),
    "COMMITMENT": N_("Commitment"),
    "REGISTRATION": N_("Registration"),
    "ISSUER": N_("Issuer"),
    "SIGNERS": N_("Signers"),
    "STANDING": N_("Standing"),
    "FINGERPRINT": N_("Identity"),
    "LIEN": N_("Liens"),
    "FACTS": N_("Facts"),
    "LINKS": N_("Links"),
    "PLAUSIBILITY": N_("Plausibility"),
    "INDEPENDENCE": N_("Independence"),
}
KINDS = {
    "purchase-order": N_("Purchase order"),
    "work-order": N_("Work order"),
    "machine-data": N_("Machine data"),
    "inspection-report": N_("Inspection report"),
    "despatch-advice": N_("Delivery note"),
    "receipt-advice": N_("Goods receipt"),
    "invoice": N_("Invoice"),
    "credit-note": N_("Credit note"),
    "payment": N_("Payment"),
    "acceptance-bill": N_("Acceptance bill"),
    "utility-statement": N_("Utility statement"),
    "calibration": N_("Calibration"),
    "statutory-search": N_("Registry search"),
    "other": N_("Other document"),
}
STATIONS = (
    ("purchase-order", N_("Order")),
    ("work-order", N_("Work order")),
    ("machine-data", N_("Machine time")),
    ("inspection-report", N_("Inspection")),
    ("despatch-advice", N_("Delivery")),
    ("invoice", N_("Invoice")),
    ("payment", N_("Payment")),
)
RELATIONS = {
    "orders": N_("for the order"),
    "measures": N_("measures"),
    "inspects": N_("inspects"),
    "ships": N_("ships"),
    "bills": N_("bills"),
    "fulfils": N_("fulfils"),
    "settles": N_("settles"),
    "corrects": N_("corrects"),
    "calibrates": N_("calibrates"),
}
STANDINGS = {
    "good": (N_("certified"), "good"),
    "suspended": (N_("suspended"), "wait"),
    "revoked": (N_("revoked"), "bad"),
    "shredded": (N_("content destroyed"), "none"),
    "pending": (N_("being certified"), "none"),
}
PLEDGES = {
    "live": (N_("locked by lender"), "info"),
    "satisfied": (N_("released, paid"), "good"),
    "enforced": (N_("enforced"), "bad"),
    "cancelled": (N_("released, free again"), "none"),
    "expired": (N_("released, expired"), "none"),
}
PAPER_READING = (N_("being read"), "none")
PAPER_REFUSED = (N_("cannot be read"), "bad")
PAPER_READY = (N_("to be confirmed"), "info")
DRAFT_WAITING = (N_("waits for a signature"), "wait")
DRAFT_BACK = (N_("sent back"), "bad")
DRAFTS = {
    "assets:certify": N_("Certify papers"),
    "offers:make": N_("Offer to a lender"),
    "grants:give": N_("Let somebody read it"),
}
TO_SIGN = {
    "Offer": N_("Offer receivables to a lender"),
    "register": N_("Certify papers"),
    "pledge": N_("Lock receivables that were offered to you"),
    "grant": N_("Let somebody read a paper"),
    "end": N_("End a permission to read"),
    "read": N_("Say that you read what was granted"),
    "shred": N_("Say that the content of a paper is destroyed"),
    "Consent": N_("Let lenders use your papers to decide on a loan"),
    "Audit": N_("Sign the result of an audit"),
}
TO_SIGN_STANDING = (N_("Lift the suspension of a paper"), N_("Suspend a paper"), N_("Revoke a paper"))
TO_SIGN_CLOSE = (
    "",
    "",
    N_("Release a lock: paid"),
    N_("Enforce a lock"),
    N_("Release a lock: cancelled"),
    N_("Release a lock: expired"),
)
"""By `ledger.assets.Standing` and `ledger.pledges.Status`."""
SIGNED_BATCH = N_("Signed, and on its way.")
SIGNED_ACT = N_("Signed. Do it once more: it is checked again, then sent.")
TO_BE_SIGNED = (N_("to be signed"), "wait")
PAPER_CERTIFYING = (N_("being certified"), "none")
PAPER_FAILED = (N_("not certified"), "bad")
PAPER_CERTIFIED = (N_("certified"), "good")
PAPER_EXISTING = (N_("was certified before"), "good")
MEMBER_ACTIVE = (N_("active"), "good")
KEY_VALID = (N_("valid"), "good")
KEY_OVER = (N_("ended"), "none")
KEY_ENDS_SOON = (N_("ends soon"), "wait")
HEALTH = {
    "embedded node": N_("embedded node"),
    "compiled contracts": N_("contracts"),
    "disk": N_("disk space"),
    "home": N_("home"),
    "ledger": N_("ledger"),
    "fingerprint key": N_("key of duplicate detection"),
    "store": N_("store of sealed contents"),
    "keyfiles": N_("files of keys"),
}
"""What `assetcert doctor` looks at."""
AROUND = {
    "validators": (N_("Validators of the ledger"), N_("Four tolerate the loss of one. The embedded node is a single machine.")),
    "finality": (N_("Newest final block"), N_("How far it lies behind, or how old it is.")),
    "outbox": (N_("Outbox"), N_("Signed transactions that are not final yet.")),
    "copies": (N_("Copies of sealed contents"), N_("A folder of this machine is one copy: keep backups.")),
    "webhooks": (N_("Events that webhooks have not taken"), N_("Amber where one refuses them.")),
    "certificates": (N_("First certificate to end"), N_("Of those that the gateway itself uses; TLS in front of it is not seen here.")),
}  # fmt: skip
"""What stands around a gateway, and what its figure means."""
KNOWN = {
    "good": (N_("in order"), "good"),
    "poor": (N_("look at this"), "wait"),
    "unknown": (N_("not known"), "wait"),
}
IN_ORDER = (N_("in order"), "good")
NOT_IN_ORDER = (N_("not in order"), "bad")
EVIDENCE = ("instrument", "inspector", "witness")
"""Purposes of keys that sign evidence."""
OFFER_OPEN = (N_("open"), "info")
OFFER_PAST = (N_("not accepted in time"), "none")
GRANT_OPEN = (N_("may read"), "info")
GRANT_ENDED = (N_("ended"), "none")
GRANT_WITHDRAWN = (N_("withdrawn"), "none")
ROLES = {
    "enterprise": N_("enterprise"),
    "lender": N_("lender"),
    "inspector": N_("inspector"),
    "witness": N_("witness"),
    "auditor": N_("auditor"),
    "registrar": N_("registrar"),
}
USER_ROLES = {
    "accountant": N_("accountant"),
    "signatory": N_("authorised signatory"),
    "officer": N_("credit officer"),
    "risk": N_("risk officer"),
    "approver": N_("approver"),
    "operations": N_("operations"),
    "auditor": N_("auditor"),
    "registrar": N_("registrar"),
}
SIGN_IN_METHODS = {
    "password": N_("password"),
    "password+totp": N_("password and code"),
    "passkey": N_("passkey"),
    "oidc": N_("sign-in service"),
}
ACCOUNT_OPEN = MEMBER_ACTIVE
ACCOUNT_ENDED = (N_("ended"), "none")
ACCOUNT_INVITED = (N_("invited"), "info")
CONNECTED = (N_("connected"), "good")
THIS_SESSION = (N_("this one"), "info")
PURPOSES = {
    "account": N_("signing account"),
    "encryption": N_("encryption"),
    "instrument": N_("instrument"),
    "inspector": N_("inspector"),
    "witness": N_("witness"),
    "fingerprint": N_("duplicate detection"),
}


def sign_in_method(method: str) -> str:
    """How a session was begun, for people; `oidc:<provider>` like every provider."""
    return SIGN_IN_METHODS[method.partition(":")[0]]


FACTS = {
    "number": N_("Number"),
    "issue_date": N_("Date"),
    "due_date": N_("Due"),
    "type_code": N_("Type"),
    "currency": N_("Currency"),
    "seller_id": N_("Seller's number"),
    "seller_name": N_("Seller"),
    "buyer_id": N_("Buyer's number"),
    "buyer_name": N_("Buyer"),
    "carrier_id": N_("Carrier's number"),
    "carrier_name": N_("Carrier"),
    "order_number": N_("Order number"),
    "despatch_number": N_("Delivery note number"),
    "corrects_number": N_("Corrects invoice"),
    "net": N_("Net"),
    "tax": N_("Tax"),
    "total": N_("Total"),
    "payable": N_("Payable"),
    "lines": N_("Lines"),
    "orders": N_("Work orders"),
    "devices": N_("Machines"),
    "start": N_("From"),
    "end": N_("To"),
    "start_local": N_("From (local time)"),
    "end_local": N_("To (local time)"),
    "observations": N_("Observations"),
    "unavailable": N_("Unavailable"),
    "gaps": N_("Gaps"),
    "product": N_("Product"),
    "lot": N_("Lot"),
    "inspected_at": N_("Inspected"),
    "parts": N_("Parts"),
    "parts_failed": N_("Parts failed"),
    "characteristics": N_("Characteristics"),
    "characteristics_failed": N_("Characteristics failed"),
    "payments": N_("Payments"),
    "line": N_("Line"),
    "order": N_("Work order"),
    "device": N_("Machine"),
    "instrument": N_("Instrument"),
    "payment": N_("Payment"),
    "item": N_("item"),
    "quantity": N_("quantity"),
    "price": N_("price"),
    "promised_date": N_("promised"),
    "produced": N_("produced"),
    "scrapped": N_("scrapped"),
    "buyer_order_number": N_("buyer's order"),
    "id": N_("id"),
    "active_seconds": N_("seconds active"),
    "first_sequence": N_("first sequence"),
    "last_sequence": N_("last sequence"),
    "date": N_("Date"),
    "amount": N_("Amount"),
    "payer_id": N_("Payer's number"),
    "payer_name": N_("Payer"),
    "payee_id": N_("Payee's number"),
    "payee_name": N_("Payee"),
    "reference": N_("Reference"),
}
