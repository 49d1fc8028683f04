"""What a page shows, as plain data."""

from landbridge.report.payload.build import build_payload

__all__ = ["build_payload"]
