//! A golden structure, and what happens when the bytes are broken.

use std::path::Path;

use sanderling_import::{ImportError, ImportOptions, import};
use sanderling_ir::{DType, Graph, Source};

fn kws() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/kws/model.tflite");
    std::fs::read(path).unwrap()
}

/// The same numbers on every host.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n
    }
}

#[test]
fn the_structure_is_that_of_the_file() {
    let module = import(&kws(), &ImportOptions::default()).unwrap();
    let main = module.function("main").unwrap();
    let ops: Vec<_> = main.nodes.iter().map(|n| n.op.name()).collect();
    let mut expected = vec!["conv2d"; 9];
    expected.extend(["avg_pool2d", "reshape", "fully_connected", "softmax"]);
    assert_eq!(ops, expected);
    let describe = |g: &Graph, ids: &[sanderling_ir::ValueId]| -> Vec<(String, String)> {
        ids.iter().map(|&id| (g.values[id.0].name.clone(), g.ty(id).to_string())).collect()
    };
    assert_eq!(describe(main, &main.inputs), [("input_1".to_string(), "i8[1x49x10x1]".to_string())]);
    assert_eq!(describe(main, &main.outputs), [("Identity".to_string(), "i8[1x12]".to_string())]);
    let depthwise = &main.nodes[1];
    let w = main.ty(depthwise.inputs[1]);
    assert_eq!((w.dtype, &w.shape[..]), (DType::I8, &[64, 3, 3, 1][..]));
    let quant = w.quant.as_ref().unwrap();
    assert_eq!((quant.scales.len(), quant.axis), (64, 0));
    assert!(depthwise.inputs[1..].iter().all(|id| matches!(main.values[id.0].source, Source::Constant(_))));
    assert!(main.states.is_empty());
}

#[test]
fn only_open_dimensions_can_be_chosen() {
    let with = |name: &str, shape: &[usize]| {
        let shapes = [(name.to_string(), shape.to_vec())].into();
        import(&kws(), &ImportOptions { shapes })
    };
    assert!(with("input_1", &[1, 49, 10, 1]).is_ok());
    for (name, shape) in [("input_1", &[1, 48, 10, 1][..]), ("input_1", &[1, 49]), ("other", &[1, 49, 10, 1])] {
        let error = with(name, shape).unwrap_err();
        assert!(matches!(error, ImportError::BadShapeOption { .. }), "{error}");
    }
}

#[test]
fn other_files_are_refused_by_name() {
    for bytes in [&b""[..], b"\0", b"GIF89a..", b"\x08\0\0\0TFL2"] {
        let error = import(bytes, &ImportOptions::default()).unwrap_err();
        assert!(matches!(error, ImportError::UnknownFormat { .. }) && error.to_string().contains("TFLite"), "{error}");
    }
}

#[test]
fn truncated_files_are_errors() {
    let bytes = kws();
    for len in (0..bytes.len()).step_by(97) {
        // What follows the last table may be missing without harm; anything else has to be noticed.
        let _ = import(&bytes[..len], &ImportOptions::default());
    }
    assert!(import(&bytes[..bytes.len() / 2], &ImportOptions::default()).is_err());
}

#[test]
fn mutated_files_never_panic() {
    let original = kws();
    let mut random = Random(17);
    let (mut bytes, mut refused) = (original.clone(), 0);
    for round in 0..20_000 {
        let mut touched = Vec::new();
        for _ in 0..1 + round % 4 {
            let at = random.below(bytes.len());
            bytes[at] = match random.below(3) {
                0 => 0xff,
                1 => bytes[at] ^ (1 << random.below(8)),
                _ => random.below(256) as u8,
            };
            touched.push(at);
        }
        refused += usize::from(import(&bytes, &ImportOptions::default()).is_err());
        for at in touched {
            bytes[at] = original[at];
        }
    }
    assert!(refused > 100, "{refused}");
}
