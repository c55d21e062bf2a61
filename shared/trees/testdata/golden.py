#!/usr/bin/env python3
"""Trains small LightGBM models of every kind that shared/trees reads, on data made here,
and writes each as NAME.txt with NAME.csv: rows, and what LightGBM itself says of them.

    python golden.py --out DIR [--rows 60] [--trees 6] [--only NAME]

Columns of the CSV: x0… the row, raw0… the score, p0… the prediction, c0… the
contributions (for the first --explained rows; empty after). The same arguments give the
same bytes: `make vectors` runs this. version-3 alone was made otherwise: by LightGBM 3.3.5
from this script with --only binary-categories.
"""

import argparse
import csv
import pathlib

import lightgbm as lgb
import numpy as np

FEATURES = 8
CATEGORIES = 12  # of x6; x7 has 40
BASE = dict(
    verbose=-1, seed=7, deterministic=True, force_row_wise=True, num_threads=1,
    num_leaves=6, min_data_in_leaf=5, learning_rate=0.2, cat_smooth=1, min_data_per_group=5,
)
RF = dict(boosting="rf", bagging_fraction=0.6, bagging_freq=1, feature_fraction=0.7)
CATEGORICAL = dict(categorical=[6, 7])
# What each model is trained with; "target" says which of the targets below.
CASES = {
    "binary": dict(objective="binary", target="sign", sigmoid=0.7),
    "binary-categories": dict(objective="binary", target="sign", **CATEGORICAL),
    "binary-one-hot": dict(objective="binary", target="sign", max_cat_to_onehot=64, **CATEGORICAL),
    "missing-speaks": dict(objective="binary", target="absent"),
    "zero-is-missing": dict(objective="regression", target="real", zero_as_missing=True),
    "nothing-is-missing": dict(objective="regression", target="real", use_missing=False),
    "regression-sqrt": dict(objective="regression", target="real", reg_sqrt=True),
    "l1": dict(objective="regression_l1", target="real"),
    "huber": dict(objective="huber", target="real"),
    "fair": dict(objective="fair", target="real"),
    "mape": dict(objective="mape", target="count"),
    "quantile": dict(objective="quantile", target="real", alpha=0.8),
    "poisson": dict(objective="poisson", target="count"),
    "gamma": dict(objective="gamma", target="count"),
    "tweedie": dict(objective="tweedie", target="count"),
    "cross-entropy": dict(objective="cross_entropy", target="share"),
    "multiclass": dict(objective="multiclass", target="class", num_class=4, **CATEGORICAL),
    "one-against-all": dict(objective="multiclassova", target="class", num_class=4, sigmoid=1.3),
    "dart": dict(objective="binary", target="sign", boosting="dart", drop_rate=0.5, **CATEGORICAL),
    "goss": dict(objective="binary", target="sign", data_sample_strategy="goss", **CATEGORICAL),
    "forest": dict(objective="binary", target="sign", **RF, **CATEGORICAL),
    "forest-regression": dict(objective="regression", target="real", **RF),
    "forest-multiclass": dict(objective="multiclass", target="class", num_class=4, **RF),
    "many-leaves": dict(objective="regression", target="real", num_leaves=200, min_data_in_leaf=2, share=0.2, **CATEGORICAL),
    "chain": dict(objective="regression", target="steep", num_leaves=60, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, share=0.2),
    "constant": dict(objective="binary", target="sign", min_data_in_leaf=10**6),
}


def rows(rng, n):
    """Values of all the kinds that have to be told apart: whole and real, missing, zero,
    tiny, infinite; categories seen, unseen, negative, broken, enormous."""
    x = rng.normal(size=(n, FEATURES))
    x[:, 1] = np.round(x[:, 1] * 3)
    x[:, 2] = np.exp(x[:, 2] * 2)
    x[:, 3] *= rng.random(n) < 0.5
    x[:, 6] = rng.integers(0, CATEGORIES, n)
    x[:, 7] = rng.geometric(0.1, n).clip(0, 39)
    missing = rng.random((n, FEATURES)) < 0.1
    missing[:, 5] = False  # never missing in training
    x[missing] = np.nan
    return x


def odd(rng, x):
    """Some of the values replaced by ones that training never saw."""
    x = x.copy()
    n = len(x)
    for values, columns in (
        ([0.0, -0.0, 1e-36, -1e-36, 1e-35, np.inf, -np.inf, 1e300, np.nan], range(6)),
        ([-1, -0.5, 0.9, 3.7, 99, 2.0**31, 2.0**32 + 3, 1e300, np.inf, -np.inf, np.nan], (6, 7)),
    ):
        for c in columns:
            where = rng.random(n) < 0.05
            x[where, c] = rng.choice(values, where.sum())
    return x


def targets(rng, x):
    z = np.nan_to_num(x)
    score = z[:, 0] + 0.5 * z[:, 1] - np.log1p(z[:, 2]) + z[:, 3] * z[:, 4] + np.isnan(x[:, 0])
    score += np.sin(z[:, 6] * 5) * 2 + (z[:, 7] % 3) + rng.normal(size=len(x)) * 0.5
    return {
        "real": score, "sign": (score > 1).astype(float), "count": np.floor(np.exp(np.clip(score, -2, 3))) + 1,
        "share": 1 / (1 + np.exp(-score)), "class": np.digitize(score, [-1, 1, 3]).astype(float),
        "absent": (np.isnan(x[:, 0]) | (np.isnan(x[:, 2]) & (z[:, 1] > 0))).astype(float), "steep": np.exp(z[:, 0] * 4),
    }


def golden(name, out, n, trees, explained):
    p = dict(BASE, **CASES[name])
    target, categorical, share = p.pop("target"), p.pop("categorical", []), p.pop("share", 1)
    rng = np.random.default_rng(list(name.encode()))
    x = rows(rng, 2000)
    data = lgb.Dataset(x, targets(rng, x)[target], categorical_feature=categorical, free_raw_data=False)
    model = lgb.train(p, data, max(2, int(trees * share)))
    # As a user would read it: from the file.
    text = model.model_to_string()
    model = lgb.Booster(model_str=text)
    x = odd(rng, rows(rng, n))
    raw = model.predict(x, raw_score=True).reshape(n, -1)
    predicted = model.predict(x).reshape(n, -1)
    shares = model.predict(x[:explained], pred_contrib=True).reshape(min(n, explained), -1)
    (out / f"{name}.txt").write_text(text)
    with open(out / f"{name}.csv", "w", newline="\n") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow([f"{k}{i}" for k, m in (("x", x), ("raw", raw), ("p", predicted), ("c", shares)) for i in range(m.shape[1])])
        for i in range(n):
            c = shares[i].tolist() if i < explained else [""] * shares.shape[1]
            w.writerow(x[i].tolist() + raw[i].tolist() + predicted[i].tolist() + c)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", type=pathlib.Path, required=True)
    a.add_argument("--rows", type=int, default=60)
    a.add_argument("--trees", type=int, default=6)
    a.add_argument("--explained", type=int, default=20)
    a.add_argument("--only")
    a = a.parse_args()
    for name in CASES:
        if a.only in (None, name):
            golden(name, a.out, a.rows, a.trees, a.explained)


if __name__ == "__main__":
    main()
