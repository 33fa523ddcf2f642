"""What the scripts of tree libraries share: rows as the library wants them, outputs as a matrix."""

import os

import numpy


class Trees:
    """`load(model)` sets `name`; `predict(matrix)` is timed. `dtype` is what the library reads without copying."""

    has_reference = False
    dtype = numpy.float32

    def __init__(self, model, rows):
        self.matrices = [row[0] for row in rows]
        if self.dtype == numpy.float64:
            self.widen(model)
        self.load(model)

    def widen(self, model):
        """The rows in double precision, as the file beside the model has them."""
        table = numpy.load(os.path.join(os.path.dirname(model), "io.npz"))["X"].astype(numpy.float64)
        rows = numpy.resize(table, (sum(map(len, self.matrices)), table.shape[1]))
        assert numpy.array_equal(rows.astype(numpy.float32), numpy.concatenate(self.matrices), equal_nan=True)
        ends = numpy.cumsum([len(matrix) for matrix in self.matrices])[:-1]
        self.matrices = [numpy.ascontiguousarray(part) for part in numpy.split(rows, ends)]

    def prepare(self, row):
        self.matrix = self.matrices[row]

    def run(self):
        self.result = self.predict(self.matrix)

    def outputs(self):
        return [numpy.asarray(self.result, dtype=numpy.float32).reshape(len(self.matrix), -1)]


def is_lightgbm(model):
    return model.endswith(".txt")
