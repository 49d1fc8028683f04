"""Where work runs and what is remembered of it: executors and a cache of results."""

from landbridge.runtime.cache import Cache
from landbridge.runtime.executor import Workers, open_workers

__all__ = ["Cache", "Workers", "open_workers"]
