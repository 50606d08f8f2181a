"""SplitMix64 in Python: the generator of `polytask_random::SplitMix64`, for scripts that make example tables.

Only the standard library; what is written out is rounded, so the last bit of a logarithm does not show.
"""

import math

MASK = (1 << 64) - 1


class Draws:
    def __init__(self, seed):
        self.state = seed

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        return word ^ (word >> 31)

    def uniform(self):
        return ((self.word() >> 11) + 0.5) * 2.0**-53

    def between(self, low, high):
        return low + (high - low) * self.uniform()

    def normal(self):
        radius = math.sqrt(-2.0 * math.log(self.uniform()))
        return radius * math.cos(2.0 * math.pi * self.uniform())

    def chance(self, probability):
        return self.uniform() < probability

    def choose(self, names, weights):
        """One of the names, with probability proportional to its weight."""
        left = self.uniform() * sum(weights)
        for name, weight in zip(names, weights):
            left -= weight
            if left < 0.0:
                return name
        return names[-1]


def logistic(logit):
    return 1.0 / (1.0 + math.exp(-logit))
