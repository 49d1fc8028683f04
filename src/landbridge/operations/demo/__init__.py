"""A week of operations, simulated: orders, places in the plan, events, a closure, a re-plan and arrivals."""

from landbridge.operations.demo.run import DemoReport, run_demo

__all__ = ["DemoReport", "run_demo"]
