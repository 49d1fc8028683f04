"""The one place that knows matplotlib: an empty picture, its colours, its fonts."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

from landbridge.errors import MissingPackage

try:
    from matplotlib import font_manager, rc_context
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:  # pragma: no cover - the extra is installed where tests run
    raise MissingPackage(
        "landbridge.report.plots draws with matplotlib, which is not installed; "
        "install it with: pip install 'landbridge[plots]'"
    ) from error

__all__ = ["Axes", "LineCollection", "Picture", "colour_of", "empty_picture", "line_of"]

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8793a3"
INK = "#1d2733"

_MODES: dict[str, tuple[str, Any]] = {
    "rail": ("#0072b2", "solid"),
    "road": ("#d55e00", (0, (4, 1.5))),
    "sea": ("#009e73", (0, (1, 1))),
    "air": ("#aa4499", (0, (5, 2, 1, 2))),
    "bus": ("#3d8fc9", (0, (3, 1, 1, 1))),
    "pipeline": ("#8a6d00", (0, (2, 0.6))),
}
_DPI, _DPI_SHOWN = 144, 96  # sharp on dense screens too
_SPARE = ("#444444", "#cc79a7", "#e69f00", "#56b4e9")
_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
)
_STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "legend.frameon": False,
}


class Picture(Figure):
    """A matplotlib figure that shows itself in a notebook, whatever backend is chosen there."""

    def _repr_html_(self) -> str:
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=_DPI, metadata={"Software": None})
        width = round(self.get_figwidth() * _DPI_SHOWN)
        return f'<img width="{width}" src="data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}">'


def empty_picture(size: tuple[float, float], title: str) -> tuple[Picture, Axes]:
    """Make a picture with one pair of axes; size in inches."""
    with rc_context({**_STYLE, "font.family": _fonts()}):
        picture = Picture(figsize=size, layout="constrained")
        axes = picture.add_subplot()
        axes.set_title(title)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_fontfamily(_fonts())
    return picture, axes


def name_ticks(axes: Axes, names: Sequence[str]) -> None:
    """Name the places 0, 1, ... of the vertical axis, the first on top."""
    axes.set_yticks(range(len(names)), [html.unescape(name) for name in names], fontfamily=_fonts())
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write a text that Chinese fonts are found for."""
    axes.text(x, y, text, fontfamily=_fonts(), **style)


def legend(axes: Axes, **style: Any) -> None:
    """Add a legend that Chinese fonts are found for."""
    axes.legend(prop={"family": _fonts(), "size": 8.5}, frameon=False, **style)


def colour_of(mode: str, place: int = 0) -> str:
    """Colour of a mode, safe for the colour-blind."""
    return _MODES[mode][0] if mode in _MODES else _SPARE[place % len(_SPARE)]


def line_of(mode: str) -> Any:
    """Line pattern of a mode."""
    return _MODES[mode][1] if mode in _MODES else "solid"


def _fonts() -> list[str]:
    """Fonts that are there: one for letters and, where there is one, one for Chinese."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _CHINESE if name in there)][:2]
