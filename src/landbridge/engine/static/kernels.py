"""Compiled inner loops of static design: cheapest paths, and a search that takes freight out and puts it back in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

EPS = 1e-7
"""Amounts and prices below this count as nothing."""


class Graph(NamedTuple):
    """A static network as the kernels see it: arcs leaving each node, links of arcs, capacity steps of links."""

    out_ptr: Any
    out_arc: Any
    tail: Any
    head: Any
    arc_cost: Any
    arc_link: Any
    link_ptr: Any
    link_shared: Any
    link_cost: Any
    step_ptr: Any
    step_cap: Any
    step_cost: Any
    origin: Any
    dest: Any
    qty: Any
    penalty: Any


class State(NamedTuple):
    """A plan in the search: loads of arcs, step of each link, paths of each commodity, what is left unserved."""

    load: Any
    level: Any
    count: Any
    amount: Any
    length: Any
    arcs: Any
    left: Any


class Room(NamedTuple):
    """Scratch arrays of a cheapest path search."""

    weight: Any
    dist: Any
    prev: Any
    done: Any


@njit(cache=True, nogil=True)
def _dijkstra(g: Graph, room: Room, source: int, target: int) -> None:
    """Cheapest path from source to target (-1: to all nodes); ``prev`` is the arc into each node."""
    num_nodes = len(g.out_ptr) - 1
    dist, prev, done, weight = room.dist, room.prev, room.done, room.weight
    for n in range(num_nodes):
        dist[n] = np.inf
        prev[n] = -1
        done[n] = False
    dist[source] = 0.0
    while True:
        best = np.inf
        node = -1
        for n in range(num_nodes):
            if not done[n] and dist[n] < best:
                best = dist[n]
                node = n
        if node < 0 or node == target:
            return
        done[node] = True
        for i in range(g.out_ptr[node], g.out_ptr[node + 1]):
            a = g.out_arc[i]
            reach = best + weight[a]
            h = g.head[a]
            if reach < dist[h] and not done[h]:
                dist[h] = reach
                prev[h] = a


@njit(cache=True, nogil=True)
def _label(g: Graph, room: Room, source: int) -> bool:
    """Cheapest walks from source where some weights are negative; False where a cycle gains."""
    num_nodes = len(g.out_ptr) - 1
    dist, prev, weight = room.dist, room.prev, room.weight
    for n in range(num_nodes):
        dist[n] = np.inf
        prev[n] = -1
    dist[source] = 0.0
    for _ in range(num_nodes):
        changed = False
        for a in range(len(weight)):
            reach = dist[g.tail[a]] + weight[a]
            if reach < dist[g.head[a]] - 1e-10:
                dist[g.head[a]] = reach
                prev[g.head[a]] = a
                changed = True
        if not changed:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_traced(g: Graph, room: Room, k: int) -> bool:
    """Whether labels lead from the destination back to the origin; a cycle that gains next to nothing may not."""
    n = g.dest[k]
    if room.dist[n] == np.inf:
        return True
    for _ in range(len(room.dist)):
        if n == g.origin[k]:
            return True
        n = g.tail[room.prev[n]]
    return False


@njit(cache=True, nogil=True)
def _label_or_bound(g: Graph, room: Room, k: int) -> float:
    """Cheapest path of commodity k with negative weights; where a cycle gains, some path and a bound on its cost."""
    if _label(g, room, g.origin[k]) and _is_traced(g, room, k):
        return float(room.dist[g.dest[k]])
    gains = 0.0
    kept = room.weight.copy()
    for a in range(len(kept)):
        if kept[a] < 0.0:
            gains += kept[a]
            room.weight[a] = 0.0
    _dijkstra(g, room, g.origin[k], g.dest[k])
    room.weight[:] = kept
    return float(room.dist[g.dest[k]] + gains)


@njit(cache=True, nogil=True)
def cheapest_paths(g: Graph, room: Room, extra_ptr: Any, extra_arc: Any, extra: Any, arcs: Any) -> tuple[Any, Any]:
    """
    Cheapest path of each commodity at ``room.weight`` plus the commodity's own prices.

    Commodities of one origin without prices of their own share a tree when they stand side by side. Prices may
    be negative; where a cycle gains, the cost returned is a lower bound on that of any path.
    Returns costs and lengths, both ``(K,)``; the arcs of path k are ``arcs[k, :length]``, the last first.
    """
    num = len(g.origin)
    cost = np.full(num, np.inf)
    length = np.zeros(num, dtype=np.int64)
    tree = -1
    base = room.weight.copy()
    signed = False
    for a in range(len(room.weight)):
        if room.weight[a] < 0.0:
            signed = True
    for k in range(num):
        if signed or extra_ptr[k + 1] > extra_ptr[k]:
            negative = signed
            for i in range(extra_ptr[k], extra_ptr[k + 1]):
                room.weight[extra_arc[i]] += extra[i]
                negative = negative or room.weight[extra_arc[i]] < 0.0
            if negative:
                cost[k] = _label_or_bound(g, room, k)
            else:
                _dijkstra(g, room, g.origin[k], g.dest[k])
                cost[k] = room.dist[g.dest[k]]
            for i in range(extra_ptr[k], extra_ptr[k + 1]):
                room.weight[extra_arc[i]] = base[extra_arc[i]]  # taking off again would leave rounding errors
            tree = -1
        else:
            if tree != g.origin[k]:
                _dijkstra(g, room, g.origin[k], -1)
                tree = g.origin[k]
            cost[k] = room.dist[g.dest[k]]
        if cost[k] < np.inf:
            n = g.dest[k]
            while n != g.origin[k]:
                a = room.prev[n]
                arcs[k, length[k]] = a
                length[k] += 1
                n = g.tail[a]
    return cost, length


@njit(cache=True, nogil=True)
def _link_load(g: Graph, load: Any, e: int) -> Any:
    """Load of a link: of its arcs together where they share, else the larger."""
    first = g.link_ptr[e]
    if g.link_ptr[e + 1] - first == 1:
        return load[first]
    if g.link_shared[e]:
        return load[first] + load[first + 1]
    return max(load[first], load[first + 1])


@njit(cache=True, nogil=True)
def _carries(cap: float, need: float) -> bool:
    return cap >= need - EPS * max(1.0, need)


@njit(cache=True, nogil=True)
def _fit(g: Graph, e: int, at: int, need: float) -> int:
    """Lowest step of a link that carries ``need``, searched from step ``at``; the one above the highest: none."""
    first, last = g.step_ptr[e], g.step_ptr[e + 1]
    s = at
    while s < last and not _carries(g.step_cap[s], need):
        s += 1
    if s == last:
        return s
    while s > first and _carries(g.step_cap[s - 1], need):
        s -= 1
    return s


@njit(cache=True, nogil=True)
def _fit_or_highest(g: Graph, e: int, at: int, need: float) -> int:
    """Lowest step of a link that carries ``need``, which may exceed the highest by what sums in floats leave over."""
    found = _fit(g, e, at, need)
    return found - 1 if found == g.step_ptr[e + 1] else found


@njit(cache=True, nogil=True)
def _weigh(g: Graph, s: State, room: Room, amount: float, noise: float, opening: float) -> None:
    """
    Set weights to what ``amount`` more would cost on each arc: its flow and the steps it opens.

    Of a step that it opens it pays the part ``opening``, and the rest by how much of the step it fills.
    """
    for a in range(len(g.arc_cost)):
        e = g.arc_link[a]
        need = s.load[a] + amount
        w = g.arc_cost[a] * amount
        first = g.link_ptr[e]
        if g.link_ptr[e + 1] - first == 2:
            other = s.load[first] if a != first else s.load[first + 1]
            if g.link_shared[e]:
                need += other
            else:
                need = max(need, other)
                w += g.link_cost[e] * (need - max(s.load[a], other))
        at = s.level[e]
        if not _carries(g.step_cap[at], need):
            up = _fit(g, e, at, need)
            if up == g.step_ptr[e + 1]:
                room.weight[a] = np.inf
                continue
            filled = min(1.0, (need - g.step_cap[at]) / (g.step_cap[up] - g.step_cap[at]))
            w += (g.step_cost[up] - g.step_cost[at]) * (opening + (1.0 - opening) * filled)
            if noise > 0.0:
                w *= 1.0 + noise * (2.0 * np.random.random() - 1.0)
        room.weight[a] = w


@njit(cache=True, nogil=True)
def _weigh_spare(g: Graph, s: State, room: Room, least: float) -> None:
    """Set weights to unit costs where open steps have room for ``least``; other arcs are closed."""
    for a in range(len(g.arc_cost)):
        e = g.arc_link[a]
        first = g.link_ptr[e]
        used = s.load[a]
        cost = g.arc_cost[a]
        if g.link_ptr[e + 1] - first == 2:
            other = s.load[first] if a != first else s.load[first + 1]
            if g.link_shared[e]:
                used += other
            elif used >= other:
                cost += g.link_cost[e]
        room.weight[a] = cost if g.step_cap[s.level[e]] - used >= least else np.inf


@njit(cache=True, nogil=True)
def _shift(g: Graph, s: State, k: int, p: int, amount: float) -> float:
    """Add ``amount`` (negative: take away) on path p of commodity k, set steps; returns the change of cost."""
    change = 0.0
    for i in range(s.length[k, p]):
        a = s.arcs[k, p, i]
        e = g.arc_link[a]
        loaded = _link_load(g, s.load, e)
        s.load[a] += amount
        if s.load[a] < EPS:
            s.load[a] = 0.0
        loads = _link_load(g, s.load, e)
        before = s.level[e]
        s.level[e] = _fit_or_highest(g, e, before, loads)
        change += g.arc_cost[a] * amount + g.link_cost[e] * (loads - loaded)
        change += g.step_cost[s.level[e]] - g.step_cost[before]
    return change


@njit(cache=True, nogil=True)
def _take_path(g: Graph, s: State, room: Room, k: int, amount: float) -> float:
    """Send ``amount`` of commodity k along the path in ``room``; returns the change of cost."""
    p = s.count[k]
    n = g.dest[k]
    size = 0
    while n != g.origin[k]:
        a = room.prev[n]
        s.arcs[k, p, size] = a
        size += 1
        n = g.tail[a]
    s.length[k, p] = size
    s.amount[k, p] = amount
    s.count[k] = p + 1
    s.left[k] -= amount
    return _shift(g, s, k, p, amount)


@njit(cache=True, nogil=True)
def _hops(g: Graph, room: Room, k: int) -> int:
    n = g.dest[k]
    size = 0
    while n != g.origin[k]:
        size += 1
        n = g.tail[room.prev[n]]
    return size


@njit(cache=True, nogil=True)
def _remove(g: Graph, s: State, k: int) -> float:
    """Take all of commodity k out; returns the change of cost."""
    change = 0.0
    for p in range(s.count[k]):
        change += _shift(g, s, k, p, -s.amount[k, p])
        s.left[k] += s.amount[k, p]
    s.count[k] = 0
    return change


@njit(cache=True, nogil=True)
def _bottleneck(g: Graph, s: State, room: Room, k: int) -> float:
    """Most that fits on the path in ``room`` within open steps."""
    least = np.inf
    n = g.dest[k]
    while n != g.origin[k]:
        a = room.prev[n]
        e = g.arc_link[a]
        first = g.link_ptr[e]
        used = s.load[a]
        if g.link_ptr[e + 1] - first == 2 and g.link_shared[e]:
            used = s.load[first] + s.load[first + 1]
        least = min(least, g.step_cap[s.level[e]] - used)
        n = g.tail[a]
    return least


@njit(cache=True, nogil=True)
def insert(g: Graph, s: State, room: Room, k: int, noise: float, split_chance: float, opening: float) -> float:
    """
    Send what is left of commodity k, on one path or several; ``opening`` as in ``_weigh``, 1: what it truly costs.

    What finds no room, or costs more than leaving it, is left unserved. Returns the change of cost.
    """
    most, longest = s.arcs.shape[1], s.arcs.shape[2]
    change = 0.0
    while s.left[k] > EPS:
        if s.count[k] == most:
            break
        amount = s.left[k]
        if s.count[k] < most - 1 and np.random.random() < split_chance:
            # fill what is open before opening more
            _weigh_spare(g, s, room, min(amount, max(0.1 * g.qty[k], 1e-3)))
            _dijkstra(g, room, g.origin[k], g.dest[k])
            if room.dist[g.dest[k]] <= g.penalty[k] and _hops(g, room, k) <= longest:
                part = min(amount, _bottleneck(g, s, room, k))
                change += _take_path(g, s, room, k, part)
                continue
        _weigh(g, s, room, amount, noise, opening)
        _dijkstra(g, room, g.origin[k], g.dest[k])
        while room.dist[g.dest[k]] == np.inf and amount > 0.02 * g.qty[k]:
            amount *= 0.5
            _weigh(g, s, room, amount, noise, opening)
            _dijkstra(g, room, g.origin[k], g.dest[k])
        if room.dist[g.dest[k]] > g.penalty[k] * amount or _hops(g, room, k) > longest:
            break
        change += _take_path(g, s, room, k, amount)
    if s.left[k] > EPS:
        change += g.penalty[k] * s.left[k]
    return change


@njit(cache=True, nogil=True)
def total_cost(g: Graph, s: State) -> float:
    """Cost of a plan."""
    total = 0.0
    for a in range(len(s.load)):
        total += g.arc_cost[a] * s.load[a]
    for e in range(len(s.level)):
        total += g.step_cost[s.level[e]] + g.link_cost[e] * _link_load(g, s.load, e)
    for k in range(len(s.left)):
        if s.left[k] > EPS:
            total += g.penalty[k] * s.left[k]
    return total


@njit(cache=True, nogil=True)
def recount(g: Graph, s: State) -> None:
    """Loads, steps and what is left, counted anew from the paths."""
    s.load[:] = 0.0
    for k in range(len(s.count)):
        s.left[k] = g.qty[k]
        for p in range(s.count[k]):
            s.left[k] -= s.amount[k, p]
            for i in range(s.length[k, p]):
                s.load[s.arcs[k, p, i]] += s.amount[k, p]
        if s.left[k] < EPS:
            s.left[k] = 0.0
    for e in range(len(s.level)):
        s.level[e] = _fit_or_highest(g, e, g.step_ptr[e], _link_load(g, s.load, e))


@njit(cache=True, nogil=True)
def _rides(g: Graph, s: State, k: int, e: int) -> bool:
    for p in range(s.count[k]):
        for i in range(s.length[k, p]):
            if g.arc_link[s.arcs[k, p, i]] == e:
                return True
    return False


@njit(cache=True, nogil=True)
def _add(chosen: Any, num: int, k: int) -> int:
    for i in range(num):
        if chosen[i] == k:
            return num
    chosen[num] = k
    return num + 1


@njit(cache=True, nogil=True)
def _riders(g: Graph, s: State, e: int, chosen: Any, num: int, most: int) -> int:
    """Add commodities that ride link e, from a random one on, up to ``most`` in all."""
    total = len(s.count)
    start = np.random.randint(total)
    for j in range(total):
        if num >= most:
            return num
        k = (start + j) % total
        if _rides(g, s, k, e):
            num = _add(chosen, num, k)
    return num


@njit(cache=True, nogil=True)
def _random_link(g: Graph, s: State) -> Any:
    """A link of a random path of a random commodity; -1 where that has none."""
    k = np.random.randint(len(s.count))
    if s.count[k] == 0:
        return -1
    p = np.random.randint(s.count[k])
    return g.arc_link[s.arcs[k, p, np.random.randint(s.length[k, p])]]


@njit(cache=True, nogil=True)
def _choose(g: Graph, s: State, chosen: Any, most: int) -> int:
    """Commodities to take out: riders of a link and of links near it, or commodities that share an end."""
    num = 0
    e = _random_link(g, s)
    kind = np.random.random()
    if e < 0 or kind < 0.1:
        first = np.random.randint(len(s.count))
        node = g.origin[first] if np.random.random() < 0.5 else g.dest[first]
        num = _add(chosen, num, first)
        start = np.random.randint(len(s.count))
        for j in range(len(s.count)):
            k = (start + j) % len(s.count)
            if num < most and (g.origin[k] == node or g.dest[k] == node):
                num = _add(chosen, num, k)
        return num
    num = _riders(g, s, e, chosen, num, most)
    tries = 0
    while num < most and tries < 4 and kind < 0.75:
        # another open link at one end of a rider's path or of the link
        tries += 1
        k = chosen[np.random.randint(num)]
        if s.count[k] == 0:
            continue
        p = np.random.randint(s.count[k])
        other = g.arc_link[s.arcs[k, p, np.random.randint(s.length[k, p])]]
        if other != e:
            num = _riders(g, s, other, chosen, num, most)
    return num


@njit(cache=True, nogil=True)
def _order(g: Graph, chosen: Any, num: int) -> None:
    """Put the chosen in an order: random, or the largest first with some luck."""
    for i in range(num - 1, 0, -1):
        j = np.random.randint(i + 1)
        chosen[i], chosen[j] = chosen[j], chosen[i]
    if np.random.random() < 0.6:
        for i in range(1, num):
            k = chosen[i]
            j = i - 1
            while j >= 0 and g.qty[chosen[j]] < g.qty[k] * (0.7 + 0.3 * np.random.random()):
                chosen[j + 1] = chosen[j]
                j -= 1
            chosen[j + 1] = k


@njit(cache=True, nogil=True)
def _keep(s: State, kept: State, chosen: Any, num: int) -> None:
    """Copy paths of the chosen into ``kept``."""
    for i in range(num):
        k = chosen[i]
        kept.count[i] = s.count[k]
        kept.left[i] = s.left[k]
        for p in range(s.count[k]):
            kept.amount[i, p] = s.amount[k, p]
            kept.length[i, p] = s.length[k, p]
            for j in range(s.length[k, p]):
                kept.arcs[i, p, j] = s.arcs[k, p, j]


@njit(cache=True, nogil=True)
def _restore(g: Graph, s: State, kept: State, chosen: Any, num: int) -> None:
    """Put paths of the chosen back as they were."""
    for i in range(num):
        _remove(g, s, chosen[i])
    for i in range(num):
        k = chosen[i]
        s.left[k] = kept.left[i]
        s.count[k] = kept.count[i]
        for p in range(kept.count[i]):
            s.amount[k, p] = kept.amount[i, p]
            s.length[k, p] = kept.length[i, p]
            for j in range(kept.length[i, p]):
                s.arcs[k, p, j] = kept.arcs[i, p, j]
            _shift(g, s, k, p, s.amount[k, p])


@njit(cache=True, nogil=True)
def copy_state(source: State, target: State) -> None:
    """Copy one plan over another."""
    target.load[:] = source.load
    target.level[:] = source.level
    target.count[:] = source.count
    target.amount[:] = source.amount
    target.length[:] = source.length
    target.arcs[:] = source.arcs
    target.left[:] = source.left


@njit(cache=True, nogil=True)
def ruin_and_recreate(
    g: Graph,
    s: State,
    best: State,
    kept: State,
    room: Room,
    chosen: Any,
    seed: int,
    moves: int,
    hot: float,
    cold: float,
    most: int,
    split_chance: float,
    hoping: float,
) -> tuple[float, float]:
    """
    Take freight out and put it back in, ``moves`` times, as simulated annealing accepts.

    ``s`` is the plan worked on, ``best`` receives the best one met. The temperature falls from ``hot``
    to ``cold`` (money). The part ``hoping`` of the moves looks for paths as if others would fill what is opened and
    pay for it, more or less so; plans are judged by their costs. Returns the costs of both.
    """
    np.random.seed(seed)
    cost = total_cost(g, s)
    best_cost = total_cost(g, best)
    for move in range(moves):
        temperature = hot * (cold / hot) ** (move / moves)
        num = _choose(g, s, chosen, 1 + np.random.randint(most))
        _keep(s, kept, chosen, num)
        change = 0.0
        for i in range(num):
            k = chosen[i]
            if s.left[k] > EPS:
                change -= g.penalty[k] * s.left[k]
            change += _remove(g, s, k)
        limit = -temperature * np.log(np.random.random())
        before = chosen[:num].copy()
        _order(g, chosen, num)
        noise = 0.0 if np.random.random() < 0.3 else 0.4 * np.random.random()
        opening = np.random.random() if np.random.random() < hoping else 1.0
        for i in range(num):
            change += insert(g, s, room, chosen[i], noise, split_chance, opening)
            if change > limit and i == num - 1:
                break
        if change < limit:
            cost += change
            if cost < best_cost - 1e-6:
                best_cost = cost
                copy_state(s, best)
        else:
            chosen[:num] = before
            _restore(g, s, kept, chosen, num)
        if move % 5000 == 4999:
            recount(g, s)
            cost = total_cost(g, s)
    return cost, best_cost
