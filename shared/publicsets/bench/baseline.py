#!/usr/bin/env python3
"""The baseline's predictions, for the paired bootstrap.

    python baseline.py ANCHORS OUT

ANCHORS holds cmapss.py, azure.py and ai4i.py, which are no part of this project; their data,
features, parameters, folds and seeds are taken from them, and the number of trees that the
cross-validation of cmapss.py gave. OUT gets one number a line:

  FD001.txt, FD003.txt           remaining cycles of each test engine, the mean of five seeds
  fleet.1.txt … fleet.4.txt      probability that the component fails, of each row of the test part
  milling.txt                    probability of failure of each row, by the forest of the fold
                                 that holds it out
"""

import pathlib
import sys

TREES = {"FD001": 838, "FD003": 1039}


def recipe(anchors, name, end):
    """The functions and constants of a script, up to where its runs begin."""
    path = anchors / name
    text = path.read_text("utf-8").split(end)[0].replace("xgboost as xgb,", "")
    names = {"__file__": str(path)}
    exec(compile(text, str(path), "exec"), names)
    return names


def milling(anchors):
    of = recipe(anchors, "ai4i.py", "\nM={")
    np, x, y = of["np"], of["eng"].values.astype(float), of["y"]
    out = np.zeros(len(y))
    for learn, held in of["folds"]:
        forest = of["RandomForestClassifier"](500, random_state=42, n_jobs=1, min_samples_leaf=1)
        out[held] = forest.fit(x[learn], y[learn]).predict_proba(x[held])[:, 1]
    return {"milling": out}


def fleet(anchors):
    of = recipe(anchors, "azure.py", "\nTS=pd.Timestamp")
    lgb, pd = of["lgb"], of["pd"]
    rows, _ = of["build"](of["D"] + "azure_pdm/all100/", False)
    test, gap, end = pd.Timestamp("2015-09-01"), pd.Timedelta(hours=24), rows.t.max()
    learn, asked = rows[rows.t < test - gap], rows[(rows.t >= test) & (rows.t <= end - gap)]
    x = [c for c in rows if not c.startswith(("tt_", "y_")) and c not in ("machine", "t")]
    out = {}
    for i, component in enumerate(of["C"]):
        model = lgb.train({**of["P"], "num_threads": 1}, lgb.Dataset(learn[x], learn["y_" + component].values), 200)
        out[f"fleet.{i + 1}"] = model.predict(asked[x])
    return out


def turbofan(anchors, name):
    of = recipe(anchors, "cmapss.py", "\nres={")
    lgb, np, (train, test, _) = of["lgb"], of["np"], of["SETS"][name]
    sensors = of["S"] + of["EXTRA"].get(name, [])
    x = of["feats"](train, sensors)
    y = (train.groupby("unit").cycle.transform("max") - train.cycle).clip(upper=of["CAP"]).values.astype(float)
    last = of["feats"](test, sensors).loc[test.groupby("unit").cycle.idxmax().values]
    seeds = []
    for seed in of["SEEDS"]:
        model = lgb.train({**of["P"], "num_threads": 1, "seed": seed}, lgb.Dataset(x, y), TREES[name])
        seeds.append(np.clip(model.predict(last), 0, of["CAP"]))
    return {name: np.mean(seeds, 0)}


def main(anchors, out):
    anchors, out = pathlib.Path(anchors), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for files, make in (
        (["milling"], milling),
        ([f"fleet.{i}" for i in (1, 2, 3, 4)], fleet),
        (["FD001"], lambda a: turbofan(a, "FD001")),
        (["FD003"], lambda a: turbofan(a, "FD003")),
    ):
        if all((out / f"{name}.txt").exists() for name in files):
            continue
        for name, values in make(anchors).items():
            (out / f"{name}.txt").write_text("".join(f"{v:.17g}\n" for v in values))
            print(f"baseline: {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
