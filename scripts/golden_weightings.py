#!/usr/bin/env python3
"""Golden weights for crates/balance/src/weighting/: the formulas of the methods page in plain Python, step by step.

    python3 scripts/golden_weightings.py
"""

from math import exp, sqrt


def uncertainty(squared_error, losses, rate=0.025):
    """Kendall et al. 2018: p = ln s by Adam on L/(2s) + p/2 or L/s + p/2; the weight before each step of p."""
    p, m, v = 0.0, 0.0, 0.0
    for t, loss in enumerate(losses, 1):
        weight = exp(-p) / (2 if squared_error else 1)
        gradient = 0.5 - weight * loss
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        p -= rate * (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8)
    return weight


print("uncertainty", [
    uncertainty(True, [0.5, 0.4, 0.3, 0.2]),
    uncertainty(False, [2.0, 2.5, 1.0, 1.0]),
    uncertainty(False, [0.25, 0.2, 0.5, 0.5]),
])
