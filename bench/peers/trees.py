"""What the scripts of tree libraries share: rows as the library wants them, outputs as a matrix."""

import numpy


class Trees:
    """`load(model)` sets `name`; `predict(matrix)` is timed. `dtype` is what the library reads without copying."""

    has_reference = False
    dtype = numpy.float32

    def __init__(self, model, rows):
        self.matrices = [row[0] for row in rows]
        if self.dtype == numpy.float64:
            self.widen()
        self.load(model)

    def widen(self):
        """The shortest decimals that are these rows in single precision, in double precision: what was written down."""
        self.matrices = [matrix.astype(str).astype(numpy.float64) for matrix in self.matrices]

    def prepare(self, row):
        self.matrix = self.matrices[row]

    def run(self):
        self.result = self.predict(self.matrix)

    def outputs(self):
        return [numpy.asarray(self.result, dtype=numpy.float32).reshape(len(self.matrix), -1)]


def is_lightgbm(model):
    return model.endswith(".txt")
