//! No bytes make the importer panic.

use super::*;

/// A file with a node of most kinds.
fn file() -> File {
    let constants = [
        floats("w", &[4, 2, 3, 3], &[0.1; 72]),
        floats("k", &[4], &[0.5, 1.0, 1.5, 2.0]),
        floats("scales", &[4], &[1.0, 1.0, 2.0, 1.5]),
        ints("pads", &[8], &[0, 0, 1, 0, 0, 0, 0, 1]),
        ints("target", &[2], &[1, -1]),
        ints("starts", &[1], &[-1]),
        ints("ends", &[1], &[i64::MIN]),
        ints("axes", &[1], &[1]),
        ints("repeats", &[2], &[2, 1]),
        floats("dense", &[3, 224], &[0.01; 672]),
        floats("sx", &[], &[0.5]),
        bytes("zx", &[], DataType::Int8, &[3]),
        floats("lw", &[1, 8, 3], &[0.1; 24]),
        floats("lr", &[1, 8, 2], &[0.1; 16]),
    ];
    let file = constants.into_iter().fold(File::new(17).input("x", &[1, 2, 7, 7]), File::constant);
    file.node("Conv", "x w", "c", vec![list("pads", &[1, 1, 1, 1]), list("strides", &[2, 2])])
        .node("BatchNormalization", "c k k k k", "n", vec![])
        .node("Clip", "n sx", "r", vec![])
        .node("MaxPool", "r", "m", vec![list("kernel_shape", &[2, 2]), int("ceil_mode", 1), list("strides", &[2, 2])])
        .node("Resize", "m - scales", "u", vec![text("mode", "linear")])
        .node("Pad", "u pads", "p", vec![text("mode", "edge")])
        .node("Softmax", "p", "s", vec![int("axis", 1)])
        .node("Concat", "s s", "cc", vec![int("axis", 1)])
        .node("Shape", "cc", "sh", vec![])
        .node("Gather", "sh axes", "g", vec![])
        .node("Range", "g g g", "rg", vec![])
        .node("Reshape", "cc target", "flat", vec![])
        .node("Slice", "flat starts ends axes starts", "back", vec![])
        .node("Tile", "back repeats", "tiled", vec![])
        .node("Split", "tiled", "t1 t2", vec![int("axis", 0)])
        .node("QuantizeLinear", "t1 sx zx", "q", vec![])
        .node("DequantizeLinear", "q sx zx", "d", vec![])
        .node("ReduceMean", "d", "mean", vec![list("axes", &[1])])
        .node("TopK", "d axes", "top ids", vec![])
        .node("Transpose", "t2", "tr", vec![])
        .node("MatMul", "tr d", "mm", vec![])
        .node("Unsqueeze", "mm axes", "un", vec![])
        .node("Expand", "mean axes", "ex", vec![])
        .node("ConstantOfShape", "target", "zeros", vec![])
        .output("un")
        .output("ex")
        .output("top")
}

/// A file whose every node imports.
fn sound() -> File {
    let mut file = file();
    // What cannot be: a shape with -1.
    file.graph.node.retain(|node| node.op_type != "ConstantOfShape");
    file
}

/// The generator of Marsaglia's "Xorshift RNGs".
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn strange(&mut self) -> i64 {
        let values = [-1, 0, 1, 2, 7, 1 << 16, i64::from(i32::MAX), 1 << 31, 1 << 40, i64::MAX, i64::MIN, 1 << 62];
        values[self.below(values.len())]
    }
}

#[test]
fn the_file_imports_while_it_is_whole() {
    sound().graph();
}

#[test]
fn cut_files_are_refused() {
    let bytes = sound().bytes();
    for end in 0..bytes.len() {
        let _ = crate::import(&bytes[..end], &ImportOptions::default());
        let _ = super::super::import(&bytes[..end], &ImportOptions::default());
    }
}

#[test]
fn changed_bytes_never_panic() {
    let (whole, mut random) = (sound().bytes(), Random(1));
    for _ in 0..2500 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, random.next() as u8),
                _ => bytes[at] = random.next() as u8,
            }
        }
        let _ = super::super::import(&bytes, &ImportOptions::default());
    }
}

/// Changes a number, a connection, a size or a type, where bytes alone would rarely hit them.
fn change(graph: &mut GraphProto, random: &mut Random) {
    let (nodes, constants) = (graph.node.len(), graph.initializer.len());
    let node = &mut graph.node[random.below(nodes)];
    let tensor = &mut graph.initializer[random.below(constants)];
    match random.below(6) {
        0 if !node.input.is_empty() => {
            let other = random.below(node.input.len());
            node.input.swap(0, other);
            node.input.pop();
        }
        1 | 2 if !node.attribute.is_empty() => {
            let which = random.below(node.attribute.len());
            let attribute = &mut node.attribute[which];
            attribute.i = random.strange();
            let n = attribute.ints.len();
            if n > 0 {
                attribute.ints[random.below(n)] = random.strange();
            }
        }
        3 if !tensor.dims.is_empty() => {
            let n = tensor.dims.len();
            tensor.dims[random.below(n)] = random.strange();
        }
        4 if !tensor.int64_data.is_empty() => {
            let n = tensor.int64_data.len();
            tensor.int64_data[random.below(n)] = random.strange();
        }
        5 => {
            let dims: Vec<i64> = (0..random.below(5)).map(|_| random.strange()).collect();
            graph.input[0] = info("x", DataType::Float, &fixed(&dims));
        }
        _ => tensor.data_type = random.below(24) as i32,
    }
}

#[test]
fn changed_graphs_never_panic() {
    let mut random = Random(2);
    for _ in 0..2500 {
        let mut file = file();
        for _ in 0..1 + random.below(3) {
            change(&mut file.graph, &mut random);
        }
        file.opset = if random.below(4) == 0 { random.below(24) as i64 } else { 17 };
        let _ = file.import();
    }
}

#[test]
fn nesting_is_limited() {
    let nested = |depth: usize| {
        let mut graph = GraphProto { output: vec![info("x", DataType::Float, &[])], ..GraphProto::default() };
        for _ in 0..depth {
            let attributes = vec![branch("then_branch", graph.clone())];
            graph = GraphProto { node: vec![node("If", "c", "x", attributes)], ..graph };
        }
        graph.input = vec![info("x", DataType::Float, &fixed(&[2]))];
        graph.initializer = vec![bytes("c", &[], DataType::Bool, &[1])];
        let model =
            ModelProto { ir_version: 8, producer_name: "tests".into(), graph: Some(graph), ..ModelProto::default() };
        super::super::import(&model.encode_to_vec(), &ImportOptions::default())
    };
    assert!(nested(20).is_ok());
    assert!(nested(100).unwrap_err().to_string().contains("damaged"));
}
