#!/usr/bin/env python3
"""Makes the models beside this file, and what ONNX Runtime gives for a few rows.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
    venv/bin/python make.py

Own work: models of scikit-learn on generated rows, exported by skl2onnx, and nodes written by hand for what it does not
export. NAME.npz holds the inputs as in_INPUT and ONNX Runtime's outputs as out_OUTPUT.
"""

import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).parent / "models"
OPSETS = {"": 17, "ai.onnx.ml": 3}
KERNELS = ["linear", "rbf", "poly", "sigmoid"]
ROWS = 12


def save(name, model, inputs):
    """The file, and what ONNX Runtime makes of the inputs."""
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = session.run(None, inputs)
    arrays = {f"in_{key}": value for key, value in inputs.items()}
    arrays |= {f"out_{output.name}": np.array(value) for output, value in zip(session.get_outputs(), outputs)}
    arrays = {key: value.astype("U") if value.dtype == object else value for key, value in arrays.items()}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())
    np.savez_compressed(FOLDER / f"{name}.npz", **arrays)


def sklearn(name, model, x, y, rows=None):
    """Fits, exports without a ZipMap, and saves."""
    model.fit(x, y) if y is not None else model.fit(x)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    rows = x[:ROWS] if rows is None else rows
    for options in ({id(last): {"zipmap": False}}, None):
        try:
            exported = to_onnx(model, x[:1], options=options, target_opset=OPSETS)
            break
        except NameError:
            continue
    del exported.metadata_props[:]
    save(name, exported, {exported.graph.input[0].name: rows})


def node(op, x, outputs, ml=1, **attributes):
    """A model of one node."""
    made = h.make_node(op, ["x"], list(outputs), domain="ai.onnx.ml", **attributes)
    kind = {np.dtype("float32"): T.FLOAT, np.dtype("int64"): T.INT64}.get(x.dtype, T.STRING)
    infos = [h.make_tensor_value_info(key, dtype, None) for key, dtype in outputs.items()]
    graph = h.make_graph([made], op, [h.make_tensor_value_info("x", kind, [None, *x.shape[1:]])], infos)
    opsets = [h.make_opsetid("", 17), h.make_opsetid("ai.onnx.ml", ml)]
    return h.make_model(graph, opset_imports=opsets, ir_version=9)


def by_hand(name, op, x, outputs, ml=1, **attributes):
    save(name, node(op, x, outputs, ml, **attributes), {"x": x})


def classes(count, features=5, rows=60):
    x, y = make_classification(
        rows, features, n_informative=4, n_redundant=0, n_classes=count, n_clusters_per_class=1, random_state=count
    )
    return x.astype(np.float32), y


def targets(count=1, features=5, rows=60):
    x, y = make_regression(rows, features, n_targets=count, noise=5, random_state=count)
    return x.astype(np.float32), (y / 50).astype(np.float32)


def machines():
    for count in (2, 4):
        x, y = classes(count)
        for kernel in KERNELS:
            for probability in (False, True):
                machine = SVC(kernel=kernel, coef0=0.5, degree=3, probability=probability, random_state=0)
                sklearn(f"svc_{kernel}_{count}{'_probability' if probability else ''}", machine, x, y)
        sklearn(f"nusvc_{count}", NuSVC(nu=0.3, degree=2, kernel="poly", coef0=1.0), x, y)
        sklearn(f"nusvc_{count}_probability", NuSVC(nu=0.3, probability=True, random_state=0), x, y)
        sklearn(f"linearsvc_{count}", LinearSVC(), x, y)
    x, y = classes(4)
    sklearn("svc_ovo_4", SVC(decision_function_shape="ovo"), x, y)
    sklearn("svc_text_4", SVC(probability=True, random_state=0), x, np.array(["elm", "oak", "ash", "fir"])[y])
    x, y = targets()
    for kernel in KERNELS:
        sklearn(f"svr_{kernel}", SVR(kernel=kernel, coef0=0.5), x, y)
    sklearn("nusvr", NuSVR(nu=0.3), x, y)
    sklearn("linearsvr", LinearSVR(), x, y)
    for kernel in ("rbf", "poly"):
        sklearn(f"oneclass_{kernel}", OneClassSVM(kernel=kernel, nu=0.3), x, None)


