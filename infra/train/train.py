#!/usr/bin/env python3
"""Trains one LightGBM model from a table and writes it as a text model, which
shared/trees reads. The same data and parameters give the same bytes.

    python train.py --data DATA --params PARAMS --out MODEL [--valid DATA]

DATA is .csv or .npz, rows in the order given.
  .csv  a header line; every column is a number; empty or "nan" is missing. The columns
        named by "label", "weight" and "ignore" in PARAMS apart, all are features.
  .npz  arrays x (rows × features), y (rows), and if wanted weight (rows) and features
        (names); no pickles.

PARAMS is a JSON object:
  lightgbm     parameters as LightGBM documents them; "objective" and "seed" must be there
  rounds       boosting rounds
  categorical  names of features that are categories, as whole numbers from 0 (default none)
  label        the label's column in a .csv (default "label")
  weight       the weights' column in a .csv (default none)
  ignore       columns of a .csv to leave out (default none)
  patience     with --valid: stop when its first metric has not improved for so many rounds,
               and keep the best round

On standard output: one JSON object with the model's sha256, rounds kept, trees, rows,
features and the version of LightGBM. Exit codes: 0 done; 2 the call, PARAMS or DATA are
wrong, with a line on standard error that says what to change.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import sys

import lightgbm
import numpy as np

# What makes bytes repeat. Sums of histograms depend on the number of threads, so it is
# part of the parameters: one unless they say otherwise.
FIXED = {"deterministic": True, "force_row_wise": True, "verbosity": -1}
REFUSED = {
    "linear_tree": "shared/trees does not read linear trees",
    "force_col_wise": "force_row_wise is what makes bytes repeat",
    "device": "only a CPU gives the same bytes twice", "device_type": "only a CPU gives the same bytes twice",
    "num_iterations": 'use "rounds"', "num_boost_round": 'use "rounds"', "n_estimators": 'use "rounds"',
    "num_round": 'use "rounds"', "num_rounds": 'use "rounds"', "num_trees": 'use "rounds"',
    "early_stopping_round": 'use "patience"', "early_stopping_rounds": 'use "patience"',
    "categorical_feature": 'use "categorical"',
    "verbose": "the log is not part of the contract",
}
KNOWN = {"lightgbm", "rounds", "categorical", "label", "weight", "ignore", "patience"}


class Wrong(Exception):
    """The call, the parameters or the data are wrong."""


def read_params(path):
    try:
        p = json.loads(pathlib.Path(path).read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise Wrong(f"--params {path}: {e}") from e
    if not isinstance(p, dict) or not isinstance(p.get("lightgbm"), dict):
        raise Wrong(f'--params {path}: want an object with a member "lightgbm"; see --help')
    if unknown := p.keys() - KNOWN:
        raise Wrong(f"--params {path}: unknown member {sorted(unknown)[0]!r}; see --help")
    given = p["lightgbm"]
    for name, why in REFUSED.items():
        if name in given:
            raise Wrong(f"--params {path}: lightgbm.{name}: {why}")
    for name, value in FIXED.items():
        if given.get(name, value) != value:
            raise Wrong(f"--params {path}: lightgbm.{name} must be {json.dumps(value)} or absent")
    for name in ("objective", "seed"):
        if name not in given:
            raise Wrong(f"--params {path}: lightgbm.{name} is missing")
    if type(p.get("rounds")) is not int or p["rounds"] < 1:
        raise Wrong(f'--params {path}: "rounds" must be a whole number from 1')
    return p


class Table:
    """x, y, weight and the features' names, as train() wants them."""

    def __init__(self, x, y, weight, names):
        if x.ndim != 2 or y.shape != (len(x),) or (weight is not None and weight.shape != y.shape):
            raise Wrong(f"shapes do not fit: x {x.shape}, y {y.shape}, weight {None if weight is None else weight.shape}")
        if len(names) != x.shape[1] or len(set(names)) != len(names):
            raise Wrong(f"{x.shape[1]} features but {len(set(names))} different names")
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_.@%+-]+", name):
                raise Wrong(f"feature {name!r}: a name is letters, digits and _.@%+-")
        if not np.isfinite(y).all():
            raise Wrong("a label is missing or infinite")
        self.x, self.y, self.weight, self.names = x, y, weight, names


