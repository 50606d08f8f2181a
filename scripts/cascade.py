#!/usr/bin/env python3
"""What a cascade gives on a planted table: the first table of docs/structured.md. Needs polytask on the path; two minutes.

t is a copy of s with one in ten flipped, s the sign of x0 x1 with one in twenty flipped; every training row has s, the
first few have t too.
"""

import json
import random
import subprocess
import tempfile
from pathlib import Path

CONFIG = """
version = 1
name = "cascade"
[data]
source = "table.csv"
split = { type = "column", column = "split" }
[encoder]
type = "mlp"
hidden = [64, 64]
dropout = 0.1
[tasks.s]
type = "binary"
[tasks.t]
type = "binary"
AFTER
[train]
epochs = 60
batch_size = 64
optimizer = { type = "adamw", lr = 2e-3, weight_decay = 0.01 }
schedule = "cosine"
[score]
"val/t/log_loss" = 1.0
"""


def table(labels):
    draw = random.Random(5)
    lines = [",".join(f"x{i}" for i in range(10)) + ",s,t,split"]
    for split, rows in (("train", 2000), ("val", 500), ("test", 4000)):
        for row in range(rows):
            x = [draw.gauss(0, 1) for _ in range(10)]
            s = int(x[0] * x[1] > 0) ^ (draw.random() < 0.05)
            t = s ^ (draw.random() >= 0.9)
            shown = "" if split == "train" and row >= labels else t
            lines.append(",".join(f"{v:.5f}" for v in x) + f",{int(s)},{'' if shown == '' else int(shown)},{split}")
    return "\n".join(lines) + "\n"


def bits(folder, seed):
    subprocess.run(["polytask", "train", "c.toml", "--seed", str(seed)], cwd=folder, check=True, capture_output=True)
    found = subprocess.run(["polytask", "evaluate", "latest", "--json"], cwd=folder, check=True, capture_output=True)
    return json.loads(found.stdout)["metrics"]["test/t/usable_bits"]


print("labels of t | usable bits of t without, seeds 1 and 2 | after s")
for labels in (40, 160, 2000):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "table.csv").write_text(table(labels))
        cells = []
        for after in ("", 'after = ["s"]'):
            Path(folder, "c.toml").write_text(CONFIG.replace("AFTER", after))
            cells.append(", ".join(f"{bits(folder, seed):.3f}" for seed in (1, 2)))
        print(labels, "|", " | ".join(cells))