def scores():
    """Classifiers of few numbers, with each transformation of their scores."""
    x = np.array([[1, 2], [0.3, -0.2], [-1, -2], [0, 0.01], [0.1, 0.1], [0.5, 0.25]], np.float32)
    both = {"label": T.INT64, "scores": T.FLOAT}
    vectors = dict(support_vectors=[1.0, 0.0, 0.0, 1.0], vectors_per_class=[1, 1], coefficients=[0.3, -0.2], rho=[0.1])
    kernel = dict(kernel_type="LINEAR", kernel_params=[0.5, 0.0, 2.0], classlabels_ints=[3, 7])
    sure = dict(prob_a=[-2.0], prob_b=[0.1])
    for transform in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        end, post = transform.lower(), dict(post_transform=transform)
        by_hand(f"svm_pair_{end}", "SVMClassifier", x, both, **vectors, **kernel, **post)
        by_hand(f"svm_sure_{end}", "SVMClassifier", x, both, **vectors, **kernel, **sure, **post)
        rows = dict(coefficients=[0.3, -0.2, 0.4, 0.5], rho=[0.1])
        by_hand(f"svm_rows_{end}", "SVMClassifier", x, both, **rows, **kernel, **post)
        one = dict(coefficients=[0.1, 0.2], intercepts=[0.1], classlabels_ints=[3, 7])
        by_hand(f"linear_row_{end}", "LinearClassifier", x, both, **one, **post)
        three = dict(coefficients=[0.1, 0.2, -0.3, 0.4, 0.5, 0.6], intercepts=[0.1, 0.0, -0.1], classlabels_ints=[5, 1, 9])
        by_hand(f"linear_rows_{end}", "LinearClassifier", x, both, **three, **post)
    by_hand("svm_sure_probit", "SVMClassifier", x, both, **vectors, **kernel, **sure, post_transform="PROBIT")
    positive = dict(kernel, classlabels_ints=[0, 1])
    by_hand("svm_rows_positive", "SVMClassifier", x, both, coefficients=[0.3, 0.2, 0.5, 0.1], rho=[0.0], **positive)
    rows = dict(coefficients=[0.3, -0.2, 0.4, 0.5, -0.4, 0.2], rho=[0.1], kernel_type="RBF", kernel_params=[1.0, 0.0, 3.0])
    texts = {"label": T.STRING, "scores": T.FLOAT}
    by_hand("svm_rows_3", "SVMClassifier", x, texts, **rows, classlabels_strings=["red", "green", "blue"])


def trees():
    rows = np.array([[0, 0.4], [0, 0.6], [1, 0.5], [np.nan, np.nan], [2, 7]], np.float32)
    lists = dict(
        nodes_treeids=[4, 4, 4, 5, 5, 5],
        nodes_nodeids=[0, 1, 2] * 2,
        nodes_featureids=[1, 0, 0, 0, 0, 0],
        nodes_truenodeids=[1, 0, 0] * 2,
        nodes_falsenodeids=[2, 0, 0] * 2,
        nodes_values=[0.5, 0.0, 0.0] * 2,
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"],
    )
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        leaves = dict(target_treeids=[4, 4, 5, 5], target_nodeids=[1, 2, 1, 2], aggregate_function=aggregate)
        one = dict(target_ids=[0] * 4, target_weights=[0.1, 0.2, -0.3, 0.4], n_targets=1, base_values=[1.0])
        by_hand(f"forest_one_{aggregate.lower()}", "TreeEnsembleRegressor", rows, {"y": T.FLOAT}, **lists, **leaves, **one)
        two = dict(target_ids=[1, 1, 0, 0], target_weights=[0.1, 0.2, -0.3, 0.4], n_targets=2, base_values=[1.0, 2.0])
        by_hand(f"forest_two_{aggregate.lower()}", "TreeEnsembleRegressor", rows, {"y": T.FLOAT}, **lists, **leaves, **two)
        leaves = dict(target_treeids=[4, 4, 4, 4, 5, 5, 5, 5], target_nodeids=[1, 1, 2, 2] * 2, aggregate_function=aggregate)
        wide = dict(target_ids=[0, 1] * 4, target_weights=[0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.8], n_targets=2)
        name = f"forest_wide_{aggregate.lower()}"
        by_hand(name, "TreeEnsembleRegressor", rows, {"y": T.FLOAT}, **lists, **leaves, **wide, post_transform="LOGISTIC")
    both = {"label": T.INT64, "scores": T.FLOAT}
    for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
        for sign, name in ((1.0, "positive"), (-1.0, "mixed")):
            leaves = dict(class_treeids=[4, 4, 5, 5], class_nodeids=[1, 2, 1, 2], classlabels_int64s=[3, 7])
            weights = dict(class_weights=[0.1 * sign, 0.25, 0.2 * sign, 0.4], post_transform=transform)
            name = f"forest_{name}_{transform.lower()}"
            by_hand(name, "TreeEnsembleClassifier", rows, both, **lists, **leaves, **weights, class_ids=[0] * 4)
            by_hand(f"{name}_second", "TreeEnsembleClassifier", rows, both, **lists, **leaves, **weights, class_ids=[1] * 4)


