#!/usr/bin/env python3
"""Draws docs/same-information.svg: two pairs of tasks whose labels share the same, and what is left of the link given the input.

    pip install matplotlib
    cargo build --release
    python3 scripts/same_information.py

`polytask bench planted --family P8` writes both data sets; each is trained (a second), and predictions, V1, V2 and the reading are
the program's own.
"""

import csv
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "polytask"
CASES = [("pair-by-signal", "Linked by the signal", "#2a6f97"), ("pair-by-noise", "Linked by the noise", "#bc4749")]
CURES = {"trunk": "shared trunk", "joint_head": "joint head", "known_label": "known label", "share_more": "share more", "silent": "silent"}
POINTS = 600


def polytask(*arguments):
    return subprocess.run([str(BINARY), *arguments], check=True, capture_output=True, text=True).stdout


def correlation(pairs):
    means = [sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1)]

    def moment(one, other):
        return sum((pair[one] - means[one]) * (pair[other] - means[other]) for pair in pairs)

    return moment(0, 1) / math.sqrt(moment(0, 0) * moment(1, 1))


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def case(folder):
    """Labels and residuals of the test rows, (V1, V2) in nats, and the reading: those of y_0 about y_1."""
    polytask("train", str(folder / "config.toml"), "--backend", "cpu", "--ui", "none", "--run-dir", str(folder / "run"))
    run = str(folder / "run")
    pair = json.loads(polytask("info", run, "--json", "--backend", "cpu"))["residual"]["pairs"][0]
    nats = [pair["residual"][part]["value"] * math.log(2) for part in ("missed", "coupled")]
    predictions = folder / "predictions.csv"
    polytask("predict", run, "--input", str(folder / "data.csv"), "--output", str(predictions))
    labels, left = [], []
    for true, predicted in zip(rows(folder / "data.csv"), rows(predictions)):
        if true["split"] == "test":
            pairs = [(float(true[task]), float(predicted[task])) for task in ("y_0", "y_1")]
            labels.append([label for label, _ in pairs])
            left.append([label - prediction for label, prediction in pairs])
    return labels, left, nats, CURES[pair["verdict"]]


def scatter(axes, pairs, color, title, names):
    axes.scatter(*zip(*pairs[:POINTS]), s=5, alpha=0.5, color=color, linewidths=0)
    axes.set_title(f"{title}: r = {round(correlation(pairs), 2) + 0.0:.2f}", fontsize=10)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.set_xlim(-4.5, 4.5)
    axes.set_ylim(-4.5, 4.5)
    axes.set_aspect("equal")


def main():
    plt.rcParams["svg.hashsalt"] = "polytask"
    plt.rcParams["svg.fonttype"] = "path"
    figure, grid = plt.subplots(2, 3, figsize=(10, 6.6), gridspec_kw={"width_ratios": [1, 1, 0.9]})
    with tempfile.TemporaryDirectory() as folder:
        polytask("bench", "planted", "--family", "P8", "--quick", "--output", folder)
        for line, (name, title, color) in zip(grid, CASES):
            labels, left, nats, cure = case(Path(folder) / name)
            scatter(line[0], labels, color, "labels", ("y_0", "y_1"))
            line[0].text(-0.42, 0.5, title, rotation=90, va="center", ha="center", fontsize=12, transform=line[0].transAxes)
            scatter(line[1], left, color, "labels less predictions", ("y_0 − ŷ_0", "y_1 − ŷ_1"))
            # A gain a hair below 0 is written above the axis, where there is room.
            heights = [max(value, 0.0) for value in nats]
            bars = line[2].bar(["V1\nits prediction\nsays", "V2\nits label says\nbeyond"], heights, color=color, width=0.5)
            line[2].bar_label(bars, [f"{round(value, 3) + 0.0:.3f}" for value in nats], padding=2)
            line[2].set_ylim(0, 0.65)
            line[2].set_ylabel("nats about the other task")
            line[2].set_title(f"reading: {cure}", fontsize=10)
            line[2].spines[["top", "right"]].set_visible(False)
    figure.suptitle("Labels that share the same 0.087 nats (0.126 bits), and need opposite cures", fontsize=13)
    figure.tight_layout()
    figure.savefig(ROOT / "docs" / "same-information.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
