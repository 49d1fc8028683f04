"""A folder that remembers: parcels, their places in the plan, their events."""

from landbridge.operations.store.schema import ALLOCATIONS, EVENTS, STATES, bucket_of
from landbridge.operations.store.store import Batch, Store, StoreError

__all__ = ["ALLOCATIONS", "EVENTS", "STATES", "Batch", "Store", "StoreError", "bucket_of"]
