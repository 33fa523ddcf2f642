//! Reports of small graphs: what is in them, and that a page says it without trusting any name.

use sanderling_ir::{DType, Graph, Module, Tensor, TensorType};

use crate::passes::tests::{graph, random_inputs};
use crate::{Calibration, Options, Report, SpanKind, compile, compile_with};

fn report(main: Graph, target: &str) -> Report {
    let target = sanderling_targets::find(target).unwrap();
    compile(&Module::new("small", main), &target).unwrap().report
}

fn net() -> Graph {
    graph(
        "%x: f32[1x6x6x2]",
        "%w = const : f32[4x3x3x2] rand
%b = const : f32[4] rand
%v = const : f32[3x4] rand
%u = const : f32[3] rand
%c = conv2d(%x, %w, %b) {padding=[1, 1, 1, 1]} : f32[1x6x6x4]
%a = unary clamp(%c) {min=0.0, max=inf} : f32[1x6x6x4]
%e = unary sqrt(%a) : f32[1x6x6x4]
%r = reduce mean(%e) {axes=[1, 2], keep_dims=false} : f32[1x4]
%f = fully_connected(%r, %v, %u) : f32[1x3]
return %f",
    )
}

#[test]
fn layers_know_their_kernels_and_what_was_fused_into_them() {
    let report = report(net(), "host");
    let first = &report.layers[0];
    // Two bytes hold the weights of this test exactly.
    assert_eq!((first.name.as_str(), first.op, &first.kernels[..]), ("a", "conv2d", &["conv2d_bf16"][..]));
    assert_eq!(first.fused, ["c (conv2d)"]);
    let fused = report.passes.iter().flat_map(|p| &p.fused).find(|f| f.name == "c").unwrap();
    assert_eq!(fused.into.as_deref(), Some("a"));
    assert_eq!(report.calls.len(), report.layers.iter().map(|l| l.kernels.len()).sum::<usize>());
    assert_eq!(report.calls.iter().map(|c| c.work.macs).sum::<u64>(), report.macs);
    assert!(report.instructions.is_none(), "nobody has measured the host");
}

#[test]
fn buffers_that_live_together_lie_apart_and_fill_the_arena() {
    let report = report(net(), "host");
    for (i, a) in report.buffers.iter().enumerate() {
        assert!(a.first_layer <= a.last_layer && a.last_layer < report.layers.len(), "{a:?}");
        for b in &report.buffers[..i] {
            let together = a.first_layer <= b.last_layer && b.first_layer <= a.last_layer;
            let apart = a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
            // A layer in place writes where what it reads ends.
            let handed_over = a.last_layer == b.first_layer || b.last_layer == a.first_layer;
            assert!(!together || apart || (handed_over && a.offset == b.offset), "{a:?} and {b:?}");
        }
    }
    assert_eq!(report.buffers.iter().map(|b| b.offset + b.bytes).max(), Some(report.arena_bytes));
    let of_kind = |kind| report.buffers.iter().filter(|b| b.kind == kind).count();
    assert_eq!((of_kind(SpanKind::Input), of_kind(SpanKind::Output)), (1, 1));
    let parts: u32 = report.sections.iter().map(|s| s.bytes).sum();
    assert!(parts as usize <= report.artifact_bytes && report.artifact_bytes - (parts as usize) < 7 * 16);
}

#[test]
fn quantization_tells_its_agreement_and_what_stayed_real() {
    let main = net();
    let samples = (1..21).map(|seed| random_inputs(&main, seed)).collect();
    let quantize = Some(Calibration { samples, ..Calibration::default() });
    let options = Options { quantize, ..Options::default() };
    let target = sanderling_targets::find("mps2-an386").unwrap();
    let report = compile_with(&Module::new("small", main), &target, &options).unwrap().report;
    let agreement = report.agreement.as_ref().unwrap();
    assert!(agreement.held_out);
    assert_eq!((agreement.samples, agreement.calibration_samples), (4, 16));
    assert!(agreement.outputs[0].top_1.unwrap() >= 0.5 && agreement.outputs[0].sqnr_db.unwrap() > 10.0);
    assert!(report.kept_float[0].starts_with("e (unary)"));
    assert!(report.layers[0].instructions.unwrap() > report.layers[0].macs);
    let page = report.html();
    assert!(page.contains("e (unary): its results spread") && page.contains("held out"));
}

#[test]
fn the_page_shows_every_name_and_trusts_none() {
    let hostile = "<script>alert(1)</script>\"'&<img src=https://evil.example/x>";
    let mut main = Graph::new("main");
    let x = main.input("in<b>", TensorType::new(DType::F32, &[1, 2]));
    let w = main.constant("w", Tensor::from_f32(TensorType::new(DType::F32, &[2, 2]), &[1.0, 2.0, 3.0, 4.0]));
    let b = main.constant("b", Tensor::from_f32(TensorType::new(DType::F32, &[2]), &[1.0, 2.0]));
    let op = sanderling_ir::Op::FullyConnected { activation: sanderling_ir::Activation::None };
    let y = main.push(hostile, op, &[x, w, b], None).unwrap();
    main.outputs.push(y);
    let target = sanderling_targets::find("host").unwrap();
    let page = compile(&Module::new("</title><script>", main), &target).unwrap().report.html();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("in&lt;b&gt;"));
    for tag in
        ["<script", "<img", "<link", "<iframe", "<b>", "src=\"", "href=", "url(", "@import", "onload=", "onclick="]
    {
        assert!(!page.contains(tag), "{tag}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.contains("Content-Security-Policy") && page.starts_with("<!DOCTYPE html>"));
}

#[test]
fn every_layer_of_a_page_is_a_row() {
    let report = report(net(), "nucleo-l4r5zi");
    let page = report.html();
    for layer in &report.layers {
        assert!(page.contains(&format!("<code>{}</code>", layer.name)), "{}", layer.name);
    }
    assert_eq!(page.matches("<td class=\"index\"").count(), report.layers.len());
    assert_eq!(page.matches("<rect").count(), report.buffers.len());
}
