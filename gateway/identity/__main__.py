"""`python -m gateway.identity > docs/permissions.md`: the table of permissions as people read it, written from `roles.py`."""

from __future__ import annotations

import sys

from gateway.identity.roles import ADMINISTRATORS, PEOPLE_ONLY, PERMISSIONS, ROLES_OF, Action, UserRole

__all__ = ["document"]

_HEAD = """# Who may do what

Written from `gateway/identity/roles.py` by `python -m gateway.identity > docs/permissions.md`; a test compares the two. Nothing else decides.

A permission is about the things of one's own organisation. What belongs to another organisation is not forbidden but absent: queries are
filtered by the caller's organisation, and the answer is 404, the same as for what was never there. What an organisation may do on the ledger
stands beside this table: the contracts refuse what its admission does not cover, whoever asks.
"""
_TAIL = """
*people*: no machine's key may do it, whatever its roles. A key that leaks must not make others.

## Administrators

{administrators} keep their organisation's accounts and machines' keys, and give an account back to somebody who has lost it:
`POST /api/v1/users/{{id}}/recovery` makes a one-time password, which counts for a week and must be changed before anything else, and takes away
second factor, passkeys, provider and sessions. Nobody recovers, ends or demotes themselves: an organisation that has lost its last administrator is helped by whoever
runs the home, with `assetcert user recover`.

What they change of accounts, keys and members (`users:manage`, `api-keys:manage`, `organisations:admit`, `keys:manage`) needs a session that more
than a password has opened: a code, a passkey or a provider; else 403 `SECOND_FACTOR`. Who has none yet signs in with the password and sets one up
under Account; that session counts from then on. Where a passkey guards an account, its password alone adds or removes no way in.

## What an auditor reads of a decision

`decisions:read` gives an auditor every lender's decisions without what papers say: inputs with their verdicts, policies by digest, rules and
reasons by code, points, who decided; no amount, value or text of a paper, and of a replay only where it differs. The whole record is its
lender's document: `decisions:disclose` grants it to an auditor like any other document, and the reading stands on the ledger.

## Four eyes

An act that needs a second person waits as an approval (`/api/v1/approvals`): who prepared it cannot release it, a release is used once,
and two who decide at once are one.

## Ways in

| for | how |
|---|---|
| people | password (argon2id, 12 characters or more, not a common one) and, once turned on, a code (TOTP) or one of ten recovery codes |
| people | passkey (WebAuthn, user verification required): both factors in one |
| people | an OpenID provider of `HOME/gateway.json`; the account is found by provider and subject: entered by an administrator, connected by its owner, or taken once by an invited e-mail address (no administrator's) |
| machines | key with roles as its scope, `Authorization: Bearer ak_…` |
| machines | the same bound to a key of the machine: `Authorization: DPoP ak_…` beside a proof in `DPoP` (RFC 9449; ES256, Ed25519) |
| machines | the same bound to a certificate of the machine: over TLS with it (RFC 8705), where a proxy's socket is set up |

A session ends after 30 minutes without a request and after 12 hours in any case; signing in makes a new token, a new password ends all other
sessions. From the fifth failure on a name waits 30 seconds, then twice as long each time, up to 15 minutes.
"""


def document() -> str:
    """The whole page."""
    roles = list(UserRole)
    head = "| permission | " + " | ".join(roles) + " |\n|---|" + ":-:|" * len(roles)
    rows = [_row(action, roles) for action in Action]
    of = ["\n## Roles\n", "| the ledger admits the organisation as | its users can be |", "|---|---|"]
    of += [f"| {str(one.name).lower()} | {', '.join(sorted(allowed))} |" for one, allowed in ROLES_OF.items()]
    tail = _TAIL.format(administrators=_listed())
    return "\n".join([_HEAD, head, *rows, *of, tail])


def _listed() -> str:
    """Administrators in the order of their roles, as a sentence begins."""
    *first, last = [role for role in UserRole if role in ADMINISTRATORS]
    return f"{', '.join(first)} and {last}".capitalize()


def _row(action: Action, roles: list[UserRole]) -> str:
    marks = ["✓" if role in PERMISSIONS[action] else "" for role in roles]
    people = " *people*" if action in PEOPLE_ONLY else ""
    return f"| `{action}`{people} | " + " | ".join(marks) + " |"


if __name__ == "__main__":
    sys.stdout.write(document())
