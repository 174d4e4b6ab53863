"""What is refused on the way in: signing in, keys of machines, forms and requests of the API; a part of `gateway.web.faults`."""

from __future__ import annotations

from gateway.web.paper_faults import Words
from gateway.web.words import N_

__all__ = ["OF_ACCESS"]

OF_ACCESS: dict[str, Words] = {
    "SIGNATURE_NEEDED": Words(
        N_("This waits to be signed in the browser."), N_("Sign it under “To sign”, then do this again.")
    ),
    "UNAUTHENTICATED": Words(N_("You are not signed in."), N_("Sign in, then do this again.")),
    "OVERLOADED": Words(N_("The gateway is busy: this was not taken."), N_("Send it again in a second.")),
    "BACKLOG": Words(
        N_("Too many papers wait to be certified: this was not taken."), N_("Send it again in a few seconds.")
    ),
    "DISK_FULL": Words(
        N_("The gateway's disk is full: nothing was taken."),
        N_("Tell its operator, and send it again later."),
    ),
    "IDEMPOTENCY_KEY": Words(
        N_("The Idempotency-Key is not of 1 to 255 printable characters."), N_("Send another one.")
    ),
    "IDEMPOTENCY_KEY_REUSED": Words(
        N_("This Idempotency-Key was used for another request."), N_("Take a new one for each request.")
    ),
    "IDEMPOTENCY_KEY_BUSY": Words(
        N_("The same request is still being worked on."), N_("Ask again in a moment.")
    ),
    "MEDIA_TYPE": Words(
        N_("This address does not take that kind of content."),
        N_("Send JSON, or files as multipart/form-data, as the API's description says."),
    ),
    "LAST_EVENT_ID": Words(
        N_("Last-Event-ID is not the id of an event."), N_("Send the whole number that the last event had.")
    ),
    "TOO_MANY_WEBHOOKS": Words(
        N_("Your organisation has as many webhooks as it may have."), N_("Remove one first.")
    ),
    "WEBHOOK_URL": Words(
        N_("Events cannot be sent to this address."), N_("Name an https address of a public host.")
    ),
    "KIND": Words(
        N_("%(kind)s is no kind of event."),
        N_("Take one from the API's description."),
        r"^(?P<kind>.+) is no kind",
    ),
    "SCHEMA": Words(
        N_("This document is of another kind than is expected here."),
        N_("Take the file that the gateway has made for this."),
    ),
    "PEOPLE_ONLY": Words(N_("Only people do this, no machine's key."), N_("Sign in as a person.")),
    "BROKEN_FORM": Words(N_("The form came damaged or not whole."), N_("Send it again.")),
    "GONE": Words(N_("The connection broke before all had come."), N_("Send it again.")),
    "TOO_LONG": Words(N_("A text of this is too long."), N_("Shorten it, or send it in parts.")),
    "TOO_MANY_FIELDS": Words(N_("The form has too many texts."), N_("Send fewer files at once.")),
    "TOO_MANY_FILES": Words(
        N_("At most %(most)s files may be sent at once."),
        N_("Send the rest after them."),
        r"^at most (?P<most>[\d,]+) files",
    ),
    "FILES": Words(
        N_("No file has come, or too many."), N_("Name 1 to 1,000 files in parts called `files`.")
    ),
    "SIGNERS": Words(
        N_("A statement of signers does not fit the paper beside it."),
        N_("Have this very file signed again, for your organisation."),
    ),
    "UNKNOWN_UPLOAD": Words(
        N_("A file that was named has not been uploaded, or is here no more."), N_("Upload it first.")
    ),
    "LINK": Words(
        N_("A paper cannot be linked so."),
        N_("Link kinds of papers that belong together, each certified before."),
    ),
    "SAME_DOCUMENT": Words(
        N_("The correction is the very file that it is to replace."), N_("Choose the corrected file.")
    ),
    "LAST_KEY": Words(N_("This key would sign for its own end."), N_("Rotate it instead: then it ends.")),
    "SIGN_IN_AT": Words(
        N_("It is not said whom the sign-in service vouches for."),
        N_("Enter an e-mail address, or its own name for the person."),
    ),
    "WHAT": Words(N_("There is nothing to verify."), N_("Give receipts, or a dossier.")),
    "NOT_A_RECEIPT": Words(
        N_("This is a dossier, where a receipt is expected."), N_("Give it as a dossier.")
    ),
    "NOT_A_DOSSIER": Words(
        N_("This is a receipt, where a dossier is expected."), N_("Give it among the receipts.")
    ),
    "VERIFIER": Words(
        N_("No report could be made of this."), N_("Try it again; if it stays so, tell the operator.")
    ),
    "APPROVAL_PENDING": Words(
        N_("This waits for a second person already."), N_("Ask a colleague to release it.")
    ),
    "SECOND_PERSON": Words(
        N_("Who has prepared this cannot release it."), N_("Ask a colleague to release it.")
    ),
    "APPROVAL": Words(
        N_("This needs a second person's approval first."), N_("Ask a colleague to release it.")
    ),
    "KEY": Words(
        N_("This machine's key is not known, has ended or has expired."),
        N_("Ask your administrator for another."),
    ),
    "KEY_SCHEME": Words(
        N_("This machine's key was sent in another way than it is made for."),
        N_("Send it as `Bearer`, or with a proof as `DPoP` where it is bound to one."),
    ),
    "DPOP": Words(
        N_("The proof does not show that the key is yours."), N_("Make a new proof for this very request.")
    ),
    "JWK": Words(
        N_("This is no public key that a machine's key can be bound to."),
        N_("Send a JWK of P-256 or Ed25519, without anything private."),
    ),
    "PASSKEY": Words(N_("The passkey was not accepted."), N_("Try it again, or sign in another way.")),
    "PASSKEYS": Words(
        N_("You have as many passkeys as you may have."), N_("Remove one that you do not use.")
    ),
    "PASSWORD_CHANGE": Words(
        N_("This password was given to you by somebody else."),
        N_("Choose one of your own under Account first."),
    ),
    "TOTP_ON": Words(N_("An authenticator app is set up already."), N_("Turn it off first.")),
    "TOTP_OFF": Words(N_("No authenticator app was begun."), N_("Begin with “Set up”.")),
    "EVALUATION": Words(
        N_("The service that recognises duplicates does not answer."),
        N_("Try again in a moment; if it stays so, tell the operator."),
    ),
    "EVALUATION_LIMIT": Words(
        N_(
            "Your organisation has asked the service that recognises duplicates as often as it may within an hour."
        ),
        N_("Go on later."),
    ),
    "BAD_POINT": Words(N_("A blinded value is none that can be evaluated."), N_("Make it again.")),
    "NOT_YOU": Words(
        N_("Values are evaluated for one's own organisation only."), N_("Ask as your own organisation.")
    ),
    "ACCEPT": Words(N_("A check is named that there is not."), N_("Take its name from the report.")),
}
