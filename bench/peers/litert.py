"""LiteRT with its default kernels, which are XNNPACK's where it has them, one thread."""

from importlib.metadata import version

from serve import serve


class LiteRt:
    has_reference = True

    def __init__(self, model, rows, reference=False):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        self.name = f"LiteRT {version('ai-edge-litert')} (XNNPACK)"
        self.rows = rows
        kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
        self.interpreter = Interpreter(model_path=model, num_threads=1, experimental_op_resolver_type=kernels)
        self.interpreter.allocate_tensors()
        self.inputs = [detail["index"] for detail in self.interpreter.get_input_details()]
        self.output_indices = [detail["index"] for detail in self.interpreter.get_output_details()]

    def prepare(self, row):
        for index, array in zip(self.inputs, self.rows[row]):
            self.interpreter.set_tensor(index, array)

    def run(self):
        self.interpreter.invoke()

    def outputs(self):
        return [self.interpreter.get_tensor(index) for index in self.output_indices]


serve(LiteRt)
