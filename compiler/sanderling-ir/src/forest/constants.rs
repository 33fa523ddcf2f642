//! The constants that hold a forest in a graph: see [`Op::TreeEnsemble`](crate::Op::TreeEnsemble).

use std::collections::HashMap;
use std::sync::Arc;

use super::{Child, Forest, Root, Split, Test};
use crate::{DType, Tensor, TensorType};

/// Inputs of the op behind `x`.
const CONSTANTS: usize = 6;
/// What is set in the mode of a split beside its test.
const MISSING: u32 = 1 << 2;
const ZERO_IS_MISSING: u32 = 1 << 3;
/// Where in a mode the place of its set begins.
const SET_SHIFT: u32 = 8;

impl Forest {
    /// The constants of the op, in order.
    pub(crate) fn tensors(&self) -> [Tensor; CONSTANTS] {
        let child = |child: Child| match child {
            Child::Split(i) => i as i32,
            Child::Leaf(i) => -1 - i as i32,
        };
        let ints = |shape: &[usize], values: &[i32]| Tensor::from_i32(TensorType::new(DType::I32, shape), values);
        let reals = |shape: &[usize], values: &[f32]| Tensor::from_f32(TensorType::new(DType::F32, shape), values);
        let mut sets = Sets::default();
        let (mut splits, mut thresholds) = (Vec::new(), Vec::new());
        for split in &self.splits {
            let (test, threshold) = match &split.test {
                Test::Less(t) => (0, *t),
                Test::AtMost(t) => (1, *t),
                Test::Equal(t) => (2, *t),
                Test::In(set) => (3 | sets.place(set) << SET_SHIFT, 0.0),
            };
            let flags = [(split.missing, MISSING), (split.zero_is_missing, ZERO_IS_MISSING)];
            let mode = flags.into_iter().filter(|(is_set, _)| *is_set).fold(test, |mode, (_, flag)| mode | flag);
            splits.extend([split.feature as i32, mode as i32, child(split.yes), child(split.no)]);
            thresholds.push(threshold);
        }
        let roots: Vec<i32> = self.roots.iter().flat_map(|r| [r.target as i32, child(r.child)]).collect();
        [
            ints(&[self.roots.len(), 2], &roots),
            ints(&[self.splits.len(), 4], &splits),
            reals(&[self.splits.len()], &thresholds),
            reals(&[self.leaves.len() / self.width.max(1), self.width], &self.leaves),
            reals(&[self.base.len()], &self.base),
            ints(&[sets.words.len()], &sets.words),
        ]
    }

    /// The forest in the constants of a node, checked for rows of so many features.
    pub fn read(constants: &[&Tensor], features: usize) -> Result<Forest, String> {
        let [roots, splits, thresholds, leaves, base, sets] = constants else {
            return Err(format!("a forest is {CONSTANTS} constants, found {}", constants.len()));
        };
        let child = |i: i32| if i < 0 { Child::Leaf((-1 - i) as usize) } else { Child::Split(i as usize) };
        let index = |i: i32| usize::try_from(i).unwrap_or(usize::MAX);
        let words: Vec<u32> = sets.as_i32().into_iter().map(|word| word as u32).collect();
        let mut known: HashMap<u32, Arc<[u32]>> = HashMap::new();
        let mut set = |place: u32| -> Option<Arc<[u32]>> {
            if let Some(set) = known.get(&place) {
                return Some(set.clone());
            }
            let (&count, rest) = words.get(place as usize..)?.split_first()?;
            let set: Arc<[u32]> = rest.get(..count as usize)?.into();
            known.insert(place, set.clone());
            Some(set)
        };
        let mut forest = Forest::new(base.as_f32(), leaves.ty.shape.last().copied().unwrap_or(0));
        forest.leaves = leaves.as_f32();
        let pairs = roots.as_i32();
        forest.roots =
            pairs.as_chunks::<2>().0.iter().map(|r| Root { target: index(r[0]), child: child(r[1]) }).collect();
        for (i, (split, t)) in splits.as_i32().as_chunks::<4>().0.iter().zip(thresholds.as_f32()).enumerate() {
            let &[feature, mode, yes, no] = split;
            let mode = mode as u32;
            let test = match mode & 3 {
                0 => Test::Less(t),
                1 => Test::AtMost(t),
                2 => Test::Equal(t),
                _ => Test::In(set(mode >> SET_SHIFT).ok_or_else(|| format!("the set of split {i} is not there"))?),
            };
            let (missing, zero_is_missing) = (mode & MISSING != 0, mode & ZERO_IS_MISSING != 0);
            let (yes, no) = (child(yes), child(no));
            forest.splits.push(Split { feature: index(feature), test, missing, zero_is_missing, yes, no });
        }
        forest.check(features)?;
        Ok(forest)
    }
}

/// Bit sets one behind another, each after the count of its words, equal ones once.
#[derive(Default)]
struct Sets {
    words: Vec<i32>,
    places: HashMap<Arc<[u32]>, u32>,
}

impl Sets {
    fn place(&mut self, set: &Arc<[u32]>) -> u32 {
        if let Some(&place) = self.places.get(set) {
            return place;
        }
        let place = self.words.len() as u32;
        self.words.push(set.len() as i32);
        self.words.extend(set.iter().map(|&word| word as i32));
        self.places.insert(set.clone(), place);
        place
    }
}
