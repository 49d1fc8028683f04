"""The one door to the barcode library: bars of Code 128 as modules."""

from __future__ import annotations

from landbridge.errors import LandbridgeError, MissingPackage


class BadNumber(LandbridgeError, ValueError):
    """A number that cannot be printed as a barcode."""

    code = "bad-number"


def bars_of(number: str) -> tuple[int, list[tuple[int, int]]]:
    """
    Bars of an S10 number in Code 128.

    Parameters
    ----------
    number
        A valid number without blanks; the library checks it again, with its own rule.

    Returns
    -------
    tuple
        Width of the symbol in modules, quiet zones not included; and each bar's place and width in modules.

    Raises
    ------
    BadNumber
        When it is not valid.
    """
    try:
        import zint
    except ImportError as error:
        raise MissingPackage("labels need fpdf2 and zint-bindings: pip install 'landbridge[labels]'.") from error
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.UPU_S10
    symbol.show_hrt = False
    try:
        symbol.encode(number)
    except RuntimeError as error:
        message = f"{number!r:.20}: no S10 number, so it has no bars; check it with landbridge operate check."
        raise BadNumber(message) from error
    symbol.buffer_vector()
    rectangles = [(rect.x, rect.width) for rect in symbol.vector.rectangles]
    module = min(width for _, width in rectangles)
    left = min(x for x, _ in rectangles)
    bars = sorted((round((x - left) / module), round(width / module)) for x, width in rectangles)
    return bars[-1][0] + bars[-1][1], bars
