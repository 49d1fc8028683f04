"""What a person sees of a run: a page for the browser, a workbook, pictures, data frames."""

from landbridge.report.frames import frame
from landbridge.report.page import read_outlines, render_page, write_report
from landbridge.report.run import Run
from landbridge.report.workbook import write_workbook

__all__ = ["Run", "frame", "read_outlines", "render_page", "write_report", "write_workbook"]
