"""Who somebody is and what they may do: accounts, sessions, keys of machines, roles, and the one table of permissions."""
