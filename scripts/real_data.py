"""Trains configs/real/*.toml with Polytask and prints its test figures beside a random forest and plain PyTorch.

    pip install scikit-learn torch
    cargo build --release
    python3 scripts/real_data.py DATA_DIR [--polytask PATH] [--only NAME ...] [--seeds N] [--json FILE] [--no-baselines]

DATA_DIR has the folders that the configs name below data/ (docs/real-data.md lists them). The configs are copied beside
a link to it in a temporary folder, where the runs are made too; the checkpoint with the best validation score is what
is evaluated on the test files, once. Progress goes to standard error, the table in markdown to standard output.

One seed of everything takes some 25 minutes on two cores, most of it for the baselines (the sum of the sets' times, not
one run).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import real_sets
from baselines import arguments, compare


def polytask(program, name, data, seeds):
    """Measures of the trained config on the test file, one per seed."""
    settings = real_sets.config(name)
    train, test = real_sets.load(settings, data)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copy(real_sets.CONFIGS / f"{name}.toml", folder)
        (folder / "data").symlink_to(data.resolve())
        for seed in range(1, seeds + 1):
            start = time.monotonic()
            run = folder / f"seed-{seed}"
            called(program, "train", folder / f"{name}.toml", "--seed", seed, "--run-dir", run, "--ui", "none")
            metrics = json.loads(called(program, "evaluate", run, "--split", "test", "--json"))["metrics"]
            measured = {key.removeprefix("test/"): value for key, value in metrics.items()}
            found.append(real_sets.reported(name, measured, train, test))
            print(f"{name} Polytask seed {seed}: {found[-1]} ({time.monotonic() - start:.0f} s)", file=sys.stderr)
    return found


def called(program, *given):
    """Standard output of a command; its message and exit code end the script if it fails."""
    ended = subprocess.run([program, *map(str, given)], capture_output=True, text=True)
    if ended.returncode != 0:
        raise SystemExit(f"{program} {' '.join(map(str, given))}: exit code {ended.returncode}\n{ended.stderr}")
    return ended.stdout


if __name__ == "__main__":
    parser = arguments(argparse.ArgumentParser(description=__doc__.split("\n", 1)[0]))
    parser.add_argument("--polytask", type=Path, default=Path("target/release/polytask"), help="the program")
    parser.add_argument("--no-baselines", action="store_true", help="Polytask only")
    given = parser.parse_args()
    results = {}
    for name in given.only:
        own = {"Polytask": polytask(given.polytask.resolve(), name, given.data, given.seeds)}
        results[name] = own if given.no_baselines else own | compare(name, given.data, given.seeds)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    columns = ["Polytask"] if given.no_baselines else ["Polytask", "random forest", "PyTorch"]
    print(real_sets.markdown(columns, results))
