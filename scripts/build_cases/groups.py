"""Groups of regions of the case ``china-russia``: 24 players with Kazakhstan and Mongolia."""

from __future__ import annotations

_MEMBERS = {
    # the eight zones of the Development Research Center of the State Council; Beijing and Shanghai by themselves
    "CN-northeast": "CN-LN CN-JL CN-HL",
    "CN-north-coast": "CN-TJ CN-HE CN-SD",
    "CN-east-coast": "CN-JS CN-ZJ",
    "CN-south-coast": "CN-FJ CN-GD CN-HI",
    "CN-yellow-river": "CN-SN CN-SX CN-HA CN-NM",
    "CN-yangtze": "CN-HB CN-HN CN-JX CN-AH",
    "CN-southwest": "CN-YN CN-GZ CN-SC CN-CQ CN-GX",
    "CN-northwest": "CN-GS CN-QH CN-NX CN-XZ CN-XJ",
    "CN-BJ": "CN-BJ",
    "CN-SH": "CN-SH",
    # the twelve economic regions of the All-Russian Classifier of Economic Regions
    "RU-north": "RU-KR RU-KO RU-ARK RU-NEN RU-VLG RU-MUR",
    "RU-northwest": "RU-SPE RU-LEN RU-NGR RU-PSK",
    "RU-KGD": "RU-KGD",
    "RU-central": ("RU-BRY RU-VLA RU-IVA RU-KLU RU-KOS RU-MOW RU-MOS RU-ORL RU-RYA RU-SMO RU-TVE RU-TUL RU-YAR"),
    "RU-black-earth": "RU-BEL RU-VOR RU-KRS RU-LIP RU-TAM",
    "RU-volga-vyatka": "RU-KIR RU-ME RU-MO RU-NIZ RU-CU",
    "RU-volga": "RU-AST RU-VGG RU-KL RU-PNZ RU-SAM RU-SAR RU-TA RU-ULY",
    "RU-caucasus": "RU-AD RU-KDA RU-STA RU-ROS RU-KC RU-KB RU-SE RU-IN RU-CE RU-DA",
    "RU-ural": "RU-BA RU-UD RU-KGN RU-ORE RU-PER RU-SVE RU-CHE",
    "RU-west-siberia": "RU-AL RU-ALT RU-KEM RU-NVS RU-OMS RU-TOM RU-TYU RU-KHM RU-YAN",
    "RU-east-siberia": "RU-BU RU-TY RU-KK RU-KYA RU-IRK RU-ZAB",
    "RU-far-east": "RU-SA RU-KAM RU-PRI RU-KHA RU-AMU RU-MAG RU-SAK RU-YEV RU-CHU",
}

GROUPS = {region: group for group, members in _MEMBERS.items() for region in members.split()}
"""Group of each region but those of transit, which are groups of their own."""
