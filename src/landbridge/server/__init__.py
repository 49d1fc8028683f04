"""One case, several offices: store, API, jobs, and who may see what (docs/design/server.md)."""
