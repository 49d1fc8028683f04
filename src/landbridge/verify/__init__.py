"""The second opinion: checks runs and solutions from their files, without network, engine or planning."""

from landbridge.verify.agreements import check_agreements
from landbridge.verify.benchmarks import check_solution, read_solution
from landbridge.verify.coalition_proofs import prove_lists
from landbridge.verify.report import Verification
from landbridge.verify.run import examine, examine_run, verify, verify_run
from landbridge.verify.shares import check_division

__all__ = [
    "Verification",
    "check_agreements",
    "check_division",
    "check_solution",
    "examine",
    "examine_run",
    "prove_lists",
    "read_solution",
    "verify",
    "verify_run",
]
