"""
Container numbers of ISO 6346: owner code, category, serial number and check digit.

Letters count 10 to 38 without the multiples of 11; each sign weighs twice the one before it; the check digit is the
sum modulo 11, where 10 is written 0. Numbers whose sum leaves 10 should not be issued, but are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHAPE = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)
_VALUES = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))

FORMAT, CHECK_DIGIT = "container-format", "container-check-digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerVerdict:
    """What is to be said of a container number; ``fault`` is empty when it is valid."""

    number: str
    fault: str = ""
    message: str = ""

    @property
    def valid(self) -> bool:
        """Whether the number may be used."""
        return not self.fault


def container_check_digit(stem: str) -> int:
    """Check digit of the first ten signs of a container number."""
    total = sum((_VALUES.get(sign) or int(sign)) * (1 << place) for place, sign in enumerate(stem))
    return total % 11 % 10


def check_container(text: str) -> ContainerVerdict:
    """Check a container number; blanks and small letters are let pass."""
    number = re.sub(r"[\s-]+", "", text).upper()
    if not _SHAPE.fullmatch(number):
        message = "expected three letters, then U, J or Z, then seven digits, such as CSQU3054383"
        return ContainerVerdict(number=number, fault=FORMAT, message=message)
    expected = container_check_digit(number[:10])
    if int(number[10]) != expected:
        message = f"the check digit is {number[10]}, expected {expected}; read the container again"
        return ContainerVerdict(number=number, fault=CHECK_DIGIT, message=message)
    return ContainerVerdict(number=number)
