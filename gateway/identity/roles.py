"""THE table: which role may do what. Nothing else in the gateway decides that; docs/permissions.md shows it.

A permission is about one's own organisation's things. What belongs to another organisation is not forbidden but absent: queries are
filtered by the caller's organisation, and the answer is 404. What the ledger's contracts allow an organisation stands beside this.
"""

from __future__ import annotations

from enum import StrEnum

from ledger.membership import Role

__all__ = [
    "ADMINISTRATION",
    "ADMINISTRATORS",
    "PEOPLE_ONLY",
    "PERMISSIONS",
    "ROLES_OF",
    "Action",
    "UserRole",
    "roles_for",
]


class UserRole(StrEnum):
    """What a person or a machine is in an organisation."""

    ACCOUNTANT = "accountant"
    SIGNATORY = "signatory"
    OFFICER = "officer"
    RISK = "risk"
    APPROVER = "approver"
    OPERATIONS = "operations"
    AUDITOR = "auditor"
    REGISTRAR = "registrar"


class Action(StrEnum):
    """Something that needs permission."""

    ME = "me"
    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_ADMIT = "organisations:admit"
    USERS_READ = "users:read"
    USERS_MANAGE = "users:manage"
    API_KEYS_MANAGE = "api-keys:manage"
    APPROVALS_READ = "approvals:read"
    APPROVALS_DECIDE = "approvals:decide"
    ASSETS_READ = "assets:read"
    ASSETS_CERTIFY = "assets:certify"
    ASSETS_REVOKE = "assets:revoke"
    ASSETS_SHRED = "assets:shred"
    JOBS_READ = "jobs:read"
    VERIFY = "verify"
    OFFERS_READ = "offers:read"
    OFFERS_MAKE = "offers:make"
    PLEDGES_READ = "pledges:read"
    PLEDGES_ACCEPT = "pledges:accept"
    PLEDGES_CLOSE = "pledges:close"
    LIENS_READ = "liens:read"
    SIGNATURES_READ = "signatures:read"
    SIGNATURES_GIVE = "signatures:give"
    GRANTS_READ = "grants:read"
    GRANTS_GIVE = "grants:give"
    GRANTS_END = "grants:end"
    CONTENT_READ = "content:read"
    READERS_READ = "readers:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    AUDIT_READ = "audit:read"
    AUDIT_RUN = "audit:run"
    LEDGER_EXPLORE = "ledger:explore"
    KEYS_READ = "keys:read"
    KEYS_MANAGE = "keys:manage"
    HEALTH_READ = "health:read"
    EVALUATE = "evaluation:ask"
    PRODUCTS_READ = "products:read"
    PRODUCTS_EDIT = "products:edit"
    PRODUCTS_PUBLISH = "products:publish"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_MAKE = "applications:make"
    DECISIONS_READ = "decisions:read"
    DECISIONS_DECIDE = "decisions:decide"
    DECISIONS_DISCLOSE = "decisions:disclose"
    DECISIONS_REPLAY = "decisions:replay"
    LOANS_READ = "loans:read"
    LOANS_CONTRACT = "loans:contract"
    LOANS_OPERATE = "loans:operate"


_ENTERPRISE = frozenset({UserRole.ACCOUNTANT, UserRole.SIGNATORY})
_LENDER = frozenset({UserRole.OFFICER, UserRole.RISK, UserRole.APPROVER, UserRole.OPERATIONS})
_CONTROL = frozenset({UserRole.AUDITOR, UserRole.REGISTRAR})
_ALL = frozenset(UserRole)

ADMINISTRATORS = frozenset({UserRole.SIGNATORY, UserRole.APPROVER, UserRole.AUDITOR, UserRole.REGISTRAR})
"""Who keeps an organisation's users: makes and ends accounts, and gives access back to who has lost it."""

ROLES_OF: dict[Role, frozenset[UserRole]] = {
    Role.ENTERPRISE: _ENTERPRISE,
    Role.LENDER: _LENDER,
    Role.AUDITOR: frozenset({UserRole.AUDITOR}),
    Role.REGISTRAR: frozenset({UserRole.REGISTRAR}),
}
"""Which roles the users of an organisation can have, by what the ledger admits it as."""

PEOPLE_ONLY = frozenset(
    {
        Action.USERS_MANAGE,
        Action.API_KEYS_MANAGE,
        Action.APPROVALS_DECIDE,
        Action.SIGNATURES_GIVE,
        Action.PRODUCTS_PUBLISH,
        Action.DECISIONS_DECIDE,
    }
)
"""What no machine's key may do, whatever its roles: a key that leaks must not make others, nor be the second person."""

