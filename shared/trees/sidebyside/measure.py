#!/usr/bin/env python3
"""Measures shared/trees beside LightGBM's own single-row call, in one run on one machine,
one thread each, by turns: python measure.py OURS DIR [ROUNDS].

OURS is the built command of this folder; DIR keeps the models and rows, which are made
here from seeds. Theirs is LGBM_BoosterPredictForMatSingleRowFast by ctypes on prepared
arguments. What the call by itself costs is measured by turns too, on a model of one leaf
and one feature, and taken off: the ratio is of the rest. Times are of the processor, not of
the clock, so that other work on the machine does little. Both give raw scores, which must
have the same bits. Prints one line of JSON per model and writes them to DIR/result.json;
exits 1 if bits differ or a ratio is above LIMIT.
"""

import ctypes
import json
import pathlib
import statistics
import subprocess
import sys
import time

import lightgbm as lgb
import numpy as np

RAW, FLOAT64 = 1, 1
ROWS = 2000
LIMIT = 0.6
# name: trees, leaves, features, how many of the features are categories
MODELS = {
    "100x31": (100, 31, 30, 0),
    "300x31": (300, 31, 60, 0),
    "838x31x323": (838, 31, 323, 0),
    "300x31-categories": (300, 31, 40, 8),
    "200x15": (200, 15, 26, 2),
    "300x127": (300, 127, 60, 0),
}


def make(name, folder):
    """Data of drifting, correlated signals with noise, steps and missing values."""
    trees, leaves, features, categories = MODELS[name]
    rng = np.random.default_rng(list(name.encode()))
    n = 30000
    hidden = rng.normal(size=(n, 6))
    x = hidden @ rng.normal(size=(6, features)) + rng.normal(size=(n, features)) * rng.uniform(0.2, 2, features)
    x[rng.random(x.shape) < 0.03] = np.nan
    for c in range(categories):
        x[:, c] = rng.integers(0, 8 + 5 * c, n)
    y = np.tanh(hidden[:, 0] * hidden[:, 1]) + np.abs(hidden[:, 2]) + np.sin(np.nan_to_num(x[:, 0])) + rng.normal(size=n) * 0.3
    params = dict(objective="regression", learning_rate=0.05, num_leaves=leaves, min_data_in_leaf=50, feature_fraction=0.3,
                  bagging_fraction=0.7, bagging_freq=1, seed=1, deterministic=True, force_row_wise=True, num_threads=1, verbose=-1)
    model, rows = folder / f"{name}.txt", folder / f"{name}.rows"
    if not rows.exists():
        lgb.train(params, lgb.Dataset(x[ROWS:], y[ROWS:], categorical_feature=list(range(categories))), trees).save_model(model)
        rows.write_bytes(np.ascontiguousarray(x[:ROWS]).tobytes())
    return model, rows, features


class Theirs:
    """The C library's call for one row, made ready."""

    def __init__(self, model, rows):
        self.booster = lgb.Booster(model_file=str(model))
        self.lib = ctypes.CDLL(lgb.basic._LIB._name)  # anew: no types to convert to at each call
        self.config = ctypes.c_void_p()
        self.x = rows
        ok = self.lib.LGBM_BoosterPredictForMatSingleRowFastInit(
            self.booster._handle, RAW, 0, -1, FLOAT64, ctypes.c_int32(rows.shape[1]),
            ctypes.c_char_p(b"num_threads=1"), ctypes.byref(self.config))
        assert ok == 0
        self.length, self.out = ctypes.c_int64(), ctypes.c_double()
        at, stride = rows.ctypes.data, rows.strides[0]
        self.rows = [ctypes.c_void_p(at + i * stride) for i in range(len(rows))]

    def score(self):
        call, config, length, out = self.lib.LGBM_BoosterPredictForMatSingleRowFast, self.config, ctypes.byref(self.length), ctypes.byref(self.out)
        start = time.thread_time_ns()
        for row in self.rows:
            call(config, row, length, out)
        return (time.thread_time_ns() - start) / len(self.rows)

    def scores(self):
        result = []
        for row in self.rows:
            assert self.lib.LGBM_BoosterPredictForMatSingleRowFast(self.config, row, ctypes.byref(self.length), ctypes.byref(self.out)) == 0
            result.append("%016x" % np.float64(self.out.value).view(np.uint64))
        return result


def nothing(folder):
    """A model of one leaf and one feature: what a call costs by itself."""
    x = np.zeros((ROWS, 1))
    model = folder / "nothing.txt"
    lgb.train(dict(objective="regression", verbose=-1), lgb.Dataset(x, np.ones(ROWS)), 1).save_model(model)
    return Theirs(model, x)


def measure(name, ours, folder, rounds, call):
    model, rows, features = make(name, folder)
    theirs = Theirs(model, np.frombuffer(rows.read_bytes()).reshape(-1, features))
    with subprocess.Popen([ours, model, rows], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        def turn():
            process.stdin.write("\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        equal = turn()["scores"] == theirs.scores()
        turns = []
        for _ in range(rounds):
            before, their, our, after = call.score(), theirs.score(), turn()["ns"], call.score()
            turns.append((their, (before + after) / 2, our))
        process.stdin.close()
    net = [our / (their - cost) for their, cost, our in turns]
    median = [statistics.median(t[i] for t in turns) for i in range(3)]
    return {
        "model": name, "rows": ROWS, "rounds": rounds, "bits_equal": equal,
        "lightgbm_ns": round(median[0]), "of_which_call_ns": round(median[1]), "ours_ns": round(median[2]),
        "ratio": round(statistics.median(net), 3), "ratio_min": round(min(net), 3), "ratio_max": round(max(net), 3),
        "ratio_with_call": round(statistics.median(t[2] / t[0] for t in turns), 3),
    }


def main():
    ours, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else 11
    folder.mkdir(parents=True, exist_ok=True)
    call = nothing(folder)
    results = []
    for name in MODELS:
        results.append(measure(name, ours, folder, rounds, call))
        print(json.dumps(results[-1]), flush=True)
    (folder / "result.json").write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(0 if all(r["bits_equal"] and r["ratio"] <= LIMIT for r in results) else 1)


if __name__ == "__main__":
    main()
