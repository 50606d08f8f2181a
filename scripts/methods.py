#!/usr/bin/env python3
"""Trains every weighting and aggregator on Multi-MNIST, QM9 and yeast for a short while, and compares them.

    cargo build --release
    python3 scripts/methods.py DATA_DIR [--seeds 3] [--only SET ...] [--results FILE] > table.md

DATA_DIR has the folders mnist, qm9_10k and ml_yeast (docs/real-data.md tells what is in them). The experiments are
scripts/methods/*.toml; nothing but the method differs between runs. Beside the methods stand each task trained alone (which
delta_m and delta_p are relative to), equal weights, and fixed weights that were tuned for the set: of equal ones, the inverse
losses and their roots, and TRIED draws of log-uniform weights (two tasks: a grid), those with the best delta_m on the
validation rows of one seed, relative to equal weights.

The measures are those of the test file at the last epoch. Finished runs are kept in the results file, so that an interrupted
call goes on where it was.
"""

import argparse
import gzip
import json
import math
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

CONFIGS = Path(__file__).resolve().parent / "methods"

# What is copied where, and how many images of Multi-MNIST's files.
FILES = {
    "multi_mnist": {"train-images": "mnist/train-images-idx3-ubyte.gz", "train-labels": "mnist/train-labels-idx1-ubyte.gz",
                    "test-images": "mnist/t10k-images-idx3-ubyte.gz", "test-labels": "mnist/t10k-labels-idx1-ubyte.gz"},
    "qm9": {"train.csv": "qm9_10k/train.csv", "test.csv": "qm9_10k/test.csv"},
    "yeast": {"train.csv": "ml_yeast/train.csv", "test.csv": "ml_yeast/test.csv"},
}
IMAGES = {"train": 6000, "test": 4000}
HIGHER = {"accuracy", "auroc", "r2"}
MEASURED = HIGHER | {"log_loss", "mae"}
TRIED = 8

# Methods of two kinds that only differ from another one under conditions that these experiments do not have.
LEFT_OUT = {
    "fixed": "tuned below",
    "constant": "fixed weights by another name",
    "mean": "the sum at another rate",
    "sum": "equal weights",
}
# Methods that look at two batches before a third: a third of the batch each.
CROSS = ("modo", "sdmgrad")


def cut(source, target, count):
    """The first images or labels of a gzip'd idx file."""
    raw = gzip.open(source).read()
    axes = raw[3]
    header = 4 + 4 * axes
    size = math.prod(int.from_bytes(raw[4 + 4 * at:8 + 4 * at], "big") for at in range(1, axes))
    target.write_bytes(raw[:4] + count.to_bytes(4, "big") + raw[8:header] + raw[header:header + count * size])


def prepare(name, data, folder):
    (folder / "data").mkdir(parents=True)
    shutil.copy(CONFIGS / f"{name}.toml", folder)
    for target, source in FILES[name].items():
        if name == "multi_mnist":
            cut(data / source, folder / "data" / target, IMAGES[target.split("-")[0]])
        else:
            shutil.copy(data / source, folder / "data" / target)
    return tomllib.loads((CONFIGS / f"{name}.toml").read_text())


