"""
Pictures of a run, as matplotlib figures that show themselves in a notebook.

Needs the extra ``plots``: ``pip install 'landbridge[plots]'``.
"""

from landbridge.report.plots.charts import convergence, fill, gantt, prices, shares
from landbridge.report.plots.flow_map import map  # noqa: A004

from landbridge.report.plots.canvas import Picture  # isort: skip

__all__ = ["Picture", "convergence", "fill", "gantt", "map", "prices", "shares"]
