//! The graph of a model file, in the text form of the IR.

use anyhow::{Context, Result};
use sanderling_compile::passes;
use sanderling_ir::{Graph, Module, ValueId, print};
use serde_json::{Value, json};

/// Hexadecimal digits of a constant that are shown where not all are.
const SHOWN: usize = 16;

/// Prints a module, `optimized` as the passes leave it.
pub fn show(mut module: Module, optimized: bool, constants: bool, as_json: bool) -> Result<()> {
    if optimized {
        for function in &mut module.functions {
            *function = passes::run(function).context("the passes failed")?.0;
        }
    }
    let text = if constants { print(&module) } else { shortened(&print(&module)) };
    if as_json {
        let functions: Vec<Value> = module.functions.iter().map(describe).collect();
        println!("{}", json!({ "model": module.name, "functions": functions, "text": text }));
    } else {
        print!("{text}");
    }
    Ok(())
}

fn describe(graph: &Graph) -> Value {
    let value = |id: &ValueId| {
        let value = &graph.values[id.0];
        json!({ "name": value.name, "dtype": value.ty.dtype.to_string(), "shape": value.ty.shape })
    };
    let values = |ids: &[ValueId]| ids.iter().map(value).collect::<Vec<_>>();
    let names = |ids: &[ValueId]| ids.iter().map(|id| graph.values[id.0].name.as_str()).collect::<Vec<_>>();
    let nodes = graph
        .nodes
        .iter()
        .map(|node| json!({ "op": node.op.name(), "inputs": names(&node.inputs), "outputs": values(&node.outputs) }));
    json!({
        "name": graph.name,
        "inputs": values(&graph.inputs),
        "outputs": values(&graph.outputs),
        "states": graph.states.len(),
        "nodes": nodes.collect::<Vec<_>>(),
    })
}

/// Long constants cut to their first bytes, and how many there are.
fn shortened(text: &str) -> String {
    let line = |line: &str| {
        let hex = line.strip_suffix('"').and_then(|line| line.rsplit_once(" hex\""));
        match hex.filter(|(head, digits)| head.contains(" = const : ") && digits.len() > SHOWN) {
            Some((head, digits)) => format!("{head} hex\"{}...\" // {} bytes\n", &digits[..SHOWN], digits.len() / 2),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_constants_are_cut_and_nothing_else() {
        let text = "  %w = const : i8[10] hex\"000102030405060708ff\"\n  %v = const : i8[2] [1, 2]\n  %\"a hex\" = input : i8[1]\n";
        let short = shortened(text);
        assert!(short.contains("hex\"0001020304050607...\" // 10 bytes\n"), "{short}");
        assert!(short.ends_with("  %v = const : i8[2] [1, 2]\n  %\"a hex\" = input : i8[1]\n"), "{short}");
    }
}