def called(*given):
    ended = subprocess.run(list(map(str, given)), capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr


def processor():
    """Processor seconds of all commands so far: other work on the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Runs:
    """Trained and measured runs of one set, kept in a file."""

    def __init__(self, program, name, folder, results, file):
        self.program, self.name, self.folder, self.results, self.file = program, name, folder, results, file

    def measured(self, label, seed, settings, split="test"):
        key = f"{self.name} | {label} | {seed} | {split}"
        if key not in self.results:
            start, used = time.monotonic(), processor()
            run = self.folder / "run"
            shutil.rmtree(run, ignore_errors=True)
            given = [part for setting in settings for part in ("-s", setting)]
            code, _, told = called(self.program, "train", self.folder / f"{self.name}.toml", "--seed", seed, "--run-dir", run,
                                   "--backend", "cpu", "--ui", "none", *given)
            trained = processor()
            if code == 0:
                code, out, told = called(self.program, "evaluate", run, "--checkpoint", "last", "--split", split,
                                         "--backend", "cpu", "--json")
            self.results[key] = (
                {"metrics": json.loads(out)["metrics"], "seconds": trained - used}
                if code == 0 else {"failed": f"exit {code}: {told.strip().splitlines()[-1] if told.strip() else ''}"}
            )
            self.file.write_text(json.dumps(self.results))
            print(key, f"{time.monotonic() - start:.1f} s", self.results[key].get("failed", ""), file=sys.stderr)
        return self.results[key]


def tuned(runs, tasks, seed):
    """Settings of the fixed weights that lower delta_m on the validation rows most, relative to equal weights."""
    tried = {}

    def measured(number, weights):
        settings = [f"tasks.{task}.weight={weight:.4g}" for task, weight in zip(tasks, weights)]
        settings.append('multitask.weighting="fixed"')
        tried[number] = (settings, runs.measured(f"fixed {number}", seed, settings, "val")["metrics"])

    measured("equal", [1.0] * len(tasks))
    first = tried["equal"][1]
    losses = [first[f"val/{task}/loss"] for task in tasks]
    for power in (0.5, 1.0):
        measured(f"loss^-{power}", scaled([loss**-power for loss in losses]))
    if len(tasks) == 2:
        for share in (0.2, 0.6, 0.8, 1.2, 1.4, 1.8):
            measured(f"{share} to {2 - share:.1f}", (share, 2 - share))
    else:
        draws = random.Random(1)
        for number in range(TRIED):
            measured(f"draw {number}", scaled([math.exp(draws.uniform(-1.5, 1.5)) for _ in tasks]))
    keys = [key for key in first if key.split("/")[1] in tasks and key.split("/")[2] in MEASURED]

    def worse(metrics):
        changes = ((metrics[key] - first[key]) / abs(first[key]) for key in keys)
        return statistics.mean(-change if key.split("/")[2] in HIGHER else change for key, change in zip(keys, changes))

    best = min(tried, key=lambda number: worse(tried[number][1]))
    print(f"{runs.name}: fixed weights {best}", file=sys.stderr)
    return tried[best][0]


def scaled(weights):
    """Of mean 1."""
    return [weight * len(weights) / sum(weights) for weight in weights]


def listed(program, what):
    code, out, told = called(program, "list", what, "--json")
    if code:
        raise SystemExit(told)
    return [entry["name"] for entry in json.loads(out)["entries"]]


def methods(program):
    """Label to settings."""
    found = {}
    for what, key in (("weightings", "weighting"), ("aggregators", "aggregator")):
        for name in listed(program, what):
            if name in LEFT_OUT or (name in found and what == "aggregators"):
                continue
            found[name] = [f'multitask.{key}="{name}"']
    # As long as their papers make them.
    for name in ("db_mtl", "moco"):
        found[name] = [f'multitask.aggregator={{ type = "{name}", gain = "native" }}']
    # By default two tasks always weigh the same.
    found["mgda, raw lengths"] = ['multitask.aggregator={ type = "mgda", normalize = "none" }']
    return found


def compare(set_name, wanted, runs, tasks, program, seeds, batch):
    metrics = wanted
    alone = {}
    for task in tasks:
        others = [f"tasks.{other}.active=false" for other in tasks if other != task]
        for seed in seeds:
            found = runs.measured(f"alone {task}", seed, others)["metrics"]
            for metric in metrics:
                alone.setdefault((task, metric), []).append(found[f"test/{task}/{metric}"])
    base = {key: statistics.mean(values) for key, values in alone.items()}
    rows = {"fixed, tuned": [runs.measured("fixed, tuned", seed, fixed) for fixed in [tuned(runs, tasks, 101)]
                             for seed in seeds]}
    for label, settings in methods(program).items():
        if label in CROSS:
            # Three batches a step, as large as the others' one.
            settings = [*settings, f"train.batch_size={batch // 3}"]
        rows[label] = [runs.measured(label, seed, settings) for seed in seeds]
    table(set_name, rows, base, tasks, metrics)


def table(set_name, rows, base, tasks, metrics):
    failed = {label: next(one["failed"] for one in found if "failed" in one)
              for label, found in rows.items() if any("failed" in one for one in found)}
    rows = {label: found for label, found in rows.items() if label not in failed}
    values = {label: {(task, metric): [one["metrics"][f"test/{task}/{metric}"] for one in found]
                      for task in tasks for metric in metrics} for label, found in rows.items()}

    def delta(label, seed):
        worse = []
        for (task, metric), alone in base.items():
            change = (values[label][task, metric][seed] - alone) / abs(alone)
            worse.append(100 * (-change if metric in HIGHER else change))
        return statistics.mean(worse)

    seeds = len(next(iter(rows.values())))
    ranks = {label: [] for label in rows}
    for task in tasks:
        for metric in metrics:
            means = {label: statistics.mean(values[label][task, metric]) for label in rows}
            order = sorted(means.values(), reverse=metric in HIGHER)
            for label, value in means.items():
                first = order.index(value)
                ranks[label].append(1 + first + (order.count(value) - 1) / 2)
    equal = statistics.mean(one["seconds"] for one in rows["equal"])
    lines = []
    for label, found in rows.items():
        deltas = [delta(label, seed) for seed in range(seeds)]
        middle = statistics.mean(deltas)
        spread = statistics.stdev(deltas) if seeds > 1 else float("nan")
        means = [statistics.mean(statistics.mean(values[label][task, metric]) for task in tasks) for metric in metrics]
        seconds = statistics.mean(one["seconds"] for one in found) / equal
        lines.append((middle, f"| {label} | " + " | ".join(f"{value:.4g}" for value in means)
                      + f" | {middle:+.2f} ± {spread:.2f} | {-middle:+.2f} | {statistics.mean(ranks[label]):.1f} | {seconds:.2f}x |"))
    print(f"<!-- {set_name} -->")
    print("| method | " + " | ".join(f"mean {metric}" for metric in metrics)
          + " | delta_m ↓ % ± spread | delta_p ↑ % | mean rank | processor time |")
    print("|---|" + "---:|" * (len(metrics) + 4))
    alone = [statistics.mean(base[task, metric] for task in tasks) for metric in metrics]
    print("| each task alone | " + " | ".join(f"{value:.4g}" for value in alone) + " | 0 | 0 | - | - |")
    for _, line in sorted(lines):
        print(line)
    for label, why in failed.items():
        print(f"\n`{label}` failed: {why}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--polytask", type=Path, default=Path("target/release/polytask"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(FILES), default=list(FILES))
    parser.add_argument("--results", type=Path, default=Path("methods.json"))
    given = parser.parse_args()
    results = json.loads(given.results.read_text()) if given.results.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only:
            own = Path(folder) / name
            config = prepare(name, given.data, own)
            runs = Runs(given.polytask.resolve(), name, own, results, given.results)
            tasks = list(config["tasks"])
            metrics = config["tasks"][tasks[0]]["metrics"]
            compare(name, metrics, runs, tasks, given.polytask, range(1, given.seeds + 1), config["train"]["batch_size"])


if __name__ == "__main__":
    main()
