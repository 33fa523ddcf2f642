"""ONNX Runtime, CPU provider, one thread, default optimizations; inputs are bound before a run, not copied in it."""

from serve import serve


class OnnxRuntime:
    has_reference = True

    def __init__(self, model, rows, reference=False):
        import onnxruntime

        self.name = f"ONNX Runtime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if reference:
            # Quantized models then compute with real numbers between their quantizing nodes.
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.bindings = [self.bind(row) for row in rows]

    def bind(self, row):
        binding = self.session.io_binding()
        for declared, array in zip(self.session.get_inputs(), row):
            binding.bind_cpu_input(declared.name, array)
        for declared in self.session.get_outputs():
            binding.bind_output(declared.name)
        return binding

    def prepare(self, row):
        self.binding = self.bindings[row]

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def outputs(self):
        return self.binding.copy_outputs_to_cpu()


serve(OnnxRuntime)
