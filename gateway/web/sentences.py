"""What a check says, in a sentence for a credit officer: one per code, verdict and, where it matters, cause.

The verifier's own message, with the numbers of the case, stands in the evidence drawer; nothing here decides anything.
"""

from __future__ import annotations

from certifier.verify import Check, Code, Verdict
from gateway.web.words import N_

__all__ = ["NOT_VERIFIED", "sentence"]

_V, _I, _S = Verdict.VALID, Verdict.INVALID, Verdict.SKIPPED
_SAID = {
    (Code.CONTENT, _V): N_("The stored, encrypted content is whole."),
    (Code.CONTENT, _I): N_("The document is not the certified one: its bytes differ."),
    (Code.COMMITMENT, _V): N_("Every field that is shown belongs to this asset."),
    (Code.COMMITMENT, _I): N_("The receipt was changed or is damaged: it does not belong to this asset."),
    (Code.REGISTRATION, _V): N_("Registered by its issuer on the ledger."),
    (Code.REGISTRATION, _I): N_("This issuer has never registered it on this ledger."),
    (Code.ISSUER, _V): N_("The issuer was admitted and its account valid when it registered."),
    (Code.ISSUER, _I): N_("The account that registered it was not the issuer's, or not valid then."),
    (Code.SIGNERS, _V): N_("Every signature beside the issuer's is genuine."),
    (Code.SIGNERS, _I): N_("A signature beside the issuer's is not genuine, or its key was not valid."),
    (Code.SIGNERS, _S): N_("Nobody signed it beside its issuer."),
    (Code.STANDING, _V): N_("Neither suspended nor revoked."),
    (Code.STANDING, _I): N_("Its issuer has suspended or revoked it."),
    (Code.FINGERPRINT, _V): N_("Its business identity is recomputed, and its seller is the issuer."),
    (Code.FINGERPRINT, _I): N_("Its business identity does not follow from what is shown."),
    (Code.FINGERPRINT, _S): N_("Evidence only: this paper can never be collateral."),
    (Code.LIEN, _V): N_("Free: no other lender has locked this receivable."),
    (Code.LIEN, _I): N_("Another lender has locked this receivable: nothing of it is free."),
    (Code.LIEN, _S): N_("Evidence only: there is nothing to lock."),
    (Code.FACTS, _V): N_("Read again from the document: the same facts as certified."),
    (Code.FACTS, _I): N_("The document states other facts than were certified."),
    (Code.FACTS, _S): N_("Certified by its bytes alone: no facts were read from it."),
    (Code.LINKS, _V): N_("The earlier papers it points to are certified and agree with it."),
    (Code.LINKS, _I): N_("An earlier paper it points to is missing, invalid or disagrees."),
    (Code.LINKS, _S): N_("It points to no earlier paper."),
    (Code.PLAUSIBILITY, _V): N_("Dates, quantities and machine time agree."),
    (Code.PLAUSIBILITY, _I): N_("Dates, quantities or machine time cannot be true together."),
    (Code.PLAUSIBILITY, _S): N_("There is nothing to compare it with."),
    (Code.INDEPENDENCE, _V): N_("Enough unrelated organisations stand behind it."),
    (Code.INDEPENDENCE, _I): N_("Those who signed are not independent of its issuer."),
    (Code.INDEPENDENCE, _S): N_("Nobody is asked to corroborate a paper of this kind."),
}
_PLAIN = N_("The document is byte for byte the certified one.")
_CAUSED = {
    (Code.FACTS, "NOT_GRANTED"): N_("The document itself is not here: nothing could be read again."),
    (Code.LIEN, "LOOSE_MATCH"): N_(
        "A similar receivable is locked by a lender already: look before you lend."
    ),
    (Code.PLAUSIBILITY, "CONTRADICTED"): N_(
        "Something does not fit, and may have an honest cause: have a person look."
    ),
    (Code.INDEPENDENCE, "CONTRADICTED"): N_("Little of this is attested by others: have a person look."),
    (Code.LINKS, "NOT_GRANTED"): N_("It points to earlier papers that are not here: open the whole job."),
}
_UNKNOWN = {
    "UNREACHABLE": N_("Not known: the ledger or the content could not be reached."),
    "NOT_FINAL": N_("Not known yet: the registration is not final. Try again in a moment."),
    "UNSUPPORTED": N_("Not judged by this version."),
    "NOT_GRANTED": N_("Not known: you have not been given what it takes to judge this."),
    "CONTRADICTED": N_("Not known: answers contradict each other. Do not rely on this node."),
}
_OWED = N_("The applicant owes what this check needs, and did not supply it.")
NOT_VERIFIED = {
    "OTHER_LEDGERS": N_("whether the same receivable is pledged on another ledger or on paper"),
    "STATUTORY_REGISTRY": N_("the statutory registry (中登网): search it before paying out"),
    "GOODS": N_("whether the goods exist and were accepted: documents say so, nobody here saw them"),
    "NODE": N_("the node itself: this report trusts the node it has read"),
}


def sentence(check: Check) -> str:
    """The key of the sentence in the catalogues."""
    cause = check.cause.value if check.cause else ""
    if cause == "NOT_SUPPLIED":
        return _OWED
    if (check.code, cause) in _CAUSED:
        return _CAUSED[check.code, cause]
    if check.code is Code.CONTENT and check.verdict is _V and "sha256" in check.evidence:
        return _PLAIN
    if check.verdict is Verdict.UNKNOWN:
        return _UNKNOWN.get(cause, _UNKNOWN["UNSUPPORTED"])
    return _SAID.get((check.code, check.verdict), check.message)
