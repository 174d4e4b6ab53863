"""Errors as a person reads them: what was wrong, where, what to do next, in their language.

An error's code finds its words here; where a pattern is given, the numbers and names of the case come out of the error's own message. A code
without words shows the message itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from gateway.web.access_faults import OF_ACCESS
from gateway.web.language import translations
from gateway.web.ledger_faults import OF_LEDGER
from gateway.web.lending_faults import OF_LENDING
from gateway.web.paper_faults import OF_PAPERS, Words
from gateway.web.words import N_

__all__ = ["Fault", "fault_of"]


class Coded(Protocol):
    """An error of one of our trees."""

    code: str


@dataclass(frozen=True)
class Fault:
    """One error for a page."""

    code: str
    message: str
    next: str = ""


_ARITHMETIC = re.compile(r"^BR-[A-Z]+-\d+$")
"""EN 16931's rules about an invoice's totals, which read alike."""
_AGAIN = N_("Try again in a moment. Nothing is lost.")
_WORDS: dict[str, Words] = {
    "EMPTY": Words(N_("The file is empty."), N_("Export it again from the program that made it.")),
    "TOO_LARGE": Words(N_("The file is too large."), N_("Split it, or ask for a higher limit.")),
    "MALFORMED": Words(
        N_("The file is damaged: it begins like a document we know and cannot be read to its end."),
        N_("Export it again from the program that made it, and drop it again."),
    ),
    "RECEIPT": Words(
        N_("There is no receipt among these files."),
        N_("Drop the bundle (.zip) as it was downloaded, or the .receipt.json with the document."),
    ),
    "BUNDLE": Words(N_("The bundle cannot be opened."), N_("Download it again where you got it from.")),
    "NOT_PLEDGEABLE": Words(
        N_("This paper is evidence and can never be collateral."),
        N_("Offer an invoice, or an order, that you have certified yourself."),
    ),
    "SHREDDED": Words(
        N_("The content of this paper was destroyed: nothing of it can be shown any more."),
        N_("Certify the original again if you still have it."),
    ),
    "NOT_ANCHORED": Words(N_("This paper is still being certified."), _AGAIN),
    "SELF": Words(N_("An organisation cannot offer, grant or lend to itself."), N_("Choose another one.")),
    "OWN_ACCOUNT": Words(
        N_("You cannot do this to your own account."), N_("Ask another administrator of your organisation.")
    ),
    "BAD_PASSWORD": Words(N_("The present password is not right."), N_("Check it and send it again.")),
    "PASSWORD_SAME": Words(N_("The new password is the present one."), N_("Choose another one.")),
    "DAYS": Words(
        N_("The offer would end before it can be accepted."),
        N_("Give it more days, or fewer days to accept."),
    ),
    "UNTIL": Words(N_("The end lies before today."), N_("Choose a later day.")),
    "SECOND_FACTOR": Words(
        N_("This needs more than a password: you keep accounts and keys."),
        N_("Set up an authenticator app or a passkey under Account, or sign in with it; then do this again."),
    ),
    "NOT_MAKER": Words(
        N_("Only who has prepared this can withdraw it."), N_("Ask them, or have it sent back.")
    ),
    "CURSOR": Words(
        N_("This address leads into another list, or into none."), N_("Begin at the top of the list.")
    ),
    "LIEN": Words(
        N_("Not locked: another lender has locked this receivable, or a similar one."),
        N_("Open the report: the check Liens shows what is known."),
    ),
    "OFFER_SIGNATURE": Words(
        N_("The offer is not signed by the enterprise."), N_("Ask it for another offer.")
    ),
    "OFFER_MISMATCH": Words(
        N_("The offer names another receivable than the paper shows."), N_("Ask for another offer.")
    ),
    "NOT_PARTY": Words(N_("You are not a party of this."), N_("Go back to your list.")),
    "GRANT_ENDED": Words(N_("The permission to read was withdrawn."), N_("Ask the owner for a new one.")),
    "GRANT_EXPIRED": Words(N_("The permission to read has ended."), N_("Ask the owner for a new one.")),
    "NO_WRAP": Words(
        N_("The owner has withdrawn or destroyed what was granted."), N_("Ask the owner for it again.")
    ),
    "UNKNOWN_ORG": Words(N_("No such organisation on this ledger."), N_("Check its number.")),
    "IDENTIFIER": Words(
        N_("This is no legal number of an organisation."),
        N_("Enter scheme and number, such as CN-USCC:91500000000000211L, and check the last character."),
    ),
    "SHORT": Words(
        N_("The short name is taken or malformed."),
        N_("Use letters, digits, - and _, up to 32, that no other organisation has."),
    ),
    "ADMITTED": Words(
        N_("This organisation is a member already, with another name or role."),
        N_("Open it in the list and change it there."),
    ),
    "NO_REGISTRAR": Words(
        N_("The keys of a registrar are not in this installation."),
        N_("The registrar has to vote from its own installation."),
    ),
    "UNKNOWN_CALL": Words(N_("Nobody has proposed this."), N_("Go back to the list of open votes.")),
    "FINGERPRINT_KEY": Words(
        N_("The key for duplicate detection is never changed while anything is locked."), N_("Leave it.")
    ),
    "OFFER_PAST": Words(N_("This offer has ended."), N_("Apply again: a new decision takes seconds.")),
    "STATE": Words(
        N_("This has changed since you opened it."), N_("Look at what it is now, then decide again.")
    ),
    "REGISTRAR_KEY": Words(
        N_("The key of a registrar stays on the server: votes are not relayed."),
        N_("Have the votes cast where the key is."),
    ),
    "REGISTRAR_IN_BROWSER": Words(
        N_("An organisation that signs in a browser cannot be a registrar: votes are not relayed."),
        N_("Move its key to the server or a Web3Signer first."),
    ),
    "NOT_RELAYED": Words(
        N_("This cannot be signed in a browser."),
        N_("Move the organisation's key to the server or a Web3Signer."),
    ),
    "CONFLICT": Words(
        N_("Somebody else has decided this since you opened it."),
        N_("Look at what it is now, then decide again."),
    ),
    "STALE": Words(
        N_("This changed since you opened it: nothing was overwritten."),
        N_("Look at what it is now, then send again."),
    ),
    "FORBIDDEN": Words(
        N_("Your role may not do this."), N_("Ask a colleague whose role may, or your administrator.")
    ),
    "NOT_FOUND": Words(N_("There is no such page, or it is not yours."), N_("Go back to the start.")),
    "CSRF": Words(N_("This form is too old."), N_("Send it again.")),
    "BUSY": Words(N_("Another process is writing."), _AGAIN),
    "RATE_LIMITED": Words(N_("Too much at once."), N_("Wait a moment, then send it again.")),
    "UNREACHABLE": Words(N_("The ledger or the store cannot be reached."), _AGAIN),
    "INTERNAL": Words(
        N_("Something went wrong on our side."), N_("Try again; if it stays so, tell the operator the time.")
    ),
    "CODE_REQUIRED": Words(
        N_("This account needs a one-time code."), N_("Enter the code that your authenticator app shows.")
    ),
    "BAD_CODE": Words(
        N_("The code is not right."), N_("Check the clock of your phone, and enter the next code.")
    ),
    "TOO_MANY_ATTEMPTS": Words(
        N_("Too many attempts failed."), N_("Wait a while, or ask your administrator.")
    ),
    "INVALID_REQUEST": Words(
        N_("Something in the form is missing or does not fit."), N_("Check the fields and send it again.")
    ),
    "NOTHING_CHOSEN": Words(
        N_("Nothing was chosen."), N_("Choose at least one paper that waits to be confirmed.")
    ),
    "PASSWORD_LENGTH": Words(
        N_("A password has 12 to 128 characters."), N_("Several words are easy to remember.")
    ),
    "PASSWORD_COMMON": Words(
        N_("This password is among the first that are guessed."), N_("Take several unrelated words.")
    ),
    "SAME": Words(N_("The new paper is byte for byte the old one."), N_("Choose the corrected file.")),
    "NO_LINK": Words(N_("This link leads nowhere."), N_("Scan the certificate again, whole and flat.")),
    "NO_ACCOUNT": Words(
        N_("%(provider)s knows you as “%(subject)s”, and no account here is yours under that name."),
        N_(
            "Send this name to your organisation's administrator, who enters or invites you. If you have a password here, sign in with it and connect the account on your account page."
        ),
        r"(?P<provider>.+) knows you as (?P<quote>['\"])(?P<subject>.+)(?P=quote), and no account",
    ),
    "OIDC": Words(
        N_(
            "The sign-in service's answer is not accepted: it is old, of another sign-in, or not meant for us."
        ),
        N_("Begin again from the sign-in page. If it stays so, tell the operator the time."),
    ),
    "PROVIDER": Words(
        N_("This sign-in service cannot be asked at the moment."), N_("Sign in another way, or try again.")
    ),
    "CEREMONY": Words(N_("This took too long, or was done already."), N_("Begin again.")),
    "SUBJECT_TAKEN": Words(
        N_("Another account is connected to this person."),
        N_("Sign in at the service as somebody else, or end the other account."),
    ),
    "EMAIL_TAKEN": Words(N_("This address is invited already."), N_("Look for it in the list of people.")),
    "INVITED_ADMINISTRATOR": Words(
        N_("An account that keeps other people's is not opened by an e-mail address."),
        N_("Give a one-time password; its owner connects the service on the account page."),
    ),
    "LAST_WAY_IN": Words(
        N_("Nothing else would open your account."), N_("Add a passkey first, then disconnect the service.")
    ),
    "USER_NAME": Words(
        N_("This is no user name."), N_("Take 2 to 64 small letters, digits, or . _ @ - between them.")
    ),
    "USER_NAME_TAKEN": Words(N_("Somebody is called so already."), N_("Take another user name.")),
    "ROLES": Words(
        N_("These roles are not for your organisation, or none was chosen."), N_("Choose at least one role.")
    ),
    "CERTIFICATE": Words(
        N_("This is no valid certificate."),
        N_("Paste one X.509 certificate in PEM, -----BEGIN CERTIFICATE----- and on, that has not expired."),
    ),
    "WRONG_SIGNER": Words(
        N_("This is not a signature of your organisation's key over what was shown."),
        N_("Open it again and sign with the key that your organisation uses now."),
    ),
    "NOT_PREPARED": Words(N_("This was not opened before it was signed."), N_("Open it, then sign it.")),
    "SAME_KEY": Words(
        N_("Your organisation signs with this key already."), N_("Leave it, or make another one.")
    ),
    "KEY_USED": Words(N_("The ledger knows this key already."), N_("Make a new one.")),
    "ACCOUNT_ELSEWHERE": Words(
        N_("This member's account is not on this server: no new one is made for it here."),
        N_("Its signatory makes a new key under Account, then you vote for it."),
    ),
    "WEB3SIGNER": Words(
        N_("The service that keeps your organisation's key did not sign."),
        N_("Try again in a moment; if it stays so, tell the operator."),
    ),
    "KEY_REQUEST": Words(
        N_("This file asks for no key that can be published."),
        N_("Take the file that `assetcert key request` wrote, for a member of this ledger."),
    ),
    "KEY_PURPOSE": Words(
        N_("This asks for a key that signs no evidence."), N_("Vote on it under Keys, at its member.")
    ),
    "FOUR_EYES": Words(N_("You have prepared or approved this yourself."), N_("A colleague decides on it.")),
    "ONE_TIME_PASSWORD": Words(
        N_("This one-time password has ended: it counts for a week."),
        N_("Ask your administrator for another."),
    ),
    "BAD_CREDENTIALS": Words(
        N_("User name, password or code is not right."), N_("Check them and sign in again.")
    ),
}

_EVERY = OF_PAPERS | OF_ACCESS | OF_LENDING | OF_LEDGER | _WORDS


def fault_of(language: str, code: str, message: str) -> Fault:
    """The words of an error in a language; English keeps the error's own, which names the case."""
    say = translations(language).gettext
    words = _EVERY.get(_ARITHMETIC.sub("BR-CO", code))
    if words is None:
        return Fault(code, message)
    found = re.search(words.pattern, message) if words.pattern else None
    if words.pattern and found is None:
        return Fault(code, message)
    text = say(words.text)
    return Fault(code, text % found.groupdict() if found else text, say(words.next) if words.next else "")
