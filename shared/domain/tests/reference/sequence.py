#!/usr/bin/env python3
"""Computes the reference values of the confidence sequence and of the check of the sides.

It shares no code with the product: the boundary is written as the paper has it, in customers t,
standard deviation sigma and rho (Waudby-Smith et al., Annals of Statistics 52, 2024, theorem 2.2),
and the Bayes factor of the sides as ratios of whole factorials (Lindon and Malek, 2022). Only
Python's own decimal arithmetic is used, with 50 digits.
"""

from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 50


def reach(comparisons, information, tuned_for=100):
    alpha = Decimal(5) / 100 / comparisons
    t, start = Decimal(str(information)), Decimal(tuned_for)
    rho_squared = (-2 * alpha.ln() + (-2 * alpha.ln() + 1).ln()) / start
    sigma = Decimal(3)
    half_width = sigma * (
        2 * (t * rho_squared + 1) / (t * t * rho_squared) * ((t * rho_squared + 1).sqrt() / alpha).ln()
    ).sqrt()
    return half_width / (sigma / t.sqrt())


def rising(start, times):
    product = Fraction(1)
    for step in range(times):
        product *= start + step
    return product


def sides(found, percents, weight=100):
    """The probability that is valid at every look: one over the Bayes factor, at most 1."""
    alphas = [Fraction(percent * weight, 100) for percent in percents]
    factor = 1 / rising(Fraction(weight), sum(found))
    for count, alpha, percent in zip(found, alphas, percents):
        factor *= rising(alpha, count) / Fraction(percent, 100) ** count
    return min(Fraction(1), 1 / factor)


if __name__ == "__main__":
    for comparisons in (1, 2, 6, 15):
        for information in (10, 45, 100, 2250, 100000):
            print(f"        ({comparisons}, {information:.1f}, {reach(comparisons, information):.12f}),")
    for found, percents in (
        ([900, 100], [90, 10]),
        ([870, 130], [90, 10]),
        ([840, 160], [90, 10]),
        ([1000, 0], [90, 10]),
        ([540, 460], [50, 50]),
        ([300, 300, 300, 100], [30, 30, 30, 10]),
        ([360, 270, 270, 100], [30, 30, 30, 10]),
    ):
        p = sides(found, percents)
        print(f"        (&{found}, &{percents}, {p.numerator / p.denominator:.9e}),")
