"""XGBoost's own predictor on plain arrays, one thread."""

from serve import serve
from trees import Trees


class XgBoost(Trees):
    def load(self, model):
        import xgboost

        self.name = f"XGBoost {xgboost.__version__}"
        self.booster = xgboost.Booster({"nthread": 1}, model_file=model)
        self.booster.set_param({"nthread": 1})
        self.predict = self.booster.inplace_predict


serve(XgBoost)
