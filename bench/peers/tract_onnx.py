"""tract, by its Python package, which has one thread."""

from serve import serve


class Tract:
    has_reference = False

    def __init__(self, model, rows):
        import tract

        self.name = f"tract {tract.version()}"
        self.rows = [[tract.Tensor.from_numpy(array) for array in row] for row in rows]
        try:
            typed = fixed(tract, model, rows[0])
        except tract.TractError as error:
            try:
                typed = substituted(tract, model, rows[0])
            except tract.TractError:
                raise error
        self.runnable = typed.into_runnable()

    def prepare(self, row):
        self.inputs = self.rows[row]

    def run(self):
        self.results = self.runnable.run(self.inputs)

    def outputs(self):
        return [result.to_numpy() for result in self.results]


def fixed(tract, model, row):
    """The model with the inputs' shapes in place of those of the file."""
    inference = tract.onnx().load(model)
    for index, array in enumerate(row):
        inference.set_input_fact(index, ",".join([*map(str, array.shape), DTYPES[str(array.dtype)]]))
    return inference.into_model()


def substituted(tract, model, row):
    """The model with numbers for the symbols of its inputs' shapes; needed where inner shapes name them too."""
    typed = tract.onnx().load(model).into_model()
    symbols = {}
    for index, array in enumerate(row):
        *dims, _ = str(typed.input_fact(index)).split(",")
        symbols |= {symbol: size for symbol, size in zip(dims, array.shape) if not symbol.isdigit()}
    typed.transform(tract.SetSymbols(symbols))
    return typed


DTYPES = {"float32": "f32", "int64": "i64", "int32": "i32", "int8": "i8", "uint8": "u8", "bool": "bool"}

serve(Tract)
