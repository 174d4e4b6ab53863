"""Client of the contracts: connect, deploy, send, read, replay. Knows no documents."""
