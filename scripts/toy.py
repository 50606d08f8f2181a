#!/usr/bin/env python3
"""Draws the walks of many methods over the two-objective toy: docs/toy.svg, and the tables of docs/toy.md.

    pip install matplotlib
    python3 scripts/toy.py

The walks are made by the example `toy` of polytask-balance, 100,000 steps of Adam each; about two minutes.
"""

import argparse
import json
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ["cargo", "run", "--release", "--quiet", "-p", "polytask-balance", "--example", "toy", "--"]

# What is walked, as a configuration says it.
METHODS = [
    "equal", "rlw", "dwa", "uncertainty", "scale_invariant", "gls", "imtl_l", "famo", '{ type = "famo", decay = 0.0 }',
    "mgda", '{ type = "mgda", normalize = "none" }', "pcgrad", "gradvac", "imtl_g", "imtl", "cagrad", "nash_mtl",
    "fairgrad", "aligned_mtl", "upgrad", "dualproj", "config", "gradnorm", "pcd", "pe_ltr", "krum",
    '{ type = "db_mtl", beta = 0 }', "db_mtl", "graddrop", "trimmed_mean", "moco",
    '{ type = "excess_mtl", warmup = 0 }', "m_config", "modo",
    "sdmgrad",
]

# What is drawn: four rows of four.
DRAWN = [
    "equal", "dwa", "uncertainty", '{ type = "famo", decay = 0.0 }',
    "mgda", '{ type = "mgda", normalize = "none" }', "pcgrad", "cagrad",
    "imtl_g", "nash_mtl", "aligned_mtl", "config",
    "db_mtl", "moco", "m_config", "sdmgrad",
]

FRONT = -8.3552

# How far from the front counts as arrived; with noise the steps never end.
REACHED = {"uneven": 0.1, "even": 0.1, "noisy": 0.5}


def losses(x1, x2):
    """Both losses, as in examples/toy/landscape.rs."""
    lower = 5e-6
    bend = np.tanh(-x2)
    a1 = np.log(np.maximum(np.abs(0.5 * (-x1 - 7) - bend), lower)) + 6
    a2 = np.log(np.maximum(np.abs(0.5 * (-x1 + 3) + bend + 2), lower)) + 6
    above, below = np.maximum(np.tanh(0.5 * x2), 0), np.maximum(np.tanh(-0.5 * x2), 0)
    q1 = ((-x1 + 7) ** 2 + 0.1 * (-x2 - 8) ** 2) / 10 - 20
    q2 = ((-x1 - 7) ** 2 + 0.1 * (-x2 - 8) ** 2) / 10 - 20
    return a1 * above + q1 * below, a2 * above + q2 * below


def walked(command, protocol, methods):
    done = subprocess.run([*command.split(), protocol, *methods], cwd=ROOT, capture_output=True, text=True, check=True)
    walks = {}
    for line in done.stdout.splitlines():
        walk = json.loads(line)
        walks.setdefault(walk["method"], []).append(walk)
    return walks


def name(method):
    """`mgda, normalize = "none"` of `{ type = "mgda", normalize = "none" }`."""
    return method.strip("{} ").replace('type = ', "", 1).replace('"', "", 2) if method.startswith("{") else method


def draw(walks, reached, path):
    # Text as text and lines as coarse as they look: small files.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "toy", "path.simplify_threshold": 0.6})
    x1, x2 = np.meshgrid(np.linspace(-11, 11, 89), np.linspace(-11, 11, 89))
    first, second = losses(x1, x2)
    figure, axes = plt.subplots(4, 4, figsize=(11, 11.6), sharex=True, sharey=True)
    colors = ["#1f6fb4", "#d1495b", "#2a9d5c", "#8a5cc0", "#c77c11", "#4a4f57"]
    for axis, method in zip(axes.flat, DRAWN):
        axis.contour(x1, x2, first + second, levels=10, colors="#c8cdd3", linewidths=0.5, linestyles="solid")
        axis.plot([-7, 7], [FRONT, FRONT], color="#30363d", linewidth=3, solid_capstyle="butt")
        arrived = 0
        for walk, color in zip(walks[method], colors):
            points = np.array(walk["points"] + [walk["end"]])
            axis.plot(points[:, 0], points[:, 1], color=color, linewidth=1.2)
            axis.plot(*walk["start"], "o", color=color, markersize=4)
            is_there = walk["distance"] < reached
            arrived += is_there
            axis.plot(*walk["end"], "*" if is_there else "x", color=color, markersize=9 if is_there else 7,
                      markeredgecolor="black" if is_there else color, markeredgewidth=0.5 if is_there else 2)
        axis.set_title(f"{name(method)}: {arrived} of {len(walks[method])}", fontsize=9)
        axis.set_xlim(-11, 11)
        axis.set_ylim(-11, 11)
        axis.tick_params(labelsize=7)
    figure.supxlabel("x₁", fontsize=9)
    figure.supylabel("x₂", fontsize=9)
    figure.tight_layout()
    # No date and no random names: the same walks give the same file.
    figure.savefig(path, metadata={"Date": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def end(walk, reached):
    x1, x2 = walk["end"]
    text = f"({x1:.2f}, {x2:.2f})".replace("(-0.00", "(0.00")
    return text if walk["distance"] < reached else f"**{text}**"


def table(walks, reached):
    starts = [tuple(walk["start"]) for walk in next(iter(walks.values()))]
    heads = " | ".join(f"({x1:g}, {x2:g})" for x1, x2 in starts)
    lines = [f"| method | arrived | {heads} |", "|---|---|" + "---|" * len(starts)]
    for method, of_method in walks.items():
        arrived = sum(walk["distance"] < reached for walk in of_method)
        ends = " | ".join(end(walk, reached) for walk in of_method)
        lines.append(f"| {name(method)} | {arrived} of {len(starts)} | {ends} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default=" ".join(EXAMPLE), help="what makes the walks")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the figure and the page go")
    options = parser.parse_args()
    page = options.docs / "toy.md"
    text = page.read_text()
    for protocol in ("uneven", "even", "noisy"):
        walks = walked(options.command, protocol, METHODS)
        if protocol == "uneven":
            draw(walks, REACHED[protocol], options.docs / "toy.svg")
        before, _, rest = text.partition(f"<!-- {protocol} -->\n")
        _, _, after = rest.partition(f"<!-- /{protocol} -->")
        text = f"{before}<!-- {protocol} -->\n{table(walks, REACHED[protocol])}\n<!-- /{protocol} -->{after}"
    page.write_text(text)


if __name__ == "__main__":
    main()
