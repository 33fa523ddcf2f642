//! Changes of type.

use sanderling_ir::{DType, Op, Quant, TensorType};

use crate::harness::{BYTES, Case, plain, quantized};

const NUMBERS: [DType; 9] =
    [DType::I8, DType::U8, DType::Bool, DType::I16, DType::I32, DType::I64, DType::F16, DType::BF16, DType::F32];

fn convert(x: &TensorType, op: Op, quant: Option<Quant>) {
    let mut case = Case::new();
    // bf16 is not a type of inputs and outputs.
    let wide = TensorType { dtype: DType::F32, ..x.clone() };
    let bridge = x.dtype == DType::BF16;
    let mut value = case.input(if bridge { &wide } else { x });
    if bridge {
        value = case.inner(Op::Cast { dtype: x.dtype }, value);
    }
    if op == (Op::Cast { dtype: DType::BF16 }) {
        let narrow = case.inner(op, value);
        case.node(Op::Cast { dtype: DType::F32 }, &[narrow], None);
    } else {
        case.node(op, &[value], quant);
    }
    case.check();
}

#[test]
fn casts_between_all_types() {
    for from in NUMBERS {
        for to in NUMBERS {
            convert(&plain(from, &[37]), Op::Cast { dtype: to }, None);
        }
        if BYTES.contains(&from) {
            convert(&quantized(from, &[37], 0.1, 5), Op::Cast { dtype: DType::I32 }, None);
            convert(&quantized(from, &[37], 0.1, 5), Op::Cast { dtype: DType::F32 }, None);
        }
    }
}

#[test]
fn real_numbers_become_quantized_and_back() {
    let several = Quant { scales: vec![0.1, 0.2, 0.05], zero_points: vec![1, 2, 3], axis: 1 };
    for dtype in [DType::I8, DType::U8, DType::I16] {
        let one = Quant::per_tensor(0.25, 3);
        for quant in [one, several.clone()] {
            for from in [DType::F32, DType::F16] {
                convert(&plain(from, &[2, 3, 9]), Op::Quantize { dtype }, Some(quant.clone()));
            }
            let x = TensorType { quant: Some(quant), ..plain(dtype, &[2, 3, 9]) };
            convert(&x, Op::Dequantize, None);
        }
    }
    convert(&plain(DType::F16, &[33]), Op::Dequantize, None);
}

#[test]
fn quantizations_change() {
    for from in BYTES {
        for to in BYTES {
            for (scale, zero) in [(0.1, 7), (0.05, -128), (0.37, 100)] {
                let quant = quantized(to, &[], scale, zero).quant;
                convert(&quantized(from, &[300], 0.1, 7), Op::Quantize { dtype: to }, quant);
            }
        }
    }
}
