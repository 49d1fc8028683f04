"""Where work runs and what is remembered of it: executors and a cache of results."""

from landbridge.runtime.cache import Cache
from landbridge.runtime.executor import Workers, is_stopped, open_workers

__all__ = ["Cache", "Workers", "is_stopped", "open_workers"]
