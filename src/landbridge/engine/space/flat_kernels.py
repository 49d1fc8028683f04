"""Compiled cheapest paths over the flat network; arrays in, arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

INF = np.inf


@njit(cache=True, nogil=True)
def push(keys: Any, items: Any, size: int, key: float, item: int) -> int:
    """Put an item on a binary heap; returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = key
    items[i] = item
    return size + 1


@njit(cache=True, nogil=True)
def pop(keys: Any, items: Any, size: int) -> int:
    """Take the least item (the first) off a binary heap; returns the new size."""
    size -= 1
    key, item = keys[size], items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = key
    items[i] = item
    return size


@njit(cache=True, nogil=True)
def costs_to(
    target: int, in_ptr: Any, in_arc: Any, tail: Any, price: Any, cost: Any, heap_key: Any, heap_node: Any
) -> None:
    """Cheapest cost from each node to a target, at prices of 0 or more (inf: not allowed), into ``cost``."""
    cost[:] = INF
    cost[target] = 0.0
    size = push(heap_key, heap_node, 0, 0.0, target)
    while size > 0:
        here, n = heap_key[0], heap_node[0]
        size = pop(heap_key, heap_node, size)
        if here > cost[n]:
            continue
        for j in range(in_ptr[n], in_ptr[n + 1]):
            a = in_arc[j]
            new = here + price[a]
            if new < cost[tail[a]]:
                cost[tail[a]] = new
                size = push(heap_key, heap_node, size, new, tail[a])
