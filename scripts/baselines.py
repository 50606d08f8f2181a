"""What Polytask is compared with on real data: a random forest per task and a plain shared PyTorch network.

    pip install scikit-learn torch
    python3 scripts/baselines.py DATA_DIR [--only NAME ...] [--seeds N] [--json FILE]

DATA_DIR has the folders that configs/real/*.toml name below data/. Everything else comes from those configs.

Forest: scikit-learn, 100 trees, its other defaults, one for each task (for the labels of a multilabel task one each),
on all rows of the training file; a missing number is its column's mean, a category its number.
Network: the encoder of the config with PyTorch's own first weights and a linear head per task, trained alike: the same
losses, optimizer, rate and schedule, epochs, batch size, number of validation rows, scaling of inputs and targets, and
the epoch with the best validation score. It is plain: the sum of the losses, no weighting, no average of the weights.

One seed of everything takes some 20 minutes on two busy cores (the sum of the sets' times, not one run).
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

import real_sets
from plain_network import train_network


def forest(settings, train, test, seed):
    """Predictions of one random forest per task (one per label of a multilabel task)."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    features, unseen = tabular(train, test)
    predicted = {}
    for task, options in settings["tasks"].items():
        has_label = ~np.isnan(train.targets[task]).any(axis=1)
        rows, labels = features[has_label], train.targets[task][has_label]
        if options["type"] == "regression":
            model = RandomForestRegressor(100, random_state=seed, n_jobs=-1).fit(rows, labels[:, 0])
            predicted[task] = model.predict(unseen)[:, None]
        elif options["type"] == "multiclass":
            model = RandomForestClassifier(100, random_state=seed, n_jobs=-1).fit(rows, labels[:, 0])
            predicted[task] = model.predict_proba(unseen)
        else:
            models = [
                RandomForestClassifier(100, random_state=seed, n_jobs=-1).fit(rows, labels[:, at])
                for at in range(labels.shape[1])
            ]
            predicted[task] = np.stack([model.predict_proba(unseen)[:, 1] for model in models], 1)
    return predicted


def tabular(train, test):
    if train.images is not None:
        return tuple(part.images.reshape(len(part), -1) for part in (train, test))
    means = np.nanmean(train.numeric, axis=0) if train.numeric.size else 0.0
    codes = [{cell: at for at, cell in enumerate(sorted(set(cells)))} for cells in train.categories]
    parts = []
    for part in (train, test):
        numbers = np.where(np.isnan(part.numeric), means, part.numeric)
        coded = [[code.get(cell, -1) for cell in cells] for code, cells in zip(codes, part.categories)]
        parts.append(np.column_stack([numbers, *coded]))
    return tuple(parts)


def compare(name, data, seeds):
    """Measures of both baselines, one per seed, and how long they took."""
    settings = real_sets.config(name)
    train, test = real_sets.load(settings, data)
    found = {}
    for label, method in (("random forest", forest), ("PyTorch", train_network)):
        for seed in range(1, seeds + 1):
            start = time.monotonic()
            predicted = method(settings, train, test, seed)
            measured = real_sets.measures(name, settings, train, test, predicted)
            found.setdefault(label, []).append(measured)
            print(f"{name} {label} seed {seed}: {measured} ({time.monotonic() - start:.0f} s)", file=sys.stderr)
    return found


def arguments(parser):
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--only", nargs="+", choices=list(real_sets.REPORT), default=list(real_sets.REPORT))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write all measures to this file")
    return parser


if __name__ == "__main__":
    given = arguments(argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])).parse_args()
    results = {name: compare(name, given.data, given.seeds) for name in given.only}
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    print(real_sets.markdown(["random forest", "PyTorch"], results))
