"""`python -m gateway.db.migrations MESSAGE`: write the revision that takes the newest one to what the models say now."""

from __future__ import annotations

import sys

from alembic import command

from gateway.db.migrations import configuration, upgrade
from gateway.db.session import Database
from gateway.home import Home, default_home


def main() -> None:
    """Against the database that the home of ASSETCERT_HOME names."""
    engine = Database.engine_of(Home(default_home().resolve()))
    upgrade(engine)
    with engine.begin() as connection:
        command.revision(configuration(connection), sys.argv[1], autogenerate=True)


if __name__ == "__main__":
    main()
