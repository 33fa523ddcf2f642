//! Which nodes compute into the memory of an input.
//!
//! What a node may do is not written down here: it is lowered at trial places, where the calls themselves say whether they
//! can work that way and what scratch they need then.

use std::collections::BTreeMap;

use sanderling_format::{ALIGN, Artifact};
use sanderling_ir::{Graph, Node, Source, ValueId};
use sanderling_targets::{Isa, Target};

use crate::CompileError;
use crate::buffers::Buffers;
use crate::lower;
use crate::plan::{self, Plan};
use crate::wgsl;

/// A node that could work in place.
#[derive(Clone, Copy)]
struct Candidate {
    step: usize,
    input: usize,
    output: usize,
    scratch: u32,
}

/// The plan with nodes in place where that makes it smaller, or costs nothing and makes it no larger; and the bytes that it
/// takes without any. `buffers` get their scratch and become those of the plan.
///
/// To work in place costs nothing where it takes no more scratch: elsewhere parts of the input are copied first, and that is
/// done in those steps alone that would otherwise need more memory than the step that needs most in any case, and only on
/// targets whose memory is worth the time. On a GPU all elements are computed at once, so that none may be where another is
/// still to be read.
pub fn plan(graph: &Graph, buffers: &mut Buffers, target: &Target) -> Result<(Plan, u32), CompileError> {
    let mut scratch = Vec::with_capacity(graph.nodes.len());
    for (step, node) in graph.nodes.iter().enumerate() {
        let bytes = trial(graph, node, None)?.1;
        buffers.add_scratch(step, bytes);
        scratch.push(bytes);
    }
    let apart = plan::plan(buffers.requests());
    let allowed = |kernel: &str| target.isa != Isa::Wgsl || wgsl::works_in_place(kernel);

    let mut free = buffers.clone();
    let mut costly = Vec::new();
    for (step, node) in graph.nodes.iter().enumerate() {
        match candidate(graph, buffers, step, node, &allowed) {
            Some(c) if c.scratch <= scratch[step] => free.share(step, c.input, c.output, c.scratch),
            Some(c) if target.is_bare_metal() => costly.push(c),
            _ => {}
        }
    }
    // Only its own step needs less when a node works in place, so that each can be looked at alone.
    let need = |buffers: &Buffers, step| plan::needed(buffers.requests(), step);
    let sharing = |buffers: &Buffers, c: &Candidate| {
        let mut shared = buffers.clone();
        shared.share(c.step, c.input, c.output, c.scratch);
        shared
    };
    let least = |step| {
        let candidate = costly.iter().find(|c| c.step == step);
        let shared = candidate.map_or(u32::MAX, |c| need(&sharing(&free, c), step));
        need(&free, step).min(shared)
    };
    let bound = (0..graph.nodes.len()).map(least).max().unwrap_or(0);
    let mut small = free.clone();
    for c in costly.iter().filter(|c| need(&free, c.step) > bound) {
        small = sharing(&small, c);
    }
    let apart_bytes = apart.bytes;
    let plans = [small, free].map(|buffers| (plan::plan(buffers.requests()), buffers));
    let [(small, with_copies), (plain, without)] = plans;
    let (best, chosen) = if small.bytes < plain.bytes { (small, with_copies) } else { (plain, without) };
    if best.bytes > apart_bytes {
        return Ok((apart, apart_bytes));
    }
    *buffers = chosen;
    Ok((best, apart_bytes))
}

/// How a node works in place, if it can: of an input that is not read again, that is no state, and that it reads once.
fn candidate(
    graph: &Graph,
    buffers: &Buffers,
    step: usize,
    node: &Node,
    allowed: &dyn Fn(&str) -> bool,
) -> Option<Candidate> {
    let &[output] = &node.outputs[..] else { return None };
    let output = buffers.buffer(output)?;
    let mine = |id: &ValueId| buffers.buffer(*id);
    let found = node.inputs.iter().enumerate().filter_map(|(i, id)| {
        let input = mine(id)?;
        let ends = buffers.last(input) == step && input != output;
        let once = node.inputs.iter().filter(|other| mine(other) == Some(input)).count() == 1;
        // A node of several calls may read again what the first of them overwrites.
        let (calls, scratch) = (ends && once).then(|| trial(graph, node, Some(i)).ok())??;
        let &[kernel] = &calls[..] else { return None };
        if !allowed(kernel) {
            return None;
        }
        Some(Candidate { step, input, output, scratch })
    });
    found.min_by_key(|c| c.scratch)
}

/// Lowers a node with all that it touches apart, but its output in the place of input `shared`. Returns the kernels that it
/// calls and the scratch that they need; it fails where they cannot work so.
fn trial(graph: &Graph, node: &Node, shared: Option<usize>) -> Result<(Vec<&'static str>, u32), CompileError> {
    let mut places = BTreeMap::new();
    let mut end = 0u32;
    // Beyond what a place can be, the calls refuse it.
    let mut next = |bytes: usize| {
        let at = end;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        end = end.saturating_add(bytes).checked_next_multiple_of(ALIGN).unwrap_or(u32::MAX / ALIGN * ALIGN);
        at
    };
    let constant = |id: &ValueId| matches!(graph.values[id.0].source, Source::Constant(_));
    for &id in node.inputs.iter().filter(|id| !constant(id)).chain(&node.outputs) {
        places.entry(id).or_insert_with(|| next(graph.ty(id).bytes()));
    }
    if let Some(input) = shared {
        let pair = [node.inputs[input], node.outputs[0]];
        let at = next(pair.map(|id| graph.ty(id).bytes()).into_iter().max().unwrap_or(0));
        places.extend(pair.map(|id| (id, at)));
    }
    let end = next(0);
    let place = |id: ValueId| places.get(&id).copied().unwrap_or(0);
    let mut artifact = Artifact::default();
    let scratch = lower::lower(graph, node, &place, end, &mut artifact)?;
    Ok((artifact.calls().iter().map(|call| call.kernel).collect(), scratch))
}
