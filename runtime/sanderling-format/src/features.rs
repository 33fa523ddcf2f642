//! What the kernel calls of an artifact need that a set of kernels may lack.

use core::fmt;

/// Needs, a bit each. A set of kernels offers those of its kernels; a runtime refuses an artifact that needs another, a bit
/// that it has never heard of among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Features(pub u32);

impl Features {
    /// Calls on real numbers.
    pub const REAL: Features = Features(1 << 0);

    /// Both together.
    pub const fn with(self, other: Features) -> Features {
        Features(self.0 | other.0)
    }

    /// Those that `other` lacks.
    pub const fn without(self, other: Features) -> Features {
        Features(self.0 & !other.0)
    }

    /// Whether nothing is needed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = self.without(Features::REAL);
        if !self.without(unknown).is_empty() {
            f.write_str("calls on real numbers")?;
        }
        if !unknown.is_empty() {
            let and = if unknown == *self { "" } else { " and " };
            write!(f, "{and}features {:#x}, unknown to this runtime", unknown.0)?;
        }
        Ok(())
    }
}
