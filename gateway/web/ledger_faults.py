"""What ledger, store and permissions to read refuse; a part of `gateway.web.faults`."""

from __future__ import annotations

from gateway.web.paper_faults import Words
from gateway.web.words import N_

__all__ = ["OF_LEDGER"]

OF_LEDGER: dict[str, Words] = {
    "NOT_ACTIVE": Words(
        N_(
            "Your organisation cannot do this on the ledger now: its role, its key or a suspension does not allow it."
        ),
        N_("Ask the registrars."),
    ),
    "NOT_QUORUM": Words(N_("Only the registrars together can do this."), N_("Propose it to them.")),
    "ALREADY_CONFIRMED": Words(N_("You have voted for this already."), N_("Wait for the other registrars.")),
    "ALREADY_EXECUTED": Words(
        N_("This has been decided already."), N_("Look at the list of what was decided.")
    ),
    "KEY_BELONGS_TO_ANOTHER": Words(N_("This key is another organisation's."), N_("Make a new key.")),
    "KEY_ENDED": Words(N_("This key has ended, and does not come back."), N_("Make a new key.")),
    "BAD_KEY": Words(
        N_("This key, what it is for and how long it counts do not go together."),
        N_("Ask its holder for it again."),
    ),
    "REGISTRY_PAUSED": Words(
        N_("The registrars have paused the ledger: nothing new is registered or locked."),
        N_("Wait until they resume it."),
    ),
    "REGISTRY_SUCCEEDED": Words(
        N_("This register was handed over to a new one."), N_("Open the page again.")
    ),
    "UNKNOWN_ORGANISATION": Words(
        N_("This organisation was never admitted."), N_("Ask the registrars to admit it.")
    ),
    "ALREADY_REGISTERED": Words(
        N_("This was certified already."), N_("Find it in the list of certified papers.")
    ),
    "NOT_REGISTERED": Words(N_("This paper is not certified on the ledger."), N_("Certify it first.")),
    "NOT_IN_BATCH": Words(
        N_("The proof does not lead to a certified batch."), N_("Ask its issuer for the receipt again.")
    ),
    "NOT_GOOD": Words(N_("This paper was suspended or revoked."), N_("Look at its certificate.")),
    "NO_CHANGE": Words(N_("It is so already, or for good."), N_("Look at it again.")),
    "NO_CLAIMS": Words(N_("Nothing is offered."), N_("Choose at least one receivable.")),
    "BAD_SHARE": Words(
        N_("The share that is offered is not above nothing and up to the whole."), N_("Correct it.")
    ),
    "OFFER_LAPSED": Words(
        N_("This offer was to be accepted earlier."), N_("Ask the enterprise for another one.")
    ),
    "ALREADY_PLEDGED": Words(N_("This offer was accepted already."), N_("Find it among what is locked.")),
    "FIELD_NOT_IN_ASSET": Words(
        N_("The offer does not fit the paper that it names."), N_("Ask for another offer.")
    ),
    "ENCUMBERED": Words(
        N_("What is asked for is not free: it is locked already, in whole or in part."),
        N_("Ask for another receivable, or a smaller share."),
    ),
    "NOT_LIVE": Words(N_("This lock is over already."), N_("Look at it again.")),
    "NOT_EXPIRED": Words(N_("This lock has not run out: only its lender may end it."), N_("Ask the lender.")),
    "BAD_CLOSING": Words(
        N_("A lock is not ended that way."), N_("Choose one of the ways that the page names.")
    ),
    "ALREADY_EXPIRED": Words(N_("The lock would end before it began."), N_("Give it more days.")),
    "BATCH_TOO_LARGE": Words(N_("Too many papers at once."), N_("Certify them in parts.")),
    "NODE_UNREACHABLE": Words(
        N_("The ledger does not answer."), N_("Try again in a moment; if it stays so, tell the operator.")
    ),
    "WRITER_BUSY": Words(N_("The ledger is busy: nothing was written."), N_("Try again in a moment.")),
    "NOT_FINAL": Words(
        N_("This was sent, and is not final on the ledger yet."),
        N_("Look again in a moment; doing it again does no harm."),
    ),
    "LOG_UNWRITABLE": Words(
        N_("The ledger's log cannot be written: nothing was sent."), N_("Tell the operator.")
    ),
    "LEDGER_LOG": Words(N_("The ledger's log cannot be used."), N_("Tell the operator: is the disk full?")),
    "CONTRADICTED": Words(
        N_("Two nodes of the ledger say different things: nothing was decided."), N_("Tell the operator.")
    ),
    "STORE_UNREACHABLE": Words(
        N_("The store of sealed contents does not answer."),
        N_("Try again in a moment; if it stays so, tell the operator."),
    ),
    "STORE_FULL": Words(
        N_("The store of sealed contents is full: nothing was kept."), N_("Tell the operator.")
    ),
    "BLOCK_MISSING": Words(
        N_("The content is not in the store."), N_("Ask its owner; if it is your own, tell the operator.")
    ),
    "BLOCK_CORRUPT": Words(
        N_("The content in the store is damaged: it is not shown."), N_("Tell the operator.")
    ),
    "UNREADABLE_RECEIPT": Words(N_("This receipt cannot be read."), N_("Ask its issuer for it again.")),
    "INVALID_RECEIPT": Words(
        N_("This receipt does not hold."), N_("Do not rely on it; ask its issuer for another.")
    ),
    "MALFORMED_DOCUMENT": Words(
        N_("The file is damaged."), N_("Export it again from the program that made it.")
    ),
    "NOT_GRANTEE": Words(
        N_("This was granted to another organisation."), N_("Ask the owner for a permission of your own.")
    ),
    "GRANT": Words(N_("This is no sound permission to read."), N_("Ask the owner for it again.")),
    "GRANT_ID": Words(
        N_("The permission to read does not fit what it says of itself."), N_("Ask the owner for it again.")
    ),
    "WRONG_SEAL": Words(
        N_("What was sealed for you is not what the permission names."), N_("Ask the owner for it again.")
    ),
    "GRANT_MISMATCH": Words(
        N_("The permission names one paper and carries another's receipt."), N_("Ask the owner for it again.")
    ),
    "WRONG_VALUE": Words(
        N_("A value that was granted is not the one that was certified."),
        N_("Do not rely on it; ask the owner."),
    ),
    "WRONG_CONTENT": Words(
        N_("The content is not the document that was certified."), N_("Do not rely on it; ask the owner.")
    ),
    "REPLAY": Words(
        N_("The ledger cannot be read as it was then, or is another one."),
        N_("Try again; if it stays so, check which ledger this is."),
    ),
    "NOT_REPLAYABLE": Words(
        N_("This decision was made without a block: the ledger could not be read then, and it was referred."),
        N_("Look at the decision that a person made after it."),
    ),
}
