"""lleaves: LightGBM's trees compiled by LLVM, one thread."""

import numpy

from serve import serve
from trees import Trees


class Lleaves(Trees):
    dtype = numpy.float64

    def load(self, model):
        from importlib.metadata import version

        import lleaves

        self.name = f"lleaves {version('lleaves')}"
        self.model = lleaves.Model(model_file=model)
        self.model.compile()

    def predict(self, matrix):
        return self.model.predict(matrix, n_jobs=1)


serve(Lleaves)
