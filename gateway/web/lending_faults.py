"""What is refused between enterprises and lenders: offers, grants, applications, cases, loans; a part of `gateway.web.faults`."""

from __future__ import annotations

from gateway.web.paper_faults import Words
from gateway.web.words import N_

__all__ = ["OF_LENDING"]

OF_LENDING: dict[str, Words] = {
    "AMOUNT": Words(N_("An amount above nothing is due."), N_("Enter it in yuan, such as 4,013.76.")),
    "ORDER": Words(N_("An amount and a number of days above nothing are due."), N_("Enter both.")),
    "NO_PRODUCTS": Words(N_("No loan is offered at the moment."), N_("Come back later, or ask your lender.")),
    "UNKNOWN_PRODUCT": Words(N_("This loan is not offered."), N_("Choose one from the list.")),
    "OFFERED": Words(
        N_("A paper that is offered was not certified by you."), N_("Offer papers of your own only.")
    ),
    "TOO_MANY": Words(N_("Too many papers are named at once."), N_("Name only what you offer.")),
    "UNKNOWN_APPLICATION": Words(
        N_("Your organisation has no such application."), N_("Open it from the list.")
    ),
    "KEY_REUSED": Words(N_("An application with this key asks for something else."), N_("Take another key.")),
    "APPLICATION_OPEN": Words(
        N_("An application of yours is open already."), N_("Draw it or withdraw it first.")
    ),
    "UNKNOWN_OFFER": Words(N_("This offer stands no more."), N_("Apply again, or take another offer.")),
    "NOT_DRAWN": Words(N_("Nothing is owed on this loan yet."), N_("Record payments once it was drawn.")),
    "UNKNOWN_LOAN": Words(N_("Your organisation has no such loan."), N_("Open it from the list.")),
    "DO_NOT_DISBURSE": Words(
        N_("Not paid out: %(check)s is not as it has to be."),
        N_("Open the report: it shows what is known of this check."),
        r"^not paid out: (?P<check>\w+) is",
    ),
    "TWICE": Words(N_("One receivable is named twice."), N_("Name each once.")),
    "NO_RECEIPTS": Words(N_("Nothing is offered."), N_("Choose at least one receivable.")),
    "NOT_YOURS": Words(
        N_("This paper was certified by another organisation."), N_("Offer papers of your own only.")
    ),
    "OFFER": Words(N_("This is no sound offer."), N_("Ask the enterprise for the offer again.")),
    "UNKNOWN_PLEDGE": Words(
        N_("This offer is not known here."), N_("Open it from the list, or give its file.")
    ),
    "PRODUCT": Words(
        N_("A term of the loan product does not fit: %(at)s."),
        N_("Correct it as the hint beside it says."),
        r"^(?P<at>[^:]+)",
    ),
    "PRODUCT_EXISTS": Words(
        N_("This version of the product is here already."), N_("Give it the next number.")
    ),
    "VERSION_EXISTS": Words(
        N_("This version of the product is here already."), N_("Give it the next number.")
    ),
    "VERSIONS_OVERLAP": Words(
        N_(
            "Two versions of the product would be in force on the same day: version %(other)s holds from %(since)s to %(until)s."
        ),
        N_("Let the new one begin after that, or end the other first."),
        r"version (?P<other>\d+) holds from (?P<since>\S+) to (?P<until>[^:]+):",
    ),
    "REASON": Words(
        N_("A reason is due, in one of the codes and in words."),
        N_("Choose the code and say why: it stays with the case."),
    ),
    "TERMS": Words(
        N_("The terms of the counter-offer do not fit the product."),
        N_("Keep to its amounts and days, as the case shows them."),
    ),
    "KNOCKED_OUT": Words(
        N_("%(rules)s stands: this case cannot be approved."),
        N_("Only the risk officer may override it, with a code."),
        r"^(?P<rules>.+) stands:",
    ),
    "NO_OFFER": Words(N_("No product has an amount for this case."), N_("Make a counter-offer, or decline.")),
    "NO_PRICE": Words(N_("No effective rate fits these payments."), N_("Check amount, fees and schedule.")),
    "REVIEWED": Words(N_("Somebody has decided on this case since you opened it."), N_("Open it again.")),
    "UNKNOWN_DECISION": Words(N_("Your organisation has no such decision."), N_("Open it from the list.")),
    "NO_AUDITOR": Words(
        N_("A record is shown to an admitted auditor only."),
        N_("Choose an auditor from the list of members."),
    ),
    "RECEIPT_DATE": Words(
        N_("The payment %(reference)s lies before the loan was drawn, or after today."),
        N_("Correct its date."),
        r"^receipt (?P<reference>\S+) is of",
    ),
    "REFERENCE_REUSED": Words(
        N_("The reference %(reference)s names another payment already."),
        N_("A reference names one payment: take its own."),
        r"^receipt (?P<reference>\S+) of",
    ),
    "RECEIPTS": Words(
        N_("This table of payments cannot be read."),
        N_("Save it as CSV in UTF-8 with the columns loan_id, reference, date, amount."),
    ),
    "UNKNOWN_ASSET": Words(
        N_("Your organisation has certified no such paper."), N_("Open it from the list.")
    ),
    "UNKNOWN_DOSSIER": Words(N_("Your organisation has no such job."), N_("Open it from the board.")),
    "DOSSIER_EXISTS": Words(
        N_("There is a job of that name already."), N_("Add to it, or take another name.")
    ),
    "DOSSIER": Words(
        N_("This is no name of a job."),
        N_("Take up to 128 characters, without a slash and without a dot at the beginning."),
    ),
    "NO_FIELDS": Words(
        N_("It is not said what may be read."), N_("Choose at least one field, or the document itself.")
    ),
    "NO_ENCRYPTION_KEY": Words(
        N_("The reader has no key yet that contents could be sealed for."),
        N_("Ask the registrars to publish it."),
    ),
    "NO_FIELD": Words(N_("The paper has no such field."), N_("Choose one that its certificate shows.")),
    "NOT_SHOWN": Words(N_("The receipt does not show this field."), N_("Ask its issuer for one that does.")),
    "NO_GRANT": Words(N_("The ledger shows no such permission to read."), N_("Ask the owner for it again.")),
    "NOT_SUPPLIED": Words(
        N_("The receipt hides what duplicates are recognised by."),
        N_("Ask its issuer for one that shows it."),
    ),
    "NOT_FINISHED": Words(N_("This audit has no result yet."), N_("Wait until it ends, or start a new one.")),
    "NOT_READ": Words(
        N_("This was not read yet."), N_("Open it first, so that its owner sees that you read it.")
    ),
    "NOT_GRANTED": Words(N_("The document itself was not granted to you."), N_("Ask its owner for it.")),
    "NOT_STAGED": Words(N_("No other place to sign was named."), N_("Propose the key under Account first.")),
}
