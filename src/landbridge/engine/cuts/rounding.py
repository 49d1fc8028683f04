"""Mixed-integer rounding of coefficients, shared by all cut-set inequalities."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import FloatArray


def rounded_up(ratio: FloatArray, share: FloatArray | float) -> FloatArray:
    """
    Round coefficients of whole variables in a row ``>=`` whose right side has the fraction ``share`` [1]_.

    References
    ----------
    .. [1] Marchand, H., and L. A. Wolsey (2001). Aggregation and mixed integer rounding to solve MIPs. *Operations
           Research* 49(3): 363-371. https://doi.org/10.1287/opre.49.3.363.11211.
    """
    whole = np.floor(ratio + 1e-9)
    rounded: FloatArray = whole + np.minimum(1.0, np.maximum(ratio - whole, 0.0) / share)
    return rounded