ADMINISTRATION = frozenset(
    {Action.USERS_MANAGE, Action.API_KEYS_MANAGE, Action.ORGANISATIONS_ADMIT, Action.KEYS_MANAGE}
)
"""Acts that a password alone does not open (ASVS 4.3.1): who keeps accounts, keys and members has shown a second factor."""

PERMISSIONS: dict[Action, frozenset[UserRole]] = {
    Action.ME: _ALL,
    Action.ORGANISATIONS_READ: _ALL,
    Action.ORGANISATIONS_ADMIT: frozenset({UserRole.REGISTRAR}),
    Action.USERS_READ: ADMINISTRATORS,
    Action.USERS_MANAGE: ADMINISTRATORS,
    Action.API_KEYS_MANAGE: ADMINISTRATORS,
    Action.APPROVALS_READ: _ALL,
    Action.APPROVALS_DECIDE: ADMINISTRATORS | {UserRole.RISK},
    Action.ASSETS_READ: _ENTERPRISE,
    Action.ASSETS_CERTIFY: _ENTERPRISE,
    Action.ASSETS_REVOKE: frozenset({UserRole.SIGNATORY}),
    Action.ASSETS_SHRED: frozenset({UserRole.SIGNATORY}),
    Action.JOBS_READ: _ALL,
    Action.VERIFY: _ALL,
    Action.OFFERS_READ: _ENTERPRISE | _LENDER,
    Action.OFFERS_MAKE: frozenset({UserRole.SIGNATORY}),
    Action.PLEDGES_READ: _ENTERPRISE | _LENDER,
    Action.PLEDGES_ACCEPT: frozenset({UserRole.OFFICER, UserRole.APPROVER}),
    Action.PLEDGES_CLOSE: frozenset({UserRole.OPERATIONS, UserRole.RISK}),
    Action.LIENS_READ: _ENTERPRISE | _LENDER | {UserRole.AUDITOR},
    Action.SIGNATURES_READ: _ENTERPRISE | _LENDER | {UserRole.AUDITOR},
    Action.SIGNATURES_GIVE: frozenset({UserRole.SIGNATORY, UserRole.APPROVER, UserRole.AUDITOR}),
    Action.GRANTS_READ: _ENTERPRISE | _LENDER | {UserRole.AUDITOR},
    Action.GRANTS_GIVE: frozenset({UserRole.SIGNATORY}),
    Action.GRANTS_END: frozenset({UserRole.SIGNATORY}),
    Action.CONTENT_READ: _LENDER | {UserRole.AUDITOR},
    Action.READERS_READ: _ENTERPRISE,
    Action.EVENTS_READ: _ALL,
    Action.WEBHOOKS_MANAGE: ADMINISTRATORS,
    Action.AUDIT_READ: _CONTROL,
    Action.AUDIT_RUN: frozenset({UserRole.AUDITOR}),
    Action.LEDGER_EXPLORE: _CONTROL,
    Action.KEYS_READ: ADMINISTRATORS,
    Action.KEYS_MANAGE: frozenset({UserRole.REGISTRAR}),
    Action.HEALTH_READ: frozenset({UserRole.REGISTRAR}),
    Action.EVALUATE: _ENTERPRISE | _LENDER,
    Action.PRODUCTS_READ: _ENTERPRISE | _LENDER | {UserRole.AUDITOR},
    Action.PRODUCTS_EDIT: frozenset({UserRole.RISK}),
    Action.PRODUCTS_PUBLISH: frozenset({UserRole.APPROVER}),
    Action.APPLICATIONS_READ: _ENTERPRISE,
    Action.APPLICATIONS_MAKE: frozenset({UserRole.SIGNATORY}),
    Action.DECISIONS_READ: _LENDER | {UserRole.AUDITOR},
    Action.DECISIONS_DECIDE: frozenset({UserRole.OFFICER, UserRole.RISK, UserRole.APPROVER}),
    Action.DECISIONS_DISCLOSE: frozenset({UserRole.RISK, UserRole.APPROVER}),
    Action.DECISIONS_REPLAY: frozenset({UserRole.RISK, UserRole.AUDITOR}),
    Action.LOANS_READ: _ENTERPRISE | _LENDER,
    Action.LOANS_CONTRACT: frozenset({UserRole.OFFICER, UserRole.APPROVER}),
    Action.LOANS_OPERATE: frozenset({UserRole.OPERATIONS}),
}


def roles_for(admitted: Role) -> frozenset[UserRole]:
    """The roles that users of an organisation with these roles on the ledger can have."""
    return frozenset().union(*(roles for role, roles in ROLES_OF.items() if role in admitted))
