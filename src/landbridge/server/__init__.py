"""Landbridge for several offices: one case, each organisation's books to itself (docs/design/server.md)."""
