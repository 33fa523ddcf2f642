"""Files of rows, and how long readers take to make arrays of them, one thread.

`make FOLDER` writes the same rows as CSV (numpy), libsvm (scikit-learn), RecordIO (SageMaker's SDK) and Parquet (pyarrow), as
far as their writers are there, and says {name: bytes}. `read READER FILE SECONDS` says {"name", "rows", "seconds" (the
median), "features", "labels" (sums)}, or {} where the library is missing.
"""

import json
import os
import sys
import time

ROWS, COLUMNS = 50_000, 28


def table():
    """A third of the values are zero; all have four decimals."""
    import numpy

    random = numpy.random.default_rng(7)
    values = random.normal(size=(ROWS, COLUMNS)).round(4).astype(numpy.float32)
    values[random.random(size=values.shape) < 1 / 3] = 0
    return values, random.integers(0, 2, size=ROWS).astype(numpy.float32)


def make(folder):
    import numpy

    os.makedirs(folder, exist_ok=True)
    features, labels = table()

    def csv(path):
        numpy.savetxt(path, numpy.column_stack([labels, features]), fmt="%.6g", delimiter=",")

    def libsvm(path):
        import scipy.sparse
        import sklearn.datasets

        sklearn.datasets.dump_svmlight_file(scipy.sparse.csr_matrix(features), labels, path, zero_based=True)

    def recordio(path):
        from sagemaker.serializer_utils import write_numpy_to_dense_tensor

        with open(path, "wb") as file:
            write_numpy_to_dense_tensor(file, features, labels)

    def parquet(path):
        import pyarrow
        import pyarrow.parquet

        columns = {"label": labels} | {f"f{c}": features[:, c] for c in range(COLUMNS)}
        pyarrow.parquet.write_table(pyarrow.table(columns), path)

    sizes = {}
    for writer in [csv, libsvm, recordio, parquet]:
        path = os.path.join(folder, writer.__name__)
        try:
            writer(path)
            sizes[writer.__name__] = os.path.getsize(path)
        except ImportError:
            pass
    return sizes


def pandas_csv(path):
    import numpy
    import pandas

    values = pandas.read_csv(path, header=None, dtype=numpy.float32).to_numpy()
    return f"pandas {pandas.__version__}", values[:, 1:], values[:, 0]


def matrix(arrow):
    """A table of pyarrow as a matrix of numbers."""
    import numpy

    columns = [column.to_numpy() for column in arrow.columns]
    return numpy.column_stack(columns[1:]).astype(numpy.float32), columns[0]


def pyarrow_csv(path):
    import pyarrow.csv

    read = pyarrow.csv.ReadOptions(use_threads=False, autogenerate_column_names=True)
    return f"pyarrow {pyarrow.__version__}", *matrix(pyarrow.csv.read_csv(path, read_options=read))


def sklearn_libsvm(path):
    import numpy
    import sklearn
    from sklearn.datasets import load_svmlight_file

    features, labels = load_svmlight_file(path, dtype=numpy.float32, zero_based=True)
    return f"scikit-learn {sklearn.__version__}", features.data, labels


def sagemaker_recordio(path):
    import numpy
    import sagemaker
    from sagemaker.serializer_utils import read_records

    with open(path, "rb") as file:
        records = read_records(file)
    features = numpy.array([r.features["values"].float32_tensor.values for r in records], dtype=numpy.float32)
    labels = numpy.array([r.label["values"].float32_tensor.values[0] for r in records])
    return f"sagemaker {sagemaker.__version__}", features, labels


def pyarrow_parquet(path):
    import pyarrow.parquet

    return f"pyarrow {pyarrow.__version__}", *matrix(pyarrow.parquet.read_table(path, use_threads=False))


def pandas_parquet(path):
    import numpy
    import pandas

    values = pandas.read_parquet(path).to_numpy(dtype=numpy.float32)
    return f"pandas {pandas.__version__}", values[:, 1:], values[:, 0]


def read(reader, path, seconds):
    reader = {r.__name__: r for r in READERS}[reader]
    # Imports are no reading.
    reader(path)
    times = []
    begin = time.perf_counter()
    while not times or time.perf_counter() - begin < float(seconds):
        start = time.perf_counter()
        name, features, labels = reader(path)
        times.append(time.perf_counter() - start)
    sums = {"features": float(features.sum(dtype="f8")), "labels": float(labels.sum(dtype="f8"))}
    return {"name": name, "rows": len(labels), "seconds": sorted(times)[len(times) // 2], **sums}


READERS = [pandas_csv, pyarrow_csv, sklearn_libsvm, sagemaker_recordio, pyarrow_parquet, pandas_parquet]


def main():
    os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    # One thread each.
    os.environ["OMP_NUM_THREADS"] = "1"
    # The SDK speaks on standard output.
    out, sys.stdout = sys.stdout, sys.stderr
    task, *arguments = sys.argv[1:]
    try:
        said = {"make": make, "read": read}[task](*arguments)
    except ImportError:
        said = {}
    print(json.dumps(said), file=out)


main()
