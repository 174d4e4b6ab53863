"""The routers of `/api/v1`. Endpoints are thin: what they do is in `gateway.service` and `gateway.identity`."""
