//! The model, compiled, and recorded windows as the sensor would give them.

use std::path::{Path, PathBuf};

use imu_gestures::app::Gesture;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/magicwand")
}

/// The artifact for a Cortex-M4.
pub fn artifact() -> Vec<u8> {
    let bytes = std::fs::read(folder().join("model.tflite")).unwrap();
    let module = sanderling_import::import(&bytes, &Default::default()).unwrap();
    let target = sanderling_targets::find("cortex-m4f").unwrap();
    sanderling_compile::compile(&module, &target).unwrap().artifact
}

/// Each recorded window as the bytes of the sensor's bursts, and what LiteRT takes it for.
pub fn windows() -> Vec<(Vec<[u8; 14]>, Gesture)> {
    let arrays = sanderling_host::read_npz(&folder().join("inputs.npz")).unwrap();
    let find = |name: String| arrays.iter().find(|a| a.name == name).map(|a| a.data.clone());
    let samples = (0..).map_while(|k| Some((find(format!("s{k}_in0"))?, find(format!("s{k}_out0"))?)));
    samples.map(|(input, output)| (input.as_chunks().0.iter().map(burst).collect(), best(&output))).collect()
}

/// Six quantized values back as what the registers held: accelerations, temperature, rates of turn.
fn burst(row: &[u8; 6]) -> [u8; 14] {
    let unit = row.map(|q| (f64::from(q as i8) + 128.0) / 255.0);
    let g = |i: usize| (unit[i] * 8.0 - 4.0) * 8192.0;
    let degrees = |i: usize| (unit[i] * 4000.0 - 2000.0) * 16.4;
    let words = [g(0), g(1), g(2), 0.0, degrees(3), degrees(4), degrees(5)];
    let mut bytes = [0; 14];
    for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        // Plus 4 g is one more than the register holds.
        *to = (word.round().clamp(-32768.0, 32767.0) as i16).to_be_bytes();
    }
    bytes
}

fn best(scores: &[u8]) -> Gesture {
    let class = (0..scores.len()).rev().max_by_key(|&i| scores[i] as i8).unwrap();
    Gesture { class, score: scores[class] as i8 }
}
