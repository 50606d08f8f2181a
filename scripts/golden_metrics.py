#!/usr/bin/env python3
"""Golden numbers for crates/metrics/tests/golden.rs.

Makes the fixed examples of that test by the same integer formulas and prints what scikit-learn (and scipy, for rank
correlation) say of them, ready to paste. Needs: pip install scikit-learn. Takes a second.

    python3 scripts/golden_metrics.py > crates/metrics/tests/golden/numbers.rs
"""

import warnings

import numpy as np
import scipy
import sklearn
from scipy.stats import spearmanr
from sklearn import metrics as sk

warnings.filterwarnings("ignore")


# -- the examples; tests/golden.rs has the same formulas ------------------------------------------------------------


def binary():
    """60 rows; many scores tie, some across the classes, one is exactly at the threshold."""
    i = np.arange(60)
    p = ((i * 37 + 11) % 23) / 22
    return np.stack([1 - p, p], 1), ((i * i + 3 * i) % 7 < 3).astype(int)


def classes(choices):
    """80 rows of 5 classes; the true ones are `choices`."""
    i = np.arange(80)
    k = np.arange(5)
    a = 1 + (i[:, None] * (k + 3) * 7 + k * 13) % 17
    a = a + np.array([5, 0, 2, 0, 4])
    truth = np.array(choices)[(i * 5 + i // 3) % len(choices)]
    return a / a.sum(1, keepdims=True), truth


def ordinal():
    """50 rows of 4 levels, near the truth more often than not."""
    i = np.arange(50)
    truth = (i * 7 + i // 4) % 4
    near = (truth + (i % 5 == 0) + (i % 7 == 0)) % 4
    a = 1 + (i[:, None] * 3 + np.arange(4) * 5) % 4
    a[np.arange(50), near] += 5
    return a / a.sum(1, keepdims=True), truth


def flags(one_sided):
    """40 rows of 4 labels; if one-sided, label 2 is never true and never predicted and label 3 is always true."""
    i = np.arange(40)
    m = np.arange(4)
    p = ((i[:, None] * (2 * m + 5) + m * 3) % 19) / 18
    truth = ((i[:, None] * (2 * m + 5) + m * 3) % 19 > 8) != (i[:, None] % (m + 3) == 0)
    if one_sided:
        p[:, 2] = p[:, 2] / 2
        truth[:, 2] = False
        truth[:, 3] = True
    return p, truth


def values(constant):
    """50 rows of 3 outputs of different units, with ties; if constant, output 1 is."""
    i = np.arange(50)
    truth = np.stack([(i * 7 % 11) / 4, 1000 + i % 3 * 10.0, (i * i % 13) - 6.0], 1)
    wrong = np.stack([(i * 5 % 7) / 16, (i * 11 % 5) - 2.0, (i * 3 % 8) / 2 - 1.5], 1)
    if constant:
        truth[:, 1] = 1000
    return truth + wrong, truth


# -- what scikit-learn says -----------------------------------------------------------------------------------------


def ece(p, y, bins):
    """Guo et al. 2017, with their intervals (k/bins, (k+1)/bins]; scikit-learn has none."""
    confidence, right = p.max(1), p.argmax(1) == y
    edges = np.arange(bins + 1) / bins
    total = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def top_k(p, y, k):
    """scikit-learn ranks the highest class of a tie first, we the lowest: mirror the classes."""
    n = p.shape[1]
    return sk.top_k_accuracy_score(n - 1 - y, p[:, ::-1], k=k, labels=np.arange(n))


def one_vs_rest(p, y):
    return np.mean([sk.roc_auc_score(y == k, p[:, k]) for k in range(p.shape[1]) if 0 < (y == k).sum() < len(y)])


def of_classes(p, y):
    c = p.argmax(1)
    return {
        "accuracy": sk.accuracy_score(y, c),
        "balanced_accuracy": sk.balanced_accuracy_score(y, c),
        "f1_macro": sk.f1_score(y, c, average="macro"),
        "f1_micro": sk.f1_score(y, c, average="micro"),
        "precision_macro": sk.precision_score(y, c, average="macro"),
        "recall_macro": sk.recall_score(y, c, average="macro"),
        "log_loss": sk.log_loss(y, p, labels=np.arange(p.shape[1])),
        "bits": sk.log_loss(y, p, labels=np.arange(p.shape[1])) / np.log(2),
        "ece": ece(p, y, 15),
    }


def of_many_classes(p, y):
    numbers = of_classes(p, y) | {
        "auroc": one_vs_rest(p, y),
        "brier": sk.brier_score_loss(y, p, labels=np.arange(p.shape[1])),
    }
    if len(set(y)) == p.shape[1]:
        assert np.isclose(numbers["auroc"], sk.roc_auc_score(y, p, multi_class="ovr"))
    return numbers


def of_binary(p, y):
    at_half, at_third = p[:, 1] > 0.5, p[:, 1] > 0.3
    return of_classes(p, y) | {
        "f1": sk.f1_score(y, at_half),
        "precision": sk.precision_score(y, at_half),
        "recall": sk.recall_score(y, at_half),
        "f1 threshold = 0.3": sk.f1_score(y, at_third),
        "precision threshold = 0.3": sk.precision_score(y, at_third),
        "recall threshold = 0.3": sk.recall_score(y, at_third),
        "auroc": sk.roc_auc_score(y, p[:, 1]),
        "average_precision": sk.average_precision_score(y, p[:, 1]),
        "brier": sk.brier_score_loss(y, p[:, 1]),
        "ece bins = 4": ece(p, y, 4),
    }


def of_ordinal(p, y):
    c = p.argmax(1)
    return of_many_classes(p, y) | {
        "mae": sk.mean_absolute_error(y, c),
        "quadratic_kappa": sk.cohen_kappa_score(y, c, weights="quadratic"),
        "top_k k = 2": top_k(p, y, 2),
    }


def of_flags(p, y):
    c = p > 0.5
    occurs = [m for m in range(y.shape[1]) if y[:, m].any() or c[:, m].any()]
    two_sided = [m for m in range(y.shape[1]) if 0 < y[:, m].sum() < len(y)]
    positive = [m for m in range(y.shape[1]) if y[:, m].any()]
    nats = sum(sk.log_loss(y[:, m], np.stack([1 - p[:, m], p[:, m]], 1), labels=[False, True]) for m in range(y.shape[1]))
    return {
        "accuracy": sk.accuracy_score(y, c),
        "f1_macro": sk.f1_score(y, c, average="macro", labels=occurs),
        "f1_micro": sk.f1_score(y, c, average="micro"),
        "precision_macro": sk.precision_score(y, c, average="macro", labels=occurs),
        "recall_macro": sk.recall_score(y, c, average="macro", labels=occurs),
        "auroc": sk.roc_auc_score(y[:, two_sided], p[:, two_sided], average="macro"),
        "average_precision": sk.average_precision_score(y[:, positive], p[:, positive], average="macro"),
        "log_loss": nats,
        "bits": nats / np.log(2),
        "brier": np.mean([sk.brier_score_loss(y[:, m], p[:, m], labels=[False, True], pos_label=True) for m in range(y.shape[1])]),
        "hamming": sk.hamming_loss(y, c),
    }


def of_values(predicted, truth):
    vary = [k for k in range(truth.shape[1]) if truth[:, k].std() > 0]
    r2 = sk.r2_score(truth[:, vary], predicted[:, vary])
    return {
        "mae": sk.mean_absolute_error(truth, predicted),
        "mse": sk.mean_squared_error(truth, predicted),
        "rmse": sk.root_mean_squared_error(truth, predicted),
        "r2": r2,
        "nmse": np.mean([((truth - predicted) ** 2).mean(0)[k] / truth[:, k].var() for k in vary]),
        "spearman": np.mean([spearmanr(truth[:, k], predicted[:, k]).statistic for k in vary]),
    }


def table(name, numbers):
    print(f"\npub(crate) const {name}: &[(&str, &str, f64)] = &[")
    for key, value in numbers.items():
        metric, _, options = key.partition(" ")
        print(f'    ("{metric}", "{options}", {float(value)!r}),')
    print("];")


def counts(name, p, y):
    k = p.shape[1]
    matrix = sk.confusion_matrix(y, p.argmax(1), labels=np.arange(k))
    print(f"\n/// By true class and predicted class.\npub(crate) const {name}: [[u64; {k}]; {k}] = {matrix.tolist()};")


every, missing = classes([0, 1, 2, 3, 4]), classes([0, 1, 2, 4])
print("//! Written by scripts/golden_metrics.py; do not edit.")
print(f"//! scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}.")
table("BINARY", of_binary(*binary()))
table("CLASSES", of_many_classes(*every) | {f"top_k k = {k}": top_k(*every, k) for k in (1, 2, 3)})
table("ONE_CLASS_MISSING", of_many_classes(*missing) | {"top_k k = 2": top_k(*missing, 2)})
table("ORDINAL", of_ordinal(*ordinal()))
table("FLAGS", of_flags(*flags(False)))
table("ONE_SIDED_FLAGS", of_flags(*flags(True)))
table("VALUES", of_values(*values(False)))
table("CONSTANT_VALUES", of_values(*values(True)))
counts("CLASSES_TAKEN", *every)
