"""Tables as CSV files of numbers, and what scikit-learn and XGBoost make of them, one thread.

`prepare SOURCE FOLDER` writes FOLDER/train.csv and test.csv, label first, texts one-hot in the order of the training data.
`train linear-learner|xgboost FOLDER` trains on the first, measures on the second and says {"name", "settings", "accuracy" or
"rmse", "seconds"}: of `fit` alone, data in memory. {} where the library is missing.
"""

import csv
import gzip
import json
import os
import sys
import time


def read(path):
    opened = gzip.open(path + ".gz", "rt") if os.path.exists(path + ".gz") else open(path)
    with opened as file:
        return list(csv.reader(file))[1:]


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return text == ""


def prepare(source, folder):
    os.makedirs(folder, exist_ok=True)
    train, test = (read(os.path.join(source, name)) for name in ["train.csv", "test.csv"])
    categories = {}
    for column in range(1, len(train[0])):
        values = [row[column] for row in train]
        if not all(map(is_number, values)):
            categories[column] = sorted(set(values))
    for name, rows in [("train.csv", train), ("test.csv", test)]:
        with open(os.path.join(folder, name), "w", newline="") as file:
            csv.writer(file).writerows([spread(row, categories) for row in rows])
    return {}


def spread(row, categories):
    cells = [row[0]]
    for column, cell in enumerate(row[1:], 1):
        cells += [int(cell == value) for value in categories[column]] if column in categories else [cell]
    return cells


def load(path):
    import numpy

    with open(path) as file:
        rows = [[float(cell) if cell else numpy.nan for cell in row] for row in csv.reader(file)]
    table = numpy.array(rows)
    return table[:, 1:], table[:, 0]


def train(algorithm, folder):
    x, y = load(os.path.join(folder, "train.csv"))
    test_x, test_y = load(os.path.join(folder, "test.csv"))
    # Labels of regression are many, or no whole numbers.
    is_regression = len(set(y)) > 20
    name, model = linear(is_regression) if algorithm == "linear-learner" else boosted(is_regression)
    labels = y if is_regression else y.astype(int)
    start = time.perf_counter()
    model.fit(x, labels)
    seconds = time.perf_counter() - start
    found = model.predict(test_x)
    if is_regression:
        quality = {"rmse": float(((found - test_y) ** 2).mean() ** 0.5)}
    else:
        quality = {"accuracy": float((found == test_y).mean())}
    return {"name": name, "settings": settings(model), "seconds": seconds, **quality}


def settings(model):
    """What differs from the library's defaults."""
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    return " on ".join(map(constructor, reversed(steps)))


def constructor(model):
    defaults = type(model)().get_params()
    given = [f"{key}={value!r}" for key, value in model.get_params().items() if repr(value) != repr(defaults[key])]
    return f"{type(model).__name__}({', '.join(given)})"


def linear(is_regression):
    import sklearn
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = Ridge(alpha=1) if is_regression else LogisticRegression(C=1, max_iter=1000)
    return f"scikit-learn {sklearn.__version__}", make_pipeline(StandardScaler(), model)


def boosted(is_regression):
    import xgboost

    kind = xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier
    model = kind(n_estimators=100, max_depth=6, learning_rate=0.1, tree_method="hist", max_bin=256, n_jobs=1)
    return f"XGBoost {xgboost.__version__}", model


def main():
    task, *arguments = sys.argv[1:]
    try:
        print(json.dumps({"prepare": prepare, "train": train}[task](*arguments)))
    except ImportError:
        print(json.dumps({}))


main()
