"""Analyses a results folder again, with NumPy and SciPy, from its samples: every estimate, interval, P value and verdict.

Usage: reanalyse.py FOLDER < what.json
what.json: {"absolute": ns, "relative": part, "pairs": [[cell, baseline]], "questions": [{"policy": name, "along": factor,
"kinds": [...]}]}
Prints what differs from summary.csv and comparison.csv, and how much was compared; exit code 1 if anything differs.
"""

import csv
import gzip
import json
import math
import sys
from collections import defaultdict

import numpy as np
from scipy import stats

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
LEAST = 8  # pairs that a verdict takes


def table(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as lines:
        return list(csv.DictReader(lines))


def number(text):
    return math.nan if text == "" else float(text)


class Side:
    """All samples of a kind in a cell, by replication."""

    def __init__(self, replications):
        self.own = [np.sort(np.array(own, dtype=float)) for own in replications]
        self.n = len(self.own)
        self.all = np.sort(np.concatenate(self.own)) if self.own else np.array([])
        self.counts = np.array([len(own) for own in self.own])

    def quantile(self, p):
        return np.quantile(self.all, min(1, max(0, p)), method="inverted_cdf")

    def statistic(self, name):
        """Estimate, interval, what replications contribute, and what was not seen."""
        if len(self.all) == 0:
            return None
        if name in ("min", "max"):
            pick = np.min if name == "min" else np.max
            own = np.array([pick(own) if len(own) else math.nan for own in self.own])
            return pick(self.all), math.nan, math.nan, own, 3 / self.n * np.max(self.all)
        t = stats.t.ppf(0.975, self.n - 1)
        if name == "mean":
            mean = np.mean(self.all)
            sums = np.array([np.sum(own - mean) for own in self.own])
            own = mean + sums * self.n / len(self.all)
            half = t * stats.sem(own)
            return mean, mean - half, mean + half, own, 3 / len(self.all) * np.max(self.all)
        p = QUANTILES[name]
        if min(p, 1 - p) * len(self.all) < 10 - 1e-6:
            return None
        value = self.quantile(p)
        ranks = np.array([np.searchsorted(own, value, side="right") for own in self.own])
        residuals = (p * self.counts - ranks) * self.n / len(self.all)
        unseen = 3 / len(self.all)
        half = max(t * stats.sem(residuals), unseen)
        grain = (self.quantile(p + unseen) - self.quantile(p - unseen)) / 2
        return value, self.quantile(p - half), self.quantile(p + half), residuals, grain


def compare(a, b, name, what):
    """Difference, interval, margin, P before any correction (None: no verdict can be given), pairs, pairs that differ."""
    mine, other = a.statistic(name), b.statistic(name)
    pairs = [i for i in range(a.n) if a.counts[i] and b.counts[i]]
    margin = max(what["absolute"], what["relative"] * (other[0] if other else 0))
    if name in ("min", "max"):
        differ = sum(getattr(np, name)(a.own[i]) != getattr(np, name)(b.own[i]) or len(a.own[i]) != len(b.own[i]) for i in pairs)
    else:
        differ = sum(len(a.own[i]) != len(b.own[i]) or np.mean(a.own[i]) != np.mean(b.own[i]) for i in pairs)
    if len(a.all) == 0 or len(b.all) == 0:
        return "no samples", math.nan, math.nan, math.nan, margin, None, len(pairs), differ
    if mine is None or other is None:
        return "few samples", math.nan, math.nan, math.nan, margin, None, None, None
    x, y = mine[3], other[3]
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    n = len(x)
    grain = (mine[4] + other[4]) / 2
    if name in ("min", "max") and np.sum(np.abs(x - y) > margin) >= LEAST:
        grain = 0
    t = stats.t.ppf(0.975, n - 1)
    if name in QUANTILES:
        difference = mine[0] - other[0]
        constant = np.ptp(x) == 0 or np.ptp(y) == 0 or mine[1] == mine[2] or other[1] == other[2]
        r = 0 if constant else np.corrcoef(x, y)[0, 1]

        def arm(u, v):
            return max(grain, math.sqrt(max(0, u * u + v * v - 2 * r * min(u, v) ** 2)))

        below = arm(mine[0] - mine[1], other[2] - other[0])
        above = arm(mine[2] - mine[0], other[0] - other[1])
    else:
        difference = np.mean(x - y)
        below = above = max(grain, t * stats.sem(x - y))
    lo, hi = difference - below, difference + above
    if abs(difference) > margin:
        tests = [(abs(difference) - margin, below if difference > 0 else above)]
    else:
        tests = [(margin - difference, above), (margin + difference, below)]
    p = max(min(1, 2 * stats.t.sf(room * t / arm, n - 1)) if arm > 0 else float(room == 0) for room, arm in tests)
    barred = "few pairs" if len(pairs) < LEAST else "few differ" if differ < LEAST else None
    return barred, difference, lo, hi, margin, p, len(pairs), differ


def holm(values):
    """Adjusted P values (Holm 1979)."""
    order = np.argsort(values, kind="stable")
    adjusted, least = np.empty(len(values)), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = least
    return adjusted


def family(row, policy, what):
    """All that one question claims is one family; what no question asks for is by policy, or factor, and kind."""
    is_pair = [row["cell"], row["baseline"]] in what["pairs"]
    for i, asked in enumerate(what["questions"]):
        along = asked.get("along")
        if is_pair:
            continue
        if row["kind"] not in asked["kinds"] or row["along"] != (along or ""):
            continue
        if along or asked.get("policy") == policy:
            return i
    return row["along"] or policy, row["kind"]


def close(given, found, scale):
    """Equal to the thousandth that files are written to, or to a billionth of what was subtracted."""
    if math.isnan(given) or math.isnan(found):
        return math.isnan(given) and math.isnan(found)
    return abs(given - found) <= 0.0015 + 1e-9 * abs(scale)


def same_p(given, found):
    """Equal to a part in a million, or both too small to tell from 0."""
    if math.isnan(given) or math.isnan(found):
        return math.isnan(given) and math.isnan(found)
    return abs(given - found) <= max(1e-14, 1e-6 * found)


def main(folder, what):
    samples = defaultdict(list)
    for row in table(f"{folder}/samples.csv.gz"):
        samples[row["cell"], row["kind"], int(row["replication"])].append(float(row["latency_ns"]))
    ran = defaultdict(set)
    for row in table(f"{folder}/counters.csv"):
        ran[row["cell"]].add(int(row["replication"]))
    policies = {row["cell"]: row["policy"] for row in table(f"{folder}/counters.csv")}
    sides = {}

    def side(cell, kind):
        if (cell, kind) not in sides:
            sides[cell, kind] = Side([samples[cell, kind, r] for r in sorted(ran[cell])])
        return sides[cell, kind]

    wrong, intervals = [], 0
    for row in table(f"{folder}/summary.csv"):
        own = side(row["cell"], row["kind"])
        found = own.statistic(row["statistic"])
        given = [number(row[key]) for key in ("estimate_ns", "lo95_ns", "hi95_ns")]
        expected = [math.nan] * 3 if found is None else list(found[:3])
        intervals += not math.isnan(given[1])
        if not all(close(g, e, expected[0]) for g, e in zip(given, expected)) or int(row["samples"]) != len(own.all):
            wrong.append(("summary", row["cell"], row["kind"], row["statistic"], given, expected))

    families, rows = defaultdict(dict), table(f"{folder}/comparison.csv")
    results = []
    for row in rows:
        found = compare(side(row["cell"], row["kind"]), side(row["baseline"], row["kind"]), row["statistic"], what)
        barred, difference, lo, hi, margin, p, *_ = found
        results.append(found)
        if barred is None:
            # The same numbers count once.
            same = (row["kind"], row["statistic"], *(float(f"{v:.9g}") for v in (difference, lo, hi, margin)))
            families[family(row, policies[row["cell"]], what)][same] = p
    adjusted = {
        name: dict(zip(members, holm(np.array(list(members.values()))))) for name, members in families.items()
    }
    verdicts = defaultdict(int)
    for row, (barred, difference, lo, hi, margin, p, pairs, differ) in zip(rows, results):
        own_p = p
        if barred is None:
            same = (row["kind"], row["statistic"], *(float(f"{v:.9g}") for v in (difference, lo, hi, margin)))
            p = adjusted[family(row, policies[row["cell"]], what)][same]
        else:
            p, own_p, lo, hi = math.nan, math.nan, math.nan, math.nan
        verdict, why = "undecided", barred or "interval"
        if barred is None and p <= 0.05:
            within = abs(difference) <= margin
            verdict, why = "equivalent" if within else "better" if difference < 0 else "worse", ""
        verdicts[verdict] += 1
        intervals += not math.isnan(lo)
        given = [number(row[key]) for key in ("difference_ns", "lo95_ns", "hi95_ns", "margin_ns")]
        expected = [difference, lo, hi, margin]
        counts = pairs is None or (int(row["pairs"]), int(row["diverged"])) == (pairs, differ)
        scale = max(abs(v) for v in (difference, lo, hi, 1e6) if not math.isnan(v))
        agrees = all(close(g, e, scale) for g, e in zip(given, expected)) and counts
        agrees = agrees and same_p(number(row["p_raw"]), own_p) and same_p(number(row["p"]), p)
        if not agrees or (row["verdict"], row["undecided"]) != (verdict, why):
            told = [row["cell"], row["baseline"], row["kind"], row["statistic"], given, row["verdict"], row["undecided"]]
            wrong.append(("comparison", *told, expected, verdict, why, pairs, differ))
    for each in wrong[:20]:
        print(each)
    print(json.dumps({"intervals": intervals, "comparisons": len(rows), "verdicts": verdicts, "differ": len(wrong)}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.load(sys.stdin)))
