#!/usr/bin/env python3
"""Peak memory of `polytask train` with 40 tasks, of equal weights and of aggregators, as docs/engines.md has it.

    python3 scripts/peak_memory.py target/release/polytask [REPEATS] [AGGREGATOR ...]

MLP 128-1024-1024-512, batches of 128, 320 training rows, twelve epochs, on the CPU. An aggregator is a name or an inline table.
"""

import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

FEATURES, TASKS, ROWS = 128, 40, 400

ENCODER = """
[encoder]
type = "mlp"
hidden = [1024, 1024, 512]
[train]
epochs = 12
batch_size = 128
[device]
backend = "cpu"
"""


def written(folder):
    """The table and the configuration around it."""
    draw = random.Random(1)
    features = [f"x{index}" for index in range(FEATURES)]
    tasks = [f"y{index}" for index in range(TASKS)]
    lines = [",".join(features + tasks)]
    for _ in range(ROWS):
        lines.append(",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(FEATURES + TASKS)))
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    names = ", ".join(f'"{name}"' for name in tasks)
    config = 'version = 1\n[data]\nsource = "rows.csv"\nsplit = { type = "random", train = 0.8, val = 0.1, test = 0.1 }\n'
    config += f"[inputs.x]\ncolumns = {{ all_except = [{names}] }}\n"
    config += "".join(f'[tasks.{name}]\ntype = "regression"\ntarget = "{name}"\n' for name in tasks)
    (folder / "config.toml").write_text(config + ENCODER)


def peak(program, folder, aggregator):
    """Largest resident set of one run, MB."""
    settings = ["--set", f"multitask.aggregator={aggregator}"] if aggregator else []
    run_dir = pathlib.Path(tempfile.mkdtemp(dir=folder)) / "run"
    command = [program, "train", "config.toml", "--ui", "none", "--run-dir", str(run_dir), *settings]
    measured = ["/usr/bin/time", "-f", "%M", *command]
    ended = subprocess.run(measured, cwd=folder, capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(ended.stderr)
    return int(ended.stderr.strip().splitlines()[-1]) / 1000


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    aggregators = sys.argv[3:] or ["imtl_g"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        written(folder)
        equal = None
        for aggregator in ["", *aggregators]:
            found = [peak(program, folder, aggregator) for _ in range(repeats)]
            middle = statistics.median(found)
            equal = equal or middle
            print(f"{aggregator or 'equal weights'}: {min(found):.0f} to {max(found):.0f} MB, {middle / equal:.2f}x")


main()
