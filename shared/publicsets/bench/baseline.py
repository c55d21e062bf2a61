#!/usr/bin/env python3
"""The predictions of the C-MAPSS baseline, for the paired bootstrap.

    python baseline.py ANCHORS OUT

ANCHORS holds cmapss.py, which is no part of this project; its data, features, parameters
and seeds are taken from it, and the number of trees that its cross-validation gave. OUT gets
FD001.txt and FD003.txt: a line for each test engine, the mean of the five seeds.
"""

import pathlib
import sys

TREES = {"FD001": 838, "FD003": 1039}


def main(anchors, out):
    path = pathlib.Path(anchors) / "cmapss.py"
    recipe = path.read_text("utf-8").split("\nres={")[0].replace("xgboost as xgb,", "")
    names = {"__file__": str(path)}
    exec(compile(recipe, str(path), "exec"), names)  # its functions and constants, not its runs
    lgb, np, params = names["lgb"], names["np"], {**names["P"], "num_threads": 1}
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, (train, test, _) in names["SETS"].items():
        if (out / f"{name}.txt").exists():
            continue
        sensors = names["S"] + names["EXTRA"].get(name, [])
        x = names["feats"](train, sensors)
        y = (train.groupby("unit").cycle.transform("max") - train.cycle).clip(upper=names["CAP"]).values.astype(float)
        last = names["feats"](test, sensors).loc[test.groupby("unit").cycle.idxmax().values]
        seeds = []
        for seed in names["SEEDS"]:
            model = lgb.train({**params, "seed": seed}, lgb.Dataset(x, y), TREES[name])
            seeds.append(np.clip(model.predict(last), 0, names["CAP"]))
            print(f"baseline {name}: seed {seed}", file=sys.stderr, flush=True)
        np.savetxt(out / f"{name}.txt", np.mean(seeds, 0), fmt="%.17g")


if __name__ == "__main__":
    main(*sys.argv[1:])
