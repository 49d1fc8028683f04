"""Lines of the case ``china-russia``: trees of trains and trucks in each country, corridors across, ships, flights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import pairwise

from scripts.build_cases.facts import Facts
from scripts.build_cases.lines import Line

CN_ROOT, RU_ROOT = "city:CN-HA", "city:RU-MOW"
MAJORS = frozenset(
    f"city:{code}"
    for code in (
        "CN-BJ", "CN-HA", "CN-SN", "CN-SC", "CN-HB", "CN-GD", "CN-SH", "CN-HL", "CN-LN", "CN-GS", "CN-XJ", "CN-SD",
        "RU-MOW", "RU-SPE", "RU-NIZ", "RU-SVE", "RU-CHE", "RU-SAM", "RU-ROS", "RU-VOR", "RU-TYU", "RU-OMS", "RU-NVS",
        "RU-KYA", "RU-IRK", "RU-BU", "RU-ZAB", "RU-KHA", "RU-PRI",
    )
)  # fmt: skip

# corridors: line, owner, trains a day, hubs; shortest ways over rail lanes fill the gaps inside one country
_BORDER_TRAINS = (
    ("man-hl", "cn-rail", 2, "city:CN-HL city:qiqihar xing:manzhouli"),
    ("man-bj", "cn-rail", 1, "city:CN-BJ city:CN-LN city:qiqihar xing:manzhouli"),
    ("man-zab", "ru-rail", 2, "xing:manzhouli xing:zabaykalsk city:karymskoye city:RU-ZAB"),
    ("man-mow", "ru-rail", 1, ("xing:manzhouli xing:zabaykalsk city:karymskoye city:RU-ZAB city:RU-BU city:RU-IRK "
     "city:RU-KYA city:RU-NVS city:RU-OMS city:RU-TYU city:RU-SVE city:RU-MOW")),
    ("sui-hl", "cn-rail", 1, "city:CN-HL city:mudanjiang xing:suifenhe"),
    ("sui-pri", "ru-rail", 1, "xing:suifenhe xing:pogranichny city:ussuriysk city:RU-PRI"),
    ("sui-kha", "ru-rail", 1, "xing:suifenhe xing:pogranichny city:ussuriysk city:RU-KHA"),
    ("ton-hl", "cn-rail", 1, "city:CN-HL city:jiamusi xing:tongjiang"),
    ("ton-kha", "ru-rail", 1, "xing:tongjiang xing:leninskoye city:RU-YEV city:RU-KHA"),
    ("hun-jl", "cn-rail", 1, "city:CN-JL xing:hunchun"),
    ("hun-pri", "ru-rail", 1, "xing:hunchun xing:kraskino city:ussuriysk city:RU-PRI"),
    ("ere-bj", "cn-rail", 1, "city:CN-BJ city:jining-ulanqab xing:erenhot"),
    ("ere-bu", "mn-rail", 1, ("xing:erenhot xing:zamyn-uud city:sainshand city:ulaanbaatar city:darhan xing:sukhbaatar "
     "xing:naushki city:RU-BU")),
    ("ala-xj", "cn-rail", 2, "city:CN-XJ xing:alashankou"),
    ("ala-sn", "cn-rail", 1, "city:CN-HA city:CN-SN city:CN-GS city:CN-XJ xing:alashankou"),
    ("ala-sc", "cn-rail", 1, "city:CN-CQ city:CN-SC city:CN-GS city:CN-XJ xing:alashankou"),
    ("dos-sve", "kz-rail", 1, ("xing:alashankou xing:dostyk city:aqtoghay city:karagandy city:astana city:petropavl "
     "city:RU-KGN city:RU-SVE")),
    ("dos-mow", "kz-rail", 1, ("xing:alashankou xing:dostyk city:aqtoghay city:karagandy city:astana city:kostanay "
     "city:RU-CHE city:RU-BA city:RU-SAM city:RU-MOW")),
    ("dos-oms", "kz-rail", 1, "xing:alashankou xing:dostyk city:aqtoghay city:semey city:RU-ALT city:RU-NVS"),
    ("kho-xj", "cn-rail", 1, "city:CN-XJ xing:khorgos-cn"),
    ("kho-che", "kz-rail", 1, ("xing:khorgos-cn xing:altynkol city:almaty city:karagandy city:astana city:kostanay "
     "city:RU-CHE")),
)  # fmt: skip

_TRUCKS = (
    ("amur", "ru-carrier", "city:CN-HL xing:heihe xing:blagoveshchensk city:RU-AMU"),
    ("suifenhe", "cn-carrier", "city:CN-HL city:mudanjiang xing:suifenhe xing:pogranichny city:ussuriysk city:RU-PRI"),
    ("manzhouli", "cn-carrier", ("city:CN-HL city:qiqihar xing:manzhouli xing:zabaykalsk city:RU-ZAB city:RU-BU "
     "city:RU-IRK")),
    ("hunchun", "cn-carrier", "city:CN-JL xing:hunchun xing:kraskino city:RU-PRI"),
    ("khorgos", "cn-carrier", "city:CN-XJ xing:khorgos-cn xing:altynkol city:almaty"),
    ("kazakh", "cn-carrier", "city:CN-XJ xing:alashankou xing:dostyk city:aqtoghay city:semey city:RU-ALT city:RU-NVS"),
    ("volga", "ru-carrier", ("city:almaty city:aqtoghay city:karagandy city:astana city:petropavl city:RU-KGN "
     "city:RU-CHE city:RU-SVE")),
    ("yakutsk", "ru-carrier", "city:RU-AMU city:skovorodino city:tynda city:RU-SA"),
    ("kolyma", "ru-carrier", "city:RU-SA city:RU-MAG"),
    ("altai", "ru-carrier", "city:RU-ALT city:RU-AL"),
    ("tuva", "ru-carrier", "city:RU-KK city:RU-TY"),
    ("ugra", "ru-carrier", "city:RU-TYU city:RU-KHM"),
    ("lhasa", "cn-carrier", "city:CN-QH city:CN-XZ"),
)  # fmt: skip

_SHIPS = (
    ("sh", 3, "city:CN-SH port:CNSHA port:RUVVO city:RU-PRI"),
    ("gd", 3, "city:CN-GD port:CNNSA port:RUVVO city:RU-PRI"),
    ("sd", 2, "city:CN-SD port:CNTAO port:RUVVO city:RU-PRI"),
    ("zj", 2, "city:CN-ZJ port:CNNGB port:RUVVO city:RU-PRI"),
    ("tj", 2, "city:CN-TJ port:CNTSN port:RUVVO city:RU-PRI"),
    ("ln", 2, "city:CN-LN port:CNDLC port:RUVVO city:RU-PRI"),
    ("fj", 1, "city:CN-FJ port:CNFOC port:RUVVO city:RU-PRI"),
    ("kam", 2, "city:RU-PRI port:RUVVO port:RUPKC city:RU-KAM"),
    ("sak", 4, "city:RU-PRI port:RUVVO port:RUKOR city:RU-SAK"),
    ("kgd", 3, "city:RU-SPE port:RULED port:RUKGD city:RU-KGD"),
)

_CN_GATES = {"BJ": "PEK", "SH": "PVG", "GD": "CAN", "HL": "HRB", "HA": "CGO", "ZJ": "HGH", "XJ": "URC", "HB": "EHU"}
_RU_GATES = {"MOW": "DME", "SVE": "SVX", "NVS": "OVB", "KHA": "KHV", "PRI": "VVO", "SPE": "LED"}
_SKIPPED = {("XJ", "PRI"), ("XJ", "KHA"), ("HB", "PRI"), ("HB", "KHA"), ("HB", "SPE"), ("HA", "PRI"), ("HA", "SPE")}
_RU_DOMESTIC = (
    ("MOW", "DME", "KGD", "KGD", 7), ("MOW", "DME", "MUR", "MMK", 5), ("MOW", "DME", "NEN", "NNM", 4),
    ("MOW", "DME", "SA", "YKS", 5), ("MOW", "DME", "KHA", "KHV", 7), ("MOW", "DME", "PRI", "VVO", 7),
    ("MOW", "DME", "NVS", "OVB", 7), ("MOW", "DME", "SVE", "SVX", 7), ("MOW", "DME", "KDA", "KRR", 7),
    ("MOW", "DME", "CHU", "DYR", 2), ("MOW", "DME", "IRK", "IKT", 5), ("KHA", "KHV", "KAM", "PKC", 5),
    ("KHA", "KHV", "MAG", "GDX", 5), ("KHA", "KHV", "SAK", "UUS", 7), ("KHA", "KHV", "CHU", "DYR", 3),
    ("KHA", "KHV", "SA", "YKS", 4), ("PRI", "VVO", "SAK", "UUS", 5), ("PRI", "VVO", "KAM", "PKC", 4),
)  # fmt: skip
_CN_DOMESTIC = (
    ("GD", "CAN", "HI", "HAK", 7), ("BJ", "PEK", "HI", "HAK", 5), ("BJ", "PEK", "HL", "HRB", 5),
    ("SH", "PVG", "GD", "CAN", 5), ("SC", "CTU", "HA", "CGO", 5), ("YN", "KMG", "HA", "CGO", 4),
)  # fmt: skip


def build_line_list(facts: Facts) -> list[Line]:
    """All lines of the case."""
    return [
        *_trees(facts, "CN", CN_ROOT, "rail", "cn-rail", "train"),
        *_trees(facts, "RU", RU_ROOT, "rail", "ru-rail", "train"),
        *_borders(),
        *_trees(facts, "CN", CN_ROOT, "road", "cn-carrier", "trailer"),
        *_trees(facts, "RU", RU_ROOT, "road", "ru-carrier", "trailer"),
        *(_line(f"T-{name}", owner, "trailer", path.split(), 7, at) for at, (name, owner, path) in enumerate(_TRUCKS)),
        *(_line(f"S-{name}", "sea-line", "vessel", path.split(), n, at) for at, (name, n, path) in enumerate(_SHIPS)),
        *_flights(),
        *_public(),
    ]


def _line(name: str, owner: str, vehicle: str, path: Iterable[str], per_week: int, at: int) -> Line:
    return Line(
        line=name, owner=owner, vehicle=vehicle, path=tuple(path), per_week=per_week, hour=(5 + 7 * at) % 24,
        max_runs={"train": 6, "trailer": 40, "vessel": 4, "cargo-plane": 4}[vehicle],
    )  # fmt: skip


def _borders() -> list[Line]:
    return [
        _line(f"R-{name}-{nth + 1}", owner, "train", path.split(), 7, at + nth)
        for at, (name, owner, per_day, path) in enumerate(_BORDER_TRAINS)
        for nth in range(per_day)
    ]


def _flights() -> list[Line]:
    lines: list[Line] = []
    for cn, cn_air in _CN_GATES.items():
        for ru, ru_air in _RU_GATES.items():
            if (cn, ru) not in _SKIPPED:
                at = len(lines)
                owner = ("cn-carrier", "cn-post", "ru-post", "ru-carrier")[at % 4]
                path = (f"city:CN-{cn}", f"air:{cn_air}", f"air:{ru_air}", f"city:RU-{ru}")
                lines.append(_line(f"A-{cn}-{ru}", owner, "cargo-plane", path, 5 if ru == "MOW" else 3, at))
    for side, owner, table in (("RU", "ru-carrier", _RU_DOMESTIC), ("CN", "cn-carrier", _CN_DOMESTIC)):
        for at, (a, a_air, b, b_air, per_week) in enumerate(table):
            path = (f"city:{side}-{a}", f"air:{a_air}", f"air:{b_air}", f"city:{side}-{b}")
            lines.append(_line(f"A-{a}-{b}", owner, "cargo-plane", path, per_week, at))
    return lines


def _public() -> list[Line]:
    """A few public carriers on the main ways: the option of those without a partner."""
    trains = {"man-hl", "man-mow", "sui-hl", "sui-pri", "ala-xj", "dos-mow"}
    lines = [
        _line(f"P-{name}", "", "train", path.split(), 3, at)
        for at, (name, _, _, path) in enumerate(_BORDER_TRAINS)
        if name in trains
    ]
    roads = {"amur", "suifenhe", "manzhouli"}
    lines += [
        _line(f"P-{name}", "", "trailer", path.split(), 3, at)
        for at, (name, _, path) in enumerate(_TRUCKS)
        if name in roads
    ]
    return lines


def _trees(facts: Facts, country: str, root: str, mode: str, owner: str, vehicle: str) -> list[Line]:
    """
    Lines along the shortest-way tree from a root to all capitals of a country.

    Each line runs from a capital that no line serves yet up the tree to the first major city; majors are joined to the
    next major up the tree. Trucks run one branch up to 900 km, so that long hauls are left to trains and aircraft.
    """
    parents, far = _tree(facts, country, root, mode)
    capitals = [hub for hub in far if hub.startswith(f"city:{country}-") and hub != root]
    served: set[str] = set()
    lines: list[Line] = []
    for hub in sorted(capitals, key=lambda hub: (-far[hub], hub)):
        if hub in served and hub not in MAJORS:
            continue
        path = [hub]
        while path[-1] != root and (len(path) == 1 or path[-1] not in MAJORS):
            path.append(parents[path[-1]])
        if mode == "road" and (far[hub] - far[path[-1]] > 900 or hub in MAJORS):
            continue
        served.update(path)
        prefix = "R" if mode == "rail" else "T"
        stops = _calls(path)
        trunk = mode == "rail" and hub in MAJORS
        for nth in range(2 if trunk else 1):
            lines.append(_line(f"{prefix}-{hub.removeprefix('city:')}-{nth + 1}", owner, vehicle, stops, 7, len(lines)))
    return lines


def _calls(path: list[str]) -> list[str]:
    """Stops of a line: its ends and the capitals on the way."""
    return [path[0], *(hub for hub in path[1:-1] if hub.startswith(("city:CN-", "city:RU-"))), path[-1]]


def _tree(facts: Facts, country: str, root: str, mode: str) -> tuple[dict[str, str], dict[str, float]]:
    graph: dict[str, list[tuple[str, float]]] = {}
    inside: Callable[[str], bool] = lambda hub: facts.hubs[hub].country == country  # noqa: E731
    for lane in facts.lanes:
        a, b = lane.ends
        if lane.mode == mode and inside(a) and inside(b):
            graph.setdefault(a, []).append((b, lane.distance_km))
            graph.setdefault(b, []).append((a, lane.distance_km))
    parents: dict[str, str] = {}
    far: dict[str, float] = {}
    queue = [(0.0, root, root)]
    while queue:
        length, hub, parent = heappop(queue)
        if hub not in far:
            far[hub], parents[hub] = length, parent
            for other, step in graph.get(hub, ()):
                heappush(queue, (length + step, other, hub))
    return parents, far


def line_hubs(lines: Iterable[Line]) -> set[str]:
    """Hubs that lines call at."""
    return {hub for line in lines for pair in pairwise(line.path) for hub in pair}
