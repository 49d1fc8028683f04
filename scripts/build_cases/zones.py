"""IANA time zone of each region: the zone database's own division of Russia; China keeps one time."""

from __future__ import annotations

_ZONES = {
    "Europe/Kaliningrad": "RU-KGD",
    "Europe/Samara": "RU-SAM RU-UD",
    "Europe/Astrakhan": "RU-AST",
    "Europe/Saratov": "RU-SAR",
    "Europe/Ulyanovsk": "RU-ULY",
    "Europe/Volgograd": "RU-VGG",
    "Asia/Yekaterinburg": "RU-BA RU-KHM RU-KGN RU-ORE RU-PER RU-SVE RU-TYU RU-CHE RU-YAN",
    "Asia/Omsk": "RU-OMS",
    "Asia/Barnaul": "RU-AL RU-ALT",
    "Asia/Novokuznetsk": "RU-KEM",
    "Asia/Krasnoyarsk": "RU-KYA RU-KK RU-TY",
    "Asia/Novosibirsk": "RU-NVS",
    "Asia/Tomsk": "RU-TOM",
    "Asia/Irkutsk": "RU-IRK RU-BU",
    "Asia/Chita": "RU-ZAB",
    "Asia/Yakutsk": "RU-AMU RU-SA",
    "Asia/Vladivostok": "RU-PRI RU-KHA RU-YEV",
    "Asia/Magadan": "RU-MAG",
    "Asia/Sakhalin": "RU-SAK",
    "Asia/Kamchatka": "RU-KAM",
    "Asia/Anadyr": "RU-CHU",
}
_BY_REGION = {region: zone for zone, regions in _ZONES.items() for region in regions.split()}
_BY_COUNTRY = {"CN": "Asia/Shanghai", "RU": "Europe/Moscow", "MN": "Asia/Ulaanbaatar", "KZ": "Asia/Almaty"}


def zone_of(region: str, country: str) -> str:
    """Time zone of a region."""
    return _BY_REGION.get(region, _BY_COUNTRY[country])
