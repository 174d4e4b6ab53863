"""The words of credit: outcomes, lines of the borrowing base, steps, characteristics, rules; spelt as in `words`."""

from __future__ import annotations

from gateway.web.words import N_

__all__ = [
    "BINDING",
    "CHARACTERISTICS",
    "CONSENT_FIELDS",
    "DECLARED",
    "GRADES",
    "LINES",
    "LOAN_STATES",
    "OUTCOMES",
    "PRODUCT_STATES",
    "PURPOSES",
    "REFUSED",
    "RULES",
    "SAID",
    "STEPS",
    "TERMS",
    "WAITS_FOR",
]

OUTCOMES = {
    "approve": (N_("approved"), "good", "VALID"),
    "refer": (N_("a person decides"), "wait", "UNKNOWN"),
    "decline": (N_("declined"), "bad", "INVALID"),
}
SAID = {
    "approve": N_("Approve"),
    "counter": N_("Counter-offer"),
    "decline": N_("Decline"),
    "refer": N_("Hand on"),
}
STEPS = {
    "applied": N_("Applied"),
    "decided": N_("Decision made"),
    "accepted": N_("Offer accepted"),
    "contracted": N_("Contract and lock"),
    "drawn": N_("Money paid out"),
    "closed": N_("Repaid, released"),
}
WAITS_FOR = {"applicant": N_("the enterprise is next"), "lender": N_("the lender is next")}
LOAN_STATES = {
    "draft": (N_("to be signed"), "wait"),
    "reserved": (N_("being decided"), "wait"),
    "decided": (N_("decided"), "none"),
    "offered": (N_("offers are open"), "info"),
    "accepted": (N_("offer accepted"), "info"),
    "contracted": (N_("contracted"), "info"),
    "registered": (N_("registered"), "info"),
    "drawn": (N_("paid out"), "good"),
    "repaying": (N_("being repaid"), "good"),
    "closed": (N_("repaid"), "good"),
    "withdrawn": (N_("withdrawn"), "none"),
    "expired": (N_("expired"), "none"),
}
PRODUCT_STATES = {
    "draft": (N_("draft"), "wait"),
    "published": (N_("published"), "good"),
    "withdrawn": (N_("withdrawn"), "none"),
}
GRADES = {
    "normal": N_("normal"),
    "special-mention": N_("special mention"),
    "substandard": N_("substandard"),
    "doubtful": N_("doubtful"),
    "loss": N_("loss"),
}
PURPOSES = {
    "working-capital": N_("working capital"),
    "material": N_("material"),
    "wages": N_("wages"),
}
DECLARED = {
    "region": N_("Region (GB/T 2260)"),
    "industry": N_("Industry (GB/T 4754)"),
    "enterprise_size": N_("Size of enterprise"),
}
CONSENT_FIELDS = {
    "facts": N_("what the papers state: numbers, dates, amounts, parties"),
    "links": N_("which papers belong together"),
    "signers": N_("who has signed them"),
    "trace": N_("machine hours and measurements"),
}
LINES = {
    "NET": N_("Receivables open"),
    "B01": N_("not valid for this product"),
    "B02": N_("locked already"),
    "B03": N_("overdue for too long"),
    "B04": N_("payment term too long"),
    "B05": N_("buyer is an affiliate or excluded"),
    "B06": N_("part of a circular trade"),
    "B07": N_("too old"),
    "B08": N_("may not be assigned"),
    "B09": N_("set off against what is owed to the same buyer"),
    "B10": N_("buyer pays too much too late"),
    "B11": N_("disputed, or looks like another one"),
    "B12": N_("beyond the limit for one buyer"),
    "ELIGIBLE": N_("Receivables that count"),
    "invoice": N_("lent on invoices"),
    "invoice-unknown-evidence": N_("lent on invoices with weak evidence"),
    "finished-goods-under-order": N_("lent on finished goods under order"),
    "order-not-produced": N_("lent on orders"),
    "DILUTION": N_("reserve for corrections in red"),
    "OUTSTANDING": N_("lent already"),
}
BINDING = {
    "request": N_("what was asked for"),
    "borrowing_base": N_("receivables that count"),
    "need": N_("need for working capital"),
    "product_max": N_("the product's largest amount"),
    "single_name_limit": N_("the lender's limit for one firm"),
    "pool_cap": N_("the product's pool"),
}
REFUSED = {
    "NOT_OFFERED_NOW": N_("not offered on this day"),
    "TENOR": N_("not for so many days"),
    "PURPOSE": N_("not for this purpose"),
    "HISTORY": N_("the history is too short"),
    "OLDER": N_("decided before records held what this takes"),
    "STALE": N_("the newest machine data is too old: certify what has come since"),
    "GRADE": N_("too few points"),
    "SCOPE": N_("not for this region, industry or size"),
    "NEED": N_("the need cannot be reckoned: sales are not known"),
    "TOO_LITTLE": N_("below the least amount"),
}
CHARACTERISTICS = {
    "F02": N_("Order cover, months"),
    "F03": N_("Delivered on time, percent"),
    "F04": N_("First-pass yield, percent"),
    "F06": N_("Trend of machine use, percent"),
    "F08": N_("Machine data coverage, percent"),
    "F09": N_("Capacity ratio"),
    "F12": N_("Three-way match, percent"),
    "F14": N_("Customer concentration"),
    "F16": N_("Days beyond terms"),
    "F17": N_("Corrected in red, percent"),
    "F19": N_("Repeat orders, percent"),
    "F20": N_("Independent evidence"),
    "F22": N_("Debt to sales"),
    "F24": N_("History, days"),
}
RULES = {
    "K01": N_("Applicant suspended"),
    "K02": N_("Offered receivables withdrawn"),
    "K03": N_("Offered receivables locked"),
    "K04": N_("More made than machines can make"),
    "K05": N_("Machine log repeats an earlier one"),
    "K06": N_("Offered receivables in circular trade"),
    "K07": N_("Offered receivables of affiliates"),
    "K08": N_("A check is invalid"),
    "K09": N_("No consent"),
    "K10": N_("Outside the product"),
    "K11": N_("Overdue on the platform"),
    "R01": N_("Near duplicates"),
    "R02": N_("Capacity or coverage close to the limit"),
    "R03": N_("Something is not known"),
    "R04": N_("Short history"),
    "R05": N_("Above the automatic limit"),
    "R06": N_("Points in the band for people"),
    "R07": N_("Red findings open"),
    "R08": N_("Concentration"),
    "R09": N_("Person asked for"),
    "R10": N_("Outside the card's range"),
    "R12": N_("A search was cut short"),
    "REVIEW": N_("A person reviews"),
}

TERMS = {
    "unsecured-data-credit": N_("on data, without collateral"),
    "receivables-pledge": N_("pledge of receivables"),
    "order-pledge": N_("pledge of orders"),
    "factoring-recourse": N_("factoring with recourse"),
    "bullet": N_("all at the end"),
    "interest-monthly-bullet": N_("interest monthly, principal at the end"),
    "equal-instalment": N_("equal instalments"),
    "equal-principal": N_("equal parts of the principal"),
    "self-liquidating": N_("from what the receivables bring"),
    "gross": N_("with VAT"),
    "net-of-VAT": N_("without VAT"),
    "handling": N_("handling"),
    "registration": N_("registration"),
    "guarantee": N_("guarantee"),
    "platform": N_("platform"),
    "flat": N_("one sum"),
    "pct-of-amount": N_("percent of the amount"),
    "pct-per-annum": N_("percent a year"),
    "borrower": N_("the borrower"),
    "lender": N_("the lender"),
}
"""The words that a product's document has for its terms."""
