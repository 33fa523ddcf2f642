//! Moves of elements, and arithmetic on plain integers.

mod binary;
mod cast;
mod copy;
mod gather;
pub(crate) mod numeric;
mod reduce;
mod search;
mod select;
mod unary;
pub(crate) mod walk;

pub(crate) use binary::holds;
pub(crate) use reduce::reduce;
