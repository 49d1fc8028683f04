"""A folder that remembers: parcels, their places in the plan, their events."""

from landbridge.operations.store.schema import ALLOCATIONS, EVENTS, LEGS, LOADS, STATES, UNIT_EVENTS, bucket_of
from landbridge.operations.store.store import Batch, Store, StoreError

__all__ = [
    "ALLOCATIONS",
    "EVENTS",
    "LEGS",
    "LOADS",
    "STATES",
    "UNIT_EVENTS",
    "Batch",
    "Store",
    "StoreError",
    "bucket_of",
]
