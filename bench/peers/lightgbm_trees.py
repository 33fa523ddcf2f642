"""LightGBM's own predictor, one thread."""

import numpy

from serve import serve
from trees import Trees


class LightGbm(Trees):
    dtype = numpy.float64

    def load(self, model):
        import logging

        import lightgbm

        # Answers go to standard output; what LightGBM says of old models must not.
        lightgbm.register_logger(logging.getLogger("lightgbm"))

        self.name = f"LightGBM {lightgbm.__version__}"
        self.booster = lightgbm.Booster(model_file=model)

    def predict(self, matrix):
        return self.booster.predict(matrix, num_threads=1)


serve(LightGbm)
