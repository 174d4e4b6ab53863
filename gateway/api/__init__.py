"""The gateway over HTTP: the application, what stands at its edge, and the routers of `/api/v1`."""
