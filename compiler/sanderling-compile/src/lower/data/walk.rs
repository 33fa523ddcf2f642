//! Walks over tensors with as few axes as possible.

use sanderling_format::calls::{AXES, Broadcast};

use crate::CompileError;
use crate::lower::Site;

/// Row-major strides.
pub fn strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i] as isize;
    }
    strides
}

/// Strides that read a tensor of `shape` as one of the larger shape `to`, as numpy broadcasts.
pub fn broadcast_strides(shape: &[usize], to: &[usize]) -> Vec<isize> {
    let own = strides(shape);
    let stride = |i: usize| match (i + shape.len()).checked_sub(to.len()) {
        Some(j) if shape[j] != 1 => own[j],
        _ => 0,
    };
    (0..to.len()).map(stride).collect()
}

/// One shape and the strides of `N` tensors along it.
pub struct Walk<const N: usize> {
    pub dims: Vec<usize>,
    pub strides: [Vec<isize>; N],
}

impl<const N: usize> Walk<N> {
    /// Drops axes of length 1 and joins those that every tensor steps through alike.
    pub fn merged(&self) -> Walk<N> {
        let mut merged = Walk { dims: Vec::new(), strides: [const { Vec::new() }; N] };
        for (axis, &n) in self.dims.iter().enumerate().filter(|(_, n)| **n != 1) {
            let joins = |own: &Vec<isize>, all: &Vec<isize>| own.last() == Some(&(all[axis] * n as isize));
            let join = !merged.dims.is_empty() && merged.strides.iter().zip(&self.strides).all(|(o, a)| joins(o, a));
            match merged.dims.last_mut() {
                Some(last) if join => *last *= n,
                _ => merged.dims.push(n),
            }
            for (own, all) in merged.strides.iter_mut().zip(&self.strides) {
                if join {
                    own.pop();
                }
                own.push(all[axis]);
            }
        }
        merged
    }
}

/// A walk in the words of a call, unused axes first; `None` where it has too many axes.
pub fn words<const N: usize, const A: usize>(walk: &Walk<N>) -> Option<([u32; A], [[i32; A]; N])> {
    let unused = A.checked_sub(walk.dims.len())?;
    let (mut dims, mut strides) = ([1; A], [[0; A]; N]);
    for (axis, &n) in walk.dims.iter().enumerate() {
        dims[unused + axis] = u32::try_from(n).ok()?;
        for (to, from) in strides.iter_mut().zip(&walk.strides) {
            to[unused + axis] = i32::try_from(from[axis]).ok()?;
        }
    }
    Some((dims, strides))
}

impl Site<'_> {
    /// The words of a merged walk.
    pub fn walk<const N: usize>(&self, walk: &Walk<N>) -> Result<([u32; AXES], [[i32; AXES]; N]), CompileError> {
        match words(&walk.merged()) {
            Some(words) => Ok(words),
            None => self.fail(format!("it walks over more than {AXES} axes")),
        }
    }

    /// Inputs `a` and `b` broadcast to the output.
    pub fn broadcast(&self, a: usize, b: usize) -> Result<Broadcast, CompileError> {
        let (a, b, dims) = (self.ty(a), self.ty(b), self.out_ty().shape.clone());
        let strides = [&a.shape, &b.shape].map(|shape| broadcast_strides(shape, &dims));
        let (dims, [a_strides, b_strides]) = self.walk(&Walk { dims, strides })?;
        Ok(Broadcast { dims, a_strides, b_strides, a_len: a.elements() as u32, b_len: b.elements() as u32 })
    }
}
