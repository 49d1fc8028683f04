"""
What a buyer pays in the end: value, duty, tax and fees, each line with the rule it rests on.

Money is decimal and rounded once, when a line is done. The answer is an estimate from rules as far as they are known;
what a rule would need and the table does not have is named, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from landbridge.errors import LandbridgeError
from landbridge.model.faults import did_you_mean
from landbridge.operations.customs.rates import Rates
from landbridge.operations.customs.rules import UNIONS, Rule

WORDS = "estimate, not a declaration"
CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ZERO = Decimal(0)
STATUTORY = "statutory"
_ORDER = ("duty", "additional_duty", "excise", "tax", "platform_tax", "fee")


class NoRegime(LandbridgeError, LookupError):
    """A regime that has no rule in a country on a day."""

    code = "no-regime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """
    What enters a country.

    Parameters
    ----------
    country
        Where to, ISO 3166-1 alpha-2.
    regime
        What it enters as.
    day
        Day of the declaration: decides which rules hold.
    value, currency
        Price of the goods, without postage.
    weight_kg
        Gross weight.
    hs_code, origin, goods_class
        What rules may ask for; blank = not told.
    units
        Quantities by code of Recommendation 20, for amounts per pair, litre and so on.
    before_value, before_kg
        What the same person had before in the month or year that a limit counts.
    vat_pct, excise_pct
        Statutory rates, where the asker knows better than the table.
    """

    country: str
    regime: str
    day: date
    value: Decimal
    currency: str
    weight_kg: Decimal
    hs_code: str = ""
    origin: str = ""
    goods_class: str = ""
    units: Mapping[str, Decimal] = field(default_factory=dict)
    before_value: Decimal = ZERO
    before_kg: Decimal = ZERO
    vat_pct: Decimal | None = None
    excise_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One charge: ``amount`` in the currency of the goods, rounded; ``rule`` is the row it rests on."""

    kind: str
    name: str
    amount: Decimal
    rule: str
    confidence: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedCost:
    """
    The answer.

    Parameters
    ----------
    value, lines, total, currency
        The goods, the charges, and their sum.
    missing
        What the answer lacks, in words; empty when every charge that is known to apply is in it.
    rates
        Exchange rates used, with day and source.
    words
        What this is: an estimate.
    """

    value: Decimal
    lines: tuple[Line, ...]
    total: Decimal
    currency: str
    missing: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    words: str = WORDS

    @property
    def charges(self) -> Decimal:
        """Sum of the lines."""
        return sum((line.amount for line in self.lines), ZERO)


def regimes_of(rules: Iterable[Rule], country: str, day: date) -> tuple[str, ...]:
    """Regimes that have a rule in a country on a day."""
    return tuple(
        sorted(
            {rule.regime for rule in rules if _covers(rule, country) and rule.enabled and rule.holds_on(day)}
            - {STATUTORY}
        )
    )


def landed_cost(goods: Goods, rules: Iterable[Rule], rates: Rates) -> LandedCost:
    """
    Estimate what goods cost when they have arrived.

    Raises
    ------
    NoRegime
        When no rule of the regime holds in the country on the day.
    NoRate
        When a rule's currency cannot be reached from the goods' currency.
    """
    rules = tuple(rules)
    known = regimes_of(rules, goods.country, goods.day)
    if goods.regime not in known:
        hint = did_you_mean(goods.regime, known)
        raise NoRegime(f"{goods.country} has no rule of regime {goods.regime!r} on {goods.day}{hint}")
    work = _Estimate(goods, rules, rates.fresh())
    lines = work.lines()
    charges = sum((line.amount for line in lines), ZERO)
    value = _rounded(goods.value)
    return LandedCost(
        value=value,
        lines=tuple(lines),
        total=value + charges,
        currency=goods.currency,
        missing=tuple(dict.fromkeys(work.missing)),
        rates=tuple(work.rates.used),
    )