def ensembles():
    """The node that came with version 5 of the operators."""
    reals = lambda values, dtype=T.FLOAT: h.make_tensor("t", dtype, [len(values)], values)
    modes = lambda values: h.make_tensor("t", T.UINT8, [len(values)], values)
    x = np.array([1.2, 3.4, -0.12, np.nan, 12, 7, 8, 8.5, 3.7, 9, 1e9, -3.7], np.float32).reshape(-1, 1)
    sets = dict(
        n_targets=4,
        tree_roots=[0],
        nodes_modes=modes([0, 6, 6]),
        nodes_featureids=[0, 0, 0],
        nodes_splits=reals([11.0, 0.0, 0.0]),
        nodes_truenodeids=[1, 0, 1],
        nodes_trueleafs=[0, 1, 1],
        nodes_falsenodeids=[2, 2, 3],
        nodes_falseleafs=[0, 1, 1],
        leaf_targetids=[0, 1, 2, 3],
        leaf_weights=reals([1.0, 10.0, 1000.0, 100.0]),
        membership_values=reals([1.2, 3.7, 8.0, 9.0, np.nan, 12.0, 7.0, np.nan]),
    )
    by_hand("ensemble_sets", "TreeEnsemble", x, {"y": T.FLOAT}, 5, **sets)
    tracks = dict(nodes_missing_value_tracks_true=[1, 0, 1])
    by_hand("ensemble_missing", "TreeEnsemble", x, {"y": T.FLOAT}, 5, **dict(sets, n_targets=4), **tracks)
    x = np.array([[0.1, 0.9], [0.5, 0.5], [0.7, 0.2], [0.3, np.nan], [0.5, 0.7], [-1, 0.1]], np.float32)
    two = dict(
        tree_roots=[0, 2],
        nodes_featureids=[0, 1, 1, 0],
        nodes_splits=reals([0.5, 0.5, 0.2, 0.3]),
        nodes_truenodeids=[0, 1, 3, 3],
        nodes_trueleafs=[1, 1, 0, 1],
        nodes_falsenodeids=[1, 2, 4, 5],
        nodes_falseleafs=[0, 1, 1, 1],
        leaf_weights=reals([0.1, 0.2, -0.3, 0.4, 0.5, -0.6]),
    )
    for aggregate, name in enumerate(("average", "sum", "min", "max")):
        for first in range(6):
            if (aggregate, first) not in ((1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (0, 0), (2, 1), (3, 2)):
                continue
            splits = dict(nodes_modes=modes([first, (first + 1) % 6, (first + 2) % 6, (first + 3) % 6]))
            more = dict(two, **splits, n_targets=1, leaf_targetids=[0] * 6, aggregate_function=aggregate)
            by_hand(f"ensemble_{name}_{first}", "TreeEnsemble", x, {"y": T.FLOAT}, 5, **more)
        more = dict(two, nodes_modes=modes([0] * 4), n_targets=2, leaf_targetids=[1, 1, 1, 0, 0, 0])
        by_hand(f"ensemble_{name}_two", "TreeEnsemble", x, {"y": T.FLOAT}, 5, **more, aggregate_function=aggregate)


def encoders():
    numbers = np.array([[1], [2], [5], [-1]], np.int64)
    reals = np.array([[1], [2.5], [np.nan], [-1]], np.float32)
    texts = np.array([["oak"], ["elm"], ["?"], ["ash"]], object)
    for name, x, keys, values, out in (
        ("ints_texts", numbers, dict(keys_int64s=[5, 1, 2]), dict(values_strings=["a", "b", "c"], default_string="none"), T.STRING),
        ("ints_floats", numbers, dict(keys_int64s=[5, 1, 2]), dict(values_floats=[0.5, 1.5, 2.5], default_float=9.0), T.FLOAT),
        ("floats_ints", reals, dict(keys_floats=[np.nan, 2.5, 1.0]), dict(values_int64s=[7, 8, 9], default_int64=3), T.INT64),
        ("texts_ints", texts, dict(keys_strings=["ash", "elm", "oak"]), dict(values_int64s=[4, 5, 6]), T.INT64),
        ("texts_texts", texts, dict(keys_strings=["ash", "elm", "oak"]), dict(values_strings=["x", "y", "z"]), T.STRING),
    ):
        by_hand(f"labels_{name}", "LabelEncoder", x, {"y": out}, 2, **keys, **values)
        tensors = {key: value for key, value in (keys | values).items() if not key.startswith("default")}
        fourth = {"default_tensor": h.make_tensor("t", out, [1], [b"none" if out == T.STRING else 11])}
        for key, value in tensors.items():
            kind = {"s": T.STRING, "i": T.INT64, "f": T.FLOAT}[key.split("_")[1][0]]
            fourth[f"{key.split('_')[0]}_tensor"] = h.make_tensor("t", kind, [len(value)], [v.encode() if kind == T.STRING else v for v in value])
        by_hand(f"labels_{name}_tensors", "LabelEncoder", x, {"y": out}, 4, **fourth)
    by_hand("one_hot_texts", "OneHotEncoder", texts, {"y": T.FLOAT}, 1, cats_strings=["elm", "fir", "ash", "oak"], zeros=1)
    x = np.array([[1, np.nan, 3], [np.nan, 0, -1]], np.float32)
    by_hand("imputer", "Imputer", x, {"y": T.FLOAT}, 1, imputed_value_floats=[5.0, 6.0, 7.0], replaced_value_float=float("nan"))
    by_hand("imputer_number", "Imputer", x, {"y": T.FLOAT}, 1, imputed_value_floats=[5.0], replaced_value_float=0.0)
    x = np.array([[1, 0.5, 3], [0.25, 0, -1]], np.float32)
    by_hand("binarizer", "Binarizer", x, {"y": T.FLOAT}, 1, threshold=0.5)


def columns():
    """Columns of numbers and of texts, each an input of its own, as from a table; and texts alone in one matrix."""
    random = np.random.default_rng(0)
    age = random.uniform(18, 70, (60, 1)).astype(np.float32)
    income = random.uniform(0, 9, (60, 1)).astype(np.float32)
    tree = random.choice(["oak", "elm", "ash"], (60, 1)).astype(object)
    town = random.choice(["Bern", "Genève", "Zürich", "Chur"], (60, 1)).astype(object)
    y = np.where(age[:, 0] + 9 * (tree[:, 0] == "oak") + 5 * (town[:, 0] == "Chur") > 45, "yes", "no")
    table = np.hstack([age, income, tree, town])
    change = make_column_transformer(
        (StandardScaler(), [0, 1]), (OneHotEncoder(handle_unknown="ignore"), [2, 3]), remainder="drop"
    )
    model = make_pipeline(change, LogisticRegression())
    model.fit(table, y)
    types = [(name, kind([None, 1])) for name, kind in zip(("age", "income", "tree", "town"), [FloatTensorType] * 2 + [StringTensorType] * 2)]
    exported = to_onnx(model, initial_types=types, target_opset=OPSETS, options={id(model.steps[-1][1]): {"zipmap": False}})
    del exported.metadata_props[:]
    unknown = tree[:ROWS].copy()
    unknown[3] = "yew"
    save("columns_texts", exported, {"age": age[:ROWS], "income": income[:ROWS], "tree": unknown, "town": town[:ROWS]})
    matrix = np.hstack([tree, town])
    for name, encoder in (
        ("one_hot", OneHotEncoder(handle_unknown="ignore")),
        ("ordinal", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
    ):
        model = make_pipeline(encoder, DecisionTreeClassifier(max_depth=4, random_state=0))
        model.fit(matrix, y)
        exported = to_onnx(
            model,
            initial_types=[("x", StringTensorType([None, 2]))],
            target_opset=OPSETS,
            options={id(model.steps[-1][1]): {"zipmap": False}},
        )
        del exported.metadata_props[:]
        save(f"matrix_{name}", exported, {"x": np.hstack([unknown, town[:ROWS]])})


def pipelines():
    x, y = classes(3)
    names = np.array(["no", "maybe", "yes"])[y]
    missing = x.copy()
    missing[::4, 2] = np.nan
    for name, model, labels in (
        ("scaler_pca_svc", make_pipeline(StandardScaler(), PCA(3), SVC()), y),
        ("minmax_knn", make_pipeline(MinMaxScaler(), KNeighborsClassifier(3)), y),
        ("knn_text", make_pipeline(StandardScaler(), KNeighborsClassifier(3)), names),
        ("knn_distance", KNeighborsClassifier(3, weights="distance"), y),
        ("gaussian_nb", GaussianNB(), y),
        ("gaussian_nb_text", GaussianNB(), names),
        ("multinomial_nb", MultinomialNB(), y),
        ("bernoulli_nb", make_pipeline(Binarizer(threshold=0.5), BernoulliNB()), y),
        ("mlp", make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=0)), y),
        ("mlp_text", make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=300, random_state=0)), names),
        ("logistic_text", make_pipeline(StandardScaler(), LogisticRegression()), names),
        ("logistic_text_2", LogisticRegression(), np.where(y > 0, "hot", "cold")),
        ("forest_text", RandomForestClassifier(4, max_depth=3, random_state=0), names),
        ("extra_trees", ExtraTreesClassifier(3, max_depth=3, random_state=0), y),
        ("boosting", GradientBoostingClassifier(n_estimators=3, max_depth=2), y),
        ("boosting_2", GradientBoostingClassifier(n_estimators=3, max_depth=2), (y > 0).astype(int)),
        ("bagging", BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=3, random_state=0), y),
        ("stacking", StackingClassifier([("a", LogisticRegression()), ("b", GaussianNB())]), y),
        ("normalizer_sgd", make_pipeline(Normalizer(), SGDClassifier(random_state=0)), y),
        ("select_lda", make_pipeline(SelectKBest(k=3), LinearDiscriminantAnalysis()), y),
        ("qda", QuadraticDiscriminantAnalysis(reg_param=0.1), y),
        ("power", make_pipeline(PowerTransformer(), LogisticRegression()), y),
        ("one_vs_rest", OneVsRestClassifier(LogisticRegression()), y),
        ("one_vs_one", OneVsOneClassifier(LogisticRegression()), y),
    ):
        # Counts, large enough that no exponential of a row's logarithms is a number of f32.
        sklearn(name, model, np.round(abs(x) * 100) if name == "multinomial_nb" else x, labels)
    imputer = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    sklearn("imputer_logistic", imputer, missing, y)
    sklearn("isolation_forest", IsolationForest(n_estimators=3, max_samples=16, random_state=0), x, None)
    x, y = targets(2)
    sklearn("forest_targets", RandomForestRegressor(3, max_depth=3, random_state=0), x, y)
    sklearn("mlp_targets", make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=0)), x, y)
    boosted = AdaBoostRegressor(DecisionTreeRegressor(max_depth=2), n_estimators=3, random_state=0)
    sklearn("boosted_target", boosted, x, y[:, 0])
    sklearn("tree_target", DecisionTreeRegressor(max_depth=3), x, y[:, 0])
    sklearn("knn_targets", KNeighborsRegressor(3), x[:30], y[:30])
    sklearn("polynomial_ridge", make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge()), x[:, :3], y[:, 0])


if __name__ == "__main__":
    for old in FOLDER.glob("*"):
        old.unlink()
    for make in (machines, scores, trees, ensembles, encoders, columns, pipelines):
        make()
    files = list(FOLDER.iterdir())
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files)} bytes")
