"""The real data sets as configs/real/NAME.toml names them, in NumPy arrays, and the metrics of their table.

Used by baselines.py and real_data.py; needs NumPy and scikit-learn. Only what those configs use is understood.
"""

import csv
import gzip
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

CONFIGS = Path(__file__).resolve().parent.parent / "configs" / "real"
QM9 = ["mu", "alpha", "homo", "lumo", "gap", "r2", "zpve", "u0", "u298", "h298", "g298", "cv"]

# What the table reports of each set: TASK/METRIC, best values first for "higher", last for "lower".
REPORT = {
    "unipen": [("digit/accuracy", "higher"), ("letter/accuracy", "higher")],
    "mnist": [("digit/accuracy", "higher")],
    "parkinsons": [("motor/mae", "lower"), ("total/mae", "lower")],
    "enb": [("heating/rrmse", "lower"), ("cooling/rrmse", "lower"), ("mean/rrmse", "lower")],
    "qm9": [(f"{task}/mae", "lower") for task in QM9],
    "yeast": [
        ("functions/auroc", "higher"), ("functions/hamming", "lower"),
        ("functions/f1_micro", "higher"), ("functions/f1_macro", "higher"),
    ],
    "census": [("income/auroc", "higher"), ("never_married/auroc", "higher")],
}


@dataclass
class Part:
    """Rows: numbers, category numbers and images as they are, targets as float64 [rows, outputs] with NaN for missing."""

    numeric: np.ndarray
    categories: list[list[str]]
    images: np.ndarray | None
    targets: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self):
        return len(self.numeric) if self.images is None else len(self.images)


def config(name):
    """The parsed config of a set."""
    return tomllib.loads((CONFIGS / f"{name}.toml").read_text())


def load(settings, data):
    """The training file's rows and the test file's; `data` stands for the folder data/ beside the configs."""
    return tuple(part(settings, settings["data"][key], data) for key in ("source", "test"))


def part(settings, source, data):
    return pictures(settings, source, data) if isinstance(source, dict) else table(settings, source, data)


def located(path, data):
    return data / Path(path).relative_to("data")


def pictures(settings, source, data):
    """Files in the MNIST layout; an image has the labels of its own file only."""
    sources = list(source["parts"].values()) if "parts" in source else [source]
    images = [idx(located(one["images"], data)) for one in sources]
    rows = sum(len(one) for one in images)
    targets = {name: np.full((rows, 1), np.nan) for name in settings["tasks"]}
    start = 0
    for one, pixels in zip(sources, images):
        for name, label in one["labels"].items():
            targets[name][start:start + len(pixels), 0] = idx(located(label["file"], data))
        start += len(pixels)
    return Part(np.zeros((rows, 0)), [], np.concatenate(images), targets)


def idx(path):
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    axes = raw[3]
    shape = np.frombuffer(raw, ">u4", axes, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def table(settings, path, data):
    path = located(path, data)
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as file:
        header, *rows = csv.reader(file)
    column = {name: [row[at] for row in rows] for at, name in enumerate(header)}
    targets = {
        name: task["target"] if isinstance(task.get("target"), list) else [task.get("target", name)]
        for name, task in settings["tasks"].items()
    }
    taken = {name for names in targets.values() for name in names} | set(settings["data"].get("ids", []))
    categorical = [name for one in settings.get("inputs", {}).values() for name in one.get("categorical", [])]
    numeric = [name for name in header if name not in taken and name not in categorical]
    numbers = lambda names: np.array([[float(cell or "nan") for cell in column[name]] for name in names]).T
    return Part(
        numbers(numeric).reshape(len(rows), len(numeric)),
        [column[name] for name in categorical],
        None,
        {name: numbers(names) for name, names in targets.items()},
    )


def measures(name, settings, train, test, predicted):
    """What REPORT asks of predictions: probabilities [rows, classes] for classes, [rows, outputs] for labels and values."""
    from sklearn.metrics import roc_auc_score

    found = {}
    for task, options in settings["tasks"].items():
        has_label = ~np.isnan(test.targets[task]).any(axis=1)
        truth, guess = test.targets[task][has_label], predicted[task][has_label]
        if options["type"] == "multiclass":
            found[f"{task}/accuracy"] = np.mean(guess.argmax(1) == truth[:, 0])
        elif options["type"] == "regression":
            found[f"{task}/mae"] = np.abs(guess - truth).mean()
            found[f"{task}/rmse"] = math.sqrt(((guess - truth) ** 2).mean())
        else:
            found[f"{task}/auroc"] = np.mean([roc_auc_score(truth[:, at], guess[:, at]) for at in range(truth.shape[1])])
            if options["type"] == "multilabel":
                yes = guess >= 0.5
                both, either = (yes & (truth == 1)).sum(0), yes.sum(0) + (truth == 1).sum(0)
                found[f"{task}/hamming"] = np.mean(yes != truth)
                found[f"{task}/f1_micro"] = 2 * both.sum() / either.sum()
                found[f"{task}/f1_macro"] = np.mean(2 * both / np.maximum(either, 1))
    return reported(name, found, train, test)


def reported(name, found, train, test):
    """The numbers of REPORT from `found`; RRMSE is the RMSE over that of the training mean."""
    found = {key: float(value) for key, value in found.items()}
    for task, truth in test.targets.items():
        if f"{task}/rmse" in found:
            mean = np.nanmean(train.targets[task])
            found[f"{task}/rrmse"] = found[f"{task}/rmse"] / math.sqrt(np.nanmean((truth - mean) ** 2))
    ratios = [value for key, value in found.items() if key.endswith("/rrmse")]
    if ratios:
        found["mean/rrmse"] = sum(ratios) / len(ratios)
    return {key: found[key] for key, _ in REPORT[name]}


def markdown(columns, results):
    """The side-by-side table: results[name][column] is a list of measures, one per seed; the best mean is bold."""
    lines = ["| set | measure | " + " | ".join(columns) + " |", "|---|---|" + "---:|" * len(columns)]
    for name, of_set in results.items():
        for key, better in REPORT[name]:
            means = {}
            for column in columns:
                values = [seed[key] for seed in of_set.get(column, [])]
                if values:
                    means[column] = (float(np.mean(values)), float(np.std(values)), len(values))
            best = (max if better == "higher" else min)((mean for mean, _, _ in means.values()), default=None)
            cells = []
            for column in columns:
                mean, spread, seeds = means.get(column, (None, 0.0, 0))
                cell = "" if mean is None else f"{mean:.4g}" + (f" ± {spread:.2g}" if seeds > 1 else "")
                cells.append(f"**{cell}**" if cell and mean == best else cell)
            arrow = "↑" if better == "higher" else "↓"
            lines.append(f"| {name} | {key} {arrow} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
