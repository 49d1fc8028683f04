"""The page: one HTML file with its data, its code and its catalogs inside; it asks the network for nothing."""

from __future__ import annotations

import html
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from landbridge.errors import UnknownName
from landbridge.report.catalog import load_catalog
from landbridge.report.payload import build_payload
from landbridge.report.places import LANGUAGES
from landbridge.report.run import Run
from landbridge.tables.atomic import whole_file

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"

_TEMPLATE = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Landbridge {version}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{css}
</style>
</head>
<body>
<noscript><h1>{title}</h1><p>{noscript}</p></noscript>
<div id="app"></div>
<script type="application/json" id="landbridge-outlines">{outlines}</script>
<script type="application/json" id="landbridge-data">{data}</script>
<script>
{script}
</script>
<script type="text/plain" id="licences">
{licences}
</script>
</body>
</html>
"""


def write_report(run: Run, path: Path, lang: str = "en", outlines: Path | None = None) -> None:
    """
    Write the report of a run as one HTML file.

    Parameters
    ----------
    run
        What to report.
    path
        File to write; nothing may be there yet.
    lang
        Language the page opens in; a reader can switch.
    outlines
        TopoJSON file of land and borders to draw instead of the one that is built in.

    Raises
    ------
    OutputError
        When something is at ``path`` already, or it cannot be written.
    UnknownName
        When there is no catalog for ``lang``.
    """
    text = render_page(run, lang, outlines)
    with whole_file(Path(path)) as file:
        file.write_text(text, encoding="utf-8")


def render_page(run: Run, lang: str = "en", outlines: Path | None = None) -> str:
    """HTML of a report; see ``write_report``."""
    catalog = load_catalog(lang)
    payload = build_payload(run)
    data = {"lang": lang, "messages": {name: load_catalog(name) for name in LANGUAGES}, "payload": payload}
    return _TEMPLATE.format(
        lang=lang,
        version=payload["version"],
        policy=_POLICY,
        title=html.escape(payload["name"]),
        noscript=html.escape(catalog["page.noscript"]),
        css=_asset("report.css").replace("</style", r"<\/style"),
        outlines=read_outlines(outlines),
        data=_inline_json(data),
        licences=_asset("LICENCES.txt").replace("</", "< /"),
        script=_asset("report.js").replace("</script", r"<\/script").replace("<!--", r"<\!--"),
    )


def _asset(name: str) -> str:
    return (files("landbridge.report") / "assets" / name).read_text(encoding="utf-8").strip()


def read_outlines(path: Path | None) -> str:
    """
    TopoJSON of the land and borders that a map is drawn on.

    Parameters
    ----------
    path
        File of one's own; None = the one that is built in.

    Raises
    ------
    UnknownName
        When the file is not TopoJSON (code ``bad-outlines``).
    """
    if path is None:
        return _asset("outlines.json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _bad_outlines(path, str(error)) from error
    if not isinstance(content, dict) or content.get("type") != "Topology" or not content.get("objects"):
        raise _bad_outlines(path, "its type is not Topology, or it has no objects")
    return _inline_json(content)


def _bad_outlines(path: Path, reason: str) -> UnknownName:
    return UnknownName(
        f"{path}: not a file of outlines ({reason}); expected TopoJSON, such as countries-50m.json of world-atlas",
        code="bad-outlines",
    )


def _inline_json(content: Any) -> str:
    """JSON that no HTML parser takes for markup."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("&", "\\u0026").replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
