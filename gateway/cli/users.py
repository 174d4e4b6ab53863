"""`assetcert user`: the first account of an organisation, and an account given back by whoever runs the home.

What administrators do day by day is in the gateway (`/api/v1/users`); this is for when there is none yet, or none any more.
"""

from __future__ import annotations

import click

from gateway.cli.context import AS, HOME, JSON, Shell, told, verb

__all__ = ["user"]

ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="A role of the account; several with several --role.",
)


@click.group(help="The first account of an organisation; an account given back.")
@HOME
@JSON
def user(**_: object) -> None:
    """Its verbs are below."""


@verb
@click.argument("name")
@AS
@ROLE
def add(shell: Shell, name: str, org: str | None, roles: tuple[str, ...]) -> None:
    """Make an account and print its one-time password, shown this once."""
    from gateway.errors import UsageError
    from gateway.identity import accounts
    from gateway.identity.logins import admitted
    from gateway.identity.roles import UserRole

    with shell.installation() as installation:
        organisation = installation.book.find(org)
        allowed = admitted(installation, organisation)
        if not set(roles) <= set(allowed):
            raise UsageError(
                "ROLES", f"users of {organisation.short} can be: {', '.join(sorted(allowed)) or 'nothing'}"
            )
        password = accounts.one_time_password()
        with installation.database.session() as session:
            user = accounts.create(
                session, organisation, name, {UserRole(role) for role in roles}, password=password
            )
        said = {"user": user.name, "organisation": organisation.short, "one_time_password": password}
    told(shell, said, f"{said['user']} of {said['organisation']} signs in once with {password}")


@verb
@click.argument("name")
def recover(shell: Shell, name: str) -> None:
    """Give an account back: a one-time password; its second factor, passkeys and sessions are gone."""
    from gateway.db.identity import user_named
    from gateway.errors import UsageError
    from gateway.identity import accounts

    with shell.installation() as installation, installation.database.session() as session:
        user = user_named(session, name)
        if user is None:
            raise UsageError("UNKNOWN_USER", f"this home has no open account called {name!r}")
        password = accounts.recover(session, user)
    told(shell, {"user": name, "one_time_password": password}, f"{name} signs in once with {password}")


user.add_command(add, "add")
user.add_command(recover, "recover")