def read_table(path, p):
    try:
        if path.endswith(".npz"):
            return read_npz(path)
        if path.endswith(".csv"):
            return read_csv(path, p)
    except (OSError, ValueError, KeyError, Wrong) as e:
        raise Wrong(f"{path}: {e}") from e
    raise Wrong(f"{path}: want .csv or .npz")


def read_npz(path):
    with np.load(path, allow_pickle=False) as z:
        x = np.ascontiguousarray(z["x"], dtype=np.float64)
        names = [str(n) for n in z["features"]] if "features" in z else [f"x{i}" for i in range(x.shape[1])]
        weight = z["weight"].astype(np.float64) if "weight" in z else None
        return Table(x, z["y"].astype(np.float64), weight, names)


def read_csv(path, p):
    with open(path, encoding="utf-8") as f:
        names = f.readline().rstrip("\r\n").split(",")
        values = np.genfromtxt(f, delimiter=",", dtype=np.float64, ndmin=2, missing_values=("", "nan"), filling_values=np.nan)
    label, weight = p.get("label", "label"), p.get("weight")
    for name in [label, weight] + p.get("ignore", []):
        if name is not None and name not in names:
            raise Wrong(f"no column {name!r}")
    out = {label, weight, *p.get("ignore", [])}
    at = [i for i, n in enumerate(names) if n not in out]
    x = np.ascontiguousarray(values[:, at])
    return Table(x, values[:, names.index(label)], values[:, names.index(weight)] if weight else None, [names[i] for i in at])


def train(table, p, valid=None):
    """The trained booster and the number of rounds to keep."""
    params = {"num_threads": 1, **p["lightgbm"], **FIXED}
    for name in p.get("categorical", []):
        if name not in table.names:
            raise Wrong(f"categorical: no feature {name!r}")
    data = lightgbm.Dataset(
        table.x, table.y, weight=table.weight, feature_name=table.names,
        categorical_feature=[table.names.index(n) for n in p.get("categorical", [])], params=params)
    if valid is None:
        return lightgbm.train(params, data, p["rounds"]), p["rounds"]
    if valid.names != table.names:
        raise Wrong("--valid has other features than --data")
    if "patience" not in p:
        raise Wrong('--valid needs "patience" in PARAMS')
    stop = lightgbm.early_stopping(p["patience"], first_metric_only=True, verbose=False)
    model = lightgbm.train(params, data, p["rounds"], valid_sets=[data.create_valid(valid.x, valid.y, weight=valid.weight)], callbacks=[stop])
    return model, model.best_iteration


def write(path, text):
    """All of it or nothing."""
    whole = pathlib.Path(path)
    part = whole.with_name(whole.name + ".part")
    part.write_bytes(text)
    os.replace(part, whole)


def main(arguments=None):
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", required=True, help="the table to learn from, .csv or .npz")
    a.add_argument("--params", required=True, help="a JSON file")
    a.add_argument("--out", required=True, help="where the text model goes")
    a.add_argument("--valid", help="a table of the same kind that says when to stop")
    a = a.parse_args(arguments)
    try:
        p = read_params(a.params)
        table = read_table(a.data, p)
        model, rounds = train(table, p, read_table(a.valid, p) if a.valid else None)
        text = model.model_to_string(num_iteration=rounds).encode()
        write(a.out, text)
    except (Wrong, OSError, lightgbm.basic.LightGBMError) as e:
        print(f"train: {e}", file=sys.stderr)
        return 2
    trees = text.count(b"\nTree=")
    rounds = trees // model.num_model_per_iteration()  # fewer where there was nothing left to learn
    print(json.dumps({
        "model": a.out, "sha256": hashlib.sha256(text).hexdigest(), "rounds": rounds, "trees": trees,
        "rows": len(table.y), "features": len(table.names), "lightgbm": lightgbm.__version__,
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
