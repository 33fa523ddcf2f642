"""Treelite's general inference library, one thread."""

from serve import serve
from trees import Trees, is_lightgbm


class Treelite(Trees):
    def load(self, model):
        import treelite

        self.name = f"Treelite GTIL {treelite.__version__}"
        if is_lightgbm(model):
            self.widen(model)
            self.model = treelite.frontend.load_lightgbm_model(model)
        else:
            self.model = treelite.frontend.load_xgboost_model(model, format_choice="json")
        self.gtil = treelite.gtil

    def predict(self, matrix):
        return self.gtil.predict(self.model, matrix, nthread=1)


serve(Treelite)
