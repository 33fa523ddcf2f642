"""What every peer's script does: one model, one thread, measured when `cargo xtask bench` asks.

Arguments: the model file, a .npz with the rows of each input (inputs in the model's order, a leading dimension of rows), and
where to write the outputs in the same form, as `out0`, `out1`, ... Says {"name": ...} when it is ready. Then each line of
standard input is answered: a number of seconds with {"median_us": ..., "runs": ...}, the word `reference` with {"reference":
true} once the outputs are replaced by those of the peer's unoptimized kernels, or false where it has none.
"""

import json
import sys
import time


def serve(Peer):
    """`Peer(model, rows)` has `name`, `prepare(row_index)`, `run()`, `outputs()`, of which only `run` is timed.

    Where `Peer.has_reference`, `Peer(model, rows, reference=True)` uses the unoptimized kernels.
    """
    try:
        import numpy

        model, inputs, outputs = sys.argv[1:]
        arrays = numpy.load(inputs)
        arrays = [arrays[key] for key in arrays.files]
        # A row of a row of numbers is a numpy scalar; peers want an array without dimensions.
        rows = [[numpy.asarray(part) for part in row] for row in zip(*arrays)]
        peer = Peer(model, rows)
        write(peer, len(rows), outputs)
    except ImportError as error:
        say({"missing": str(error)})
        return
    except Exception as error:
        # The peer's own words, without its stack trace.
        say({"failed": str(error).split("Stack backtrace")[0].strip()})
        return
    say({"name": peer.name})
    for line in sys.stdin:
        if line.strip() == "reference":
            if Peer.has_reference:
                write(Peer(model, rows, reference=True), len(rows), outputs)
            say({"reference": Peer.has_reference})
        else:
            measure(peer, len(rows), float(line) / 10)
            times = sorted(measure(peer, len(rows), float(line)))
            say({"median_us": times[len(times) // 2], "runs": len(times)})


def write(peer, rows, path):
    """Runs each row once, in order."""
    import numpy

    results = []
    for row in range(rows):
        peer.prepare(row)
        peer.run()
        results.append([numpy.array(output) for output in peer.outputs()])
    stacked = [numpy.stack(output) for output in zip(*results)]
    numpy.savez(path, **{f"out{index}": output for index, output in enumerate(stacked)})


def measure(peer, rows, seconds):
    """Microseconds of each run, one at least, until the time is over."""
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        peer.prepare(len(times) % rows)
        start = time.perf_counter_ns()
        peer.run()
        times.append((time.perf_counter_ns() - start) / 1000)
    return times


def say(message):
    print(json.dumps(message), flush=True)
