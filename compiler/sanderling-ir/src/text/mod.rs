//! The text form of a module: what dumps show, tests compare and people edit.
//!
//! ```text
//! module "kws" {
//!   func "main"(%input: i8[1x49x10x1] q(0.58, 83)) {
//!     %w = const : i8[8x4] q(axis=0, [0.1, 0.2]) hex"00ff..."
//!     %h = state : f32[1x8]
//!     %y = fully_connected(%input, %w, %b) {activation=relu} : i8[1x8] q(0.1, -128)
//!     %values, %indices = top_k(%y) {k=2} : i8[1x2] q(0.1, -128), i64[1x2]
//!     next %h = %y2
//!     return %values
//!   }
//! }
//! ```
//!
//! A line `texts "label" ["cat", "dog"]` before the functions says what the numbers of an input or output stand for.
//!
//! A name with characters beyond letters, digits and `_ . / -` is quoted: `%"a b"`. Attributes at their usual value
//! are left out. Values are numbered in the order of their definitions; where a graph numbers one otherwise, or where
//! two have one name, the number follows the name: `%x#7`. `//` starts a comment.
//!
//! [`parse()`] gives back exactly the module that [`print()`] was given, for every module that
//! [`verify()`](crate::verify()) accepts, if its sizes stay below 2^31. It reads untrusted text: it checks the syntax,
//! the sizes and the names, takes memory in proportion to the text, and leaves the rules of the graph to the verifier.

mod attributes;
mod cursor;
mod error;
mod parse;
mod print;
mod types;
mod words;

#[cfg(test)]
mod generate;
#[cfg(test)]
mod tests;

pub use error::ParseError;
pub use parse::parse;
pub use print::print;
