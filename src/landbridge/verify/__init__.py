"""The second opinion: checks a run from its files, without network, engine or planning."""

from landbridge.verify.report import Verification
from landbridge.verify.run import examine, verify, verify_run

__all__ = ["Verification", "examine", "verify", "verify_run"]