def _covers(rule: Rule, country: str) -> bool:
    return rule.jurisdiction == country or country in UNIONS.get(rule.jurisdiction, ())


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class _Estimate:
    """One estimate under way; exact until a line is done."""

    def __init__(self, goods: Goods, rules: tuple[Rule, ...], rates: Rates) -> None:
        self.goods, self.rates = goods, rates
        self._rules = [
            rule for rule in rules if rule.enabled and _covers(rule, goods.country) and rule.holds_on(goods.day)
        ]
        self.missing: list[str] = []
        self._duties = ZERO

    def lines(self) -> list[Line]:
        found = []
        for kind in _ORDER:
            rule = self._rule(self.goods.regime, kind)
            if rule is None:
                self._say_missing(kind)
                continue
            amount = self._charge(rule)
            if amount is None:
                continue
            if kind in ("duty", "additional_duty", "excise"):
                self._duties += amount
            found.append(
                Line(
                    kind="duty" if kind == "additional_duty" else kind,
                    name=rule.name or kind,
                    amount=_rounded(amount),
                    rule=rule.rule,
                    confidence=rule.confidence,
                    source=rule.source,
                )
            )
        return found

    def _say_missing(self, kind: str) -> None:
        """Say it when the regime has rules of a kind and none fits these goods, or a commercial duty is not known."""
        of_kind = [rule for rule in self._rules if rule.regime == self.goods.regime and rule.kind == kind]
        if kind == "duty" and self.goods.regime == "general":
            self.missing.append(
                f"duty: no tariff row for {self.goods.hs_code or 'goods without an HS code'}; import one"
            )
        elif of_kind:
            classes = sorted({rule.goods_class for rule in of_kind if rule.goods_class})
            named = f"; name the goods class, one of {', '.join(classes)}" if classes else ""
            hint = "" if self.goods.goods_class else named
            self.missing.append(f"{kind}: no row of the table fits these goods{hint}")

    def _rule(self, regime: str, kind: str) -> Rule | None:
        fits = [rule for rule in self._rules if rule.regime == regime and rule.kind == kind and self._fits(rule)]
        return max(fits, key=lambda rule: rule.specific(), default=None)

    def _fits(self, rule: Rule) -> bool:
        goods = self.goods
        if rule.code_prefix and not goods.hs_code.startswith(rule.code_prefix):
            return False
        if rule.origin and rule.origin != goods.origin:
            return False
        if rule.goods_class and rule.goods_class != goods.goods_class:
            return False
        if (rule.value_from, rule.value_to, rule.min_price_per_g) == (None, None, None):
            return True
        value = self._value_in(rule)
        if rule.value_from is not None and value <= rule.value_from:
            return False
        if rule.value_to is not None and value > rule.value_to:
            return False
        if rule.min_price_per_g is not None:
            grams = goods.weight_kg * 1000
            return grams > 0 and value / grams >= rule.min_price_per_g
        return True

    def _value_in(self, rule: Rule) -> Decimal:
        return self.rates.convert(self.goods.value, self.goods.currency, rule.currency, self.goods.day)

    def _back(self, amount: Decimal, rule: Rule) -> Decimal:
        return self.rates.convert(amount, rule.currency, self.goods.currency, self.goods.day)

    def _charge(self, rule: Rule) -> Decimal | None:
        """Charge of a rule in the currency of the goods; None when it is not known."""
        value = self._value_in(rule)
        before = self.rates.convert(self.goods.before_value, self.goods.currency, rule.currency, self.goods.day)
        if rule.only_up_to is not None and value > rule.only_up_to:
            limit = f"{rule.only_up_to} {rule.currency}"
            self.missing.append(f"{rule.kind}: above {limit} this regime does not hold ({rule.rule}): {rule.note}")
            return None
        if rule.free_up_to is not None and rule.base != "excess" and value + before <= rule.free_up_to:
            return ZERO
        if rule.pct is None and rule.amount is None:
            self.missing.append(f"{rule.kind}: {rule.name} of {self.goods.country} is not in the table ({rule.rule})")
            return None
        base, kilograms = self._base(rule, value, before)
        if base is None:
            return None
        amount = self._combined(rule, base, kilograms)
        if amount is None:
            return None
        if rule.waived_up_to is not None and amount <= rule.waived_up_to:
            amount = ZERO
        return self._back(amount, rule)

    def _base(self, rule: Rule, value: Decimal, before: Decimal) -> tuple[Decimal | None, Decimal]:
        """Money and kilograms that a rule charges; zero below what is free."""
        weight = self.goods.weight_kg
        free, free_kg = rule.free_up_to or ZERO, rule.free_up_to_kg
        if rule.base == "excess":
            over = max(ZERO, value + before - max(free, before))
            over_kg = ZERO
            if free_kg is not None:
                over_kg = max(ZERO, weight + self.goods.before_kg - max(free_kg, self.goods.before_kg))
            return over, over_kg
        if rule.base == "with_duty":
            duties = self.rates.convert(self._duties, self.goods.currency, rule.currency, self.goods.day)
            return value + duties, weight
        if rule.base == STATUTORY:
            rate = self._statutory()
            return (None if rate is None else value * rate), weight
        return value, weight

    def _combined(self, rule: Rule, base: Decimal, kilograms: Decimal) -> Decimal | None:
        share = base * rule.pct / HUNDRED if rule.pct is not None else ZERO
        if rule.amount is None:
            return share
        if rule.base == "bracket":
            return rule.amount
        units = self._units(rule, base, kilograms)
        if units is None:
            return None
        specific = rule.amount * units
        if rule.pct is None or rule.combine == "plus":
            return share + specific
        return max(share, specific) if rule.combine == "max" else min(share, specific)

    def _units(self, rule: Rule, base: Decimal, kilograms: Decimal) -> Decimal | None:
        by_weight = {"KGM": Decimal(1), "GRM": Decimal(1000), "TNE": Decimal("0.001")}
        if rule.per_unit in by_weight:
            return kilograms * by_weight[rule.per_unit]
        if rule.per_unit in self.goods.units:
            return self.goods.units[rule.per_unit] if base else ZERO
        self.missing.append(f"{rule.kind}: {rule.rule} asks for a quantity in {rule.per_unit}; give it")
        return None

    def _statutory(self) -> Decimal | None:
        """VAT and consumption tax together as part of the price: (ct + vat) / (1 - ct)."""
        excise_rule = self._rule(STATUTORY, "excise")
        vat_rule = self._rule(STATUTORY, "vat")
        excise, vat = self.goods.excise_pct, self.goods.vat_pct
        if excise is None:
            excise = excise_rule.pct if excise_rule is not None and excise_rule.pct is not None else ZERO
            if excise_rule is None and not self.goods.hs_code:
                self.missing.append("consumption tax: no HS code was given, taken as 0")
        if vat is None and vat_rule is not None:
            vat = vat_rule.pct
        if vat is None:
            self.missing.append(f"tax: the statutory VAT of {self.goods.country} is not in the table; give it")
            return None
        return (excise + vat) / (HUNDRED - excise)
