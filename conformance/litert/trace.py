"""What LiteRT's reference kernels compute in the integer models, tensor by tensor, as digests.

usage: trace.py DATA OUT   (DATA: the folder that SANDERLING_DATA names, OUT: the folder of the JSON files)

For each fully quantized TFLite model of DATA/models/tflite and each tensor that an operator writes, two digests:
over generated inputs (seeds 1 to 100 for the models of MLPerf Tiny, 1 to 10 for the others; states are reset before
each), and over the inputs of io.npz (states go on from sample to sample). A digest is the SHA-256 of the SHA-256 of
each run's bytes.
"""

import hashlib
import importlib.metadata
import json
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

INTEGERS = (np.int8, np.uint8, np.int16, np.int32, np.int64)


def lcg(x, count):
    """The generator of docs/format.md: bytes, and the state after them."""
    out = bytearray(count)
    for i in range(count):
        x = (1664525 * x + 1013904223) & 0xFFFFFFFF
        out[i] = x >> 24
    return bytes(out), x


class Trace:
    def __init__(self, model):
        self.interpreter = Interpreter(
            model_path=str(model),
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=True,
            num_threads=1,
        )
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        written = {int(i) for op in self.interpreter._get_ops_details() for i in op["outputs"]}
        details = [t for t in self.interpreter.get_tensor_details() if t["index"] in written and t["name"]]
        names = [t["name"] for t in details]
        self.tensors = {t["name"]: t for t in details if names.count(t["name"]) == 1}

    def is_integer(self):
        return all(t["dtype"] in INTEGERS for t in [*self.tensors.values(), *self.inputs])

    def run(self, inputs, digests):
        for details, value in zip(self.inputs, inputs):
            self.interpreter.set_tensor(details["index"], value.reshape(details["shape"]))
        self.interpreter.invoke()
        for name, details in self.tensors.items():
            value = np.ascontiguousarray(self.interpreter.get_tensor(details["index"]))
            digests.setdefault(name, hashlib.sha256()).update(hashlib.sha256(value.tobytes()).digest())

    def generated(self, seeds):
        digests = {}
        for seed in range(1, seeds + 1):
            self.interpreter.reset_all_variables()
            state, inputs = seed, []
            for details in self.inputs:
                data, state = lcg(state, int(np.prod(details["shape"])) * np.dtype(details["dtype"]).itemsize)
                inputs.append(np.frombuffer(data, details["dtype"]))
            self.run(inputs, digests)
        return digests

    def recorded(self, archive):
        self.interpreter.reset_all_variables()
        digests, sample = {}, 0
        while f"s{sample}_in0" in archive:
            self.run([archive[f"s{sample}_in{i}"] for i in range(len(self.inputs))], digests)
            sample += 1
        return digests, sample


def main():
    data, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    version = importlib.metadata.version("ai-edge-litert")
    for folder in sorted((data / "models" / "tflite").iterdir()):
        model = folder / "model.tflite"
        trace = Trace(model)
        if not trace.is_integer():
            continue
        seeds = 100 if folder.name in [f"mlperf_{m}_int8" for m in ("kws", "ic", "vww", "ad")] else 10
        generated = trace.generated(seeds)
        recorded, samples = trace.recorded(np.load(folder / "io.npz"))
        content = {
            "origin": f"ai-edge-litert {version}, BUILTIN_REF, experimental_preserve_all_tensors",
            "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
            "seeds": seeds,
            "samples": samples,
            "tensors": {
                name: {"generated": generated[name].hexdigest()[:32], "recorded": recorded[name].hexdigest()[:32]}
                for name in trace.tensors
            },
        }
        (out / f"{folder.name}.json").write_text(json.dumps(content, indent=1) + "\n")
        print(f"{folder.name}: {len(trace.tensors)} tensors, {seeds} seeds, {samples} samples", flush=True)


main()
