"""What stands in the navigation: only what exists, and only for whoever may use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.web.words import N_

__all__ = ["Item", "items", "start_of"]


@dataclass(frozen=True)
class Item:
    """One entry, for whoever may do all of `actions`."""

    path: str
    icon: str
    label: str
    actions: tuple[Action, ...]
    current: bool = False
    count: int | None = None
    """How much waits there."""


_TO_SIGN = "/sign"
_LENDER = (Action.OFFERS_READ, Action.CONTENT_READ)
_ITEMS = (
    Item("/papers", "upload", N_("Papers"), (Action.ASSETS_CERTIFY,)),
    Item("/jobs", "jobs", N_("Jobs"), (Action.ASSETS_READ,)),
    Item("/certificates", "paper", N_("Certified"), (Action.ASSETS_READ,)),
    Item("/offers", "lock", N_("Offers"), (Action.ASSETS_READ, Action.OFFERS_READ)),
    Item("/drafts", "paper", N_("Drafts"), (Action.ASSETS_CERTIFY,)),
    Item(_TO_SIGN, "key", N_("To sign"), (Action.SIGNATURES_READ,)),
    Item("/borrow", "jobs", N_("Borrow"), (Action.APPLICATIONS_READ,)),
    Item("/readers", "eye", N_("Who read"), (Action.READERS_READ,)),
    Item("/inbox", "inbox", N_("Inbox"), _LENDER),
    Item("/queue", "search", N_("Cases"), (*_LENDER, Action.DECISIONS_READ)),
    Item("/book", "lock", N_("Locked"), _LENDER),
    Item("/loans", "download", N_("Loans"), (Action.LOANS_READ,)),
    Item("/approvals", "ok", N_("Approvals"), (*_LENDER, Action.APPROVALS_READ)),
    Item("/products", "paper", N_("Loans offered"), (*_LENDER, Action.PRODUCTS_READ)),
    Item("/audit", "audit", N_("Audit"), (Action.AUDIT_RUN,)),
    Item("/explore", "search", N_("Explore"), (Action.LEDGER_EXPLORE,)),
    Item("/queue", "paper", N_("Decisions"), (Action.AUDIT_RUN, Action.DECISIONS_READ)),
    Item("/replay", "ok", N_("Replay"), (Action.AUDIT_RUN, Action.DECISIONS_REPLAY)),
    Item("/exceptions", "health", N_("Exceptions"), (Action.AUDIT_RUN, Action.DECISIONS_READ)),
    Item("/sampling", "sample", N_("Sample"), (Action.AUDIT_RUN,)),
    Item("/admissions", "people", N_("Members"), (Action.ORGANISATIONS_ADMIT,)),
    Item("/keys", "key", N_("Keys"), (Action.KEYS_MANAGE,)),
    Item("/instruments", "sample", N_("Instruments"), (Action.KEYS_MANAGE,)),
    Item("/witnesses", "eye", N_("Witnesses"), (Action.KEYS_MANAGE,)),
    Item("/health", "health", N_("Health"), (Action.HEALTH_READ, Action.ORGANISATIONS_ADMIT)),
    Item("/people", "user", N_("People"), (Action.USERS_MANAGE,)),
    Item("/machines", "link", N_("Keys of machines"), (Action.API_KEYS_MANAGE,)),
    Item("/verify", "shield", N_("Verify"), (Action.VERIFY,)),
)


def items(principal: Principal | None, path: str = "", to_sign: int | None = None) -> Iterator[Item]:
    """Entries for somebody, the one of `path` marked; none for a stranger. `to_sign` is None where one's organisation signs by itself."""
    for item in _ITEMS:
        if item.path == _TO_SIGN and to_sign is None:
            continue
        if principal is not None and all(may(principal, action) for action in item.actions):
            count = to_sign if item.path == _TO_SIGN else None
            yield replace(item, current=path == item.path or path.startswith(item.path + "/"), count=count)


def start_of(principal: Principal) -> str:
    """The page on which somebody begins: the first entry."""
    found = [item.path for item in items(principal)]
    return next((path for path in found if path != "/explore"), "/verify")
