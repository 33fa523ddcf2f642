//! Hyperparameters: a table of names, kinds, defaults and ranges for each algorithm, and typed values from strings.
//!
//! They arrive as strings, as SageMaker sends them. [`read`] checks them against the table and fills in the defaults; the
//! algorithm's own struct takes them from there by serde, `auto` as `None`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// One hyperparameter of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameter {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Default,
    pub about: &'static str,
}

/// What stands where nothing is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be given.
    Required,
    /// The algorithm decides by the data; `auto` may be written too.
    Auto,
    Is(&'static str),
}

/// The values that a hyperparameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// From the first to the last, both included.
    Integer(i64, i64),
    /// From the first to the last.
    Real(Bound, Bound),
    /// Whole numbers separated by commas: so many, or with 0 any number of them.
    Integers(usize),
    Choice(&'static [&'static str]),
    /// true or false, 1 or 0.
    Flag,
}

/// An end of a range of real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    None,
    /// The value itself is inside.
    Closed(f64),
    /// The value itself is outside.
    Open(f64),
}

/// No upper end that anybody would notice.
pub const MANY: i64 = 1 << 53;
/// Zero and above.
pub const NOT_NEGATIVE: Kind = Kind::Real(Bound::Closed(0.0), Bound::None);
/// Above zero.
pub const POSITIVE: Kind = Kind::Real(Bound::Open(0.0), Bound::None);
/// From 0 to 1, both included.
pub const UNIT: Kind = Kind::Real(Bound::Closed(0.0), Bound::Closed(1.0));
/// Above 0, up to 1.
pub const SHARE: Kind = Kind::Real(Bound::Open(0.0), Bound::Closed(1.0));

/// A row of a table.
pub const fn row(name: &'static str, kind: Kind, default: Default, about: &'static str) -> Hyperparameter {
    Hyperparameter { name, kind, default, about }
}

/// What is wrong with a hyperparameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HyperparameterError {
    #[error("there is no hyperparameter {name}; did you mean {nearest}?")]
    Unknown { name: String, nearest: &'static str },
    #[error("hyperparameter {name} is required: {takes}")]
    Missing { name: &'static str, takes: String },
    #[error("hyperparameter {name} = {value} is not possible; it takes {takes}")]
    Value { name: &'static str, value: String, takes: String },
    /// Values that are possible by themselves but not together.
    #[error("{0}")]
    Together(String),
}

/// The typed hyperparameters of an algorithm from the strings that were given.
///
/// Names that begin with an underscore are SageMaker's own and are passed over.
pub fn read<T: DeserializeOwned>(
    table: &[Hyperparameter],
    given: &BTreeMap<String, String>,
) -> Result<T, HyperparameterError> {
    let known = |name: &str| table.iter().any(|h| h.name == name);
    if let Some(name) = given.keys().find(|name| !name.starts_with('_') && !known(name)) {
        let nearest = nearest(name, table.iter().map(|h| h.name));
        return Err(HyperparameterError::Unknown { name: name.clone(), nearest });
    }
    let mut values = Map::new();
    for hyperparameter in table {
        let given = given.get(hyperparameter.name).map(String::as_str);
        values.insert(hyperparameter.name.to_string(), hyperparameter.value(given)?);
    }
    // The table and the struct describe the same thing; where they do not, the message names the field.
    serde_json::from_value(Value::Object(values)).map_err(|error| HyperparameterError::Together(error.to_string()))
}

/// The candidate that differs least.
pub fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> &'static str {
    candidates.min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate)).unwrap_or("")
}

impl Hyperparameter {
    /// The typed value for what was given; null for `auto`.
    fn value(&self, given: Option<&str>) -> Result<Value, HyperparameterError> {
        let text = match (given, self.default) {
            (None | Some("auto"), Default::Auto) => return Ok(Value::Null),
            (None, Default::Required) => {
                return Err(HyperparameterError::Missing { name: self.name, takes: self.kind.to_string() });
            }
            (None, Default::Is(text)) => text,
            (Some(text), _) => text,
        };
        self.kind.parse(text.trim()).ok_or_else(|| HyperparameterError::Value {
            name: self.name,
            value: text.to_string(),
            takes: match self.default {
                Default::Required => self.kind.to_string(),
                Default::Auto => format!("{} or auto", self.kind),
                Default::Is(default) => format!("{}, {default} where it is not given", self.kind),
            },
        })
    }
}

impl Kind {
    fn parse(&self, text: &str) -> Option<Value> {
        match *self {
            Kind::Integer(least, most) => {
                let value: i64 = text.parse().ok()?;
                (least..=most).contains(&value).then(|| value.into())
            }
            Kind::Real(low, high) => {
                let value: f64 = text.parse().ok()?;
                let above = match low {
                    Bound::None => true,
                    Bound::Closed(low) => value >= low,
                    Bound::Open(low) => value > low,
                };
                let below = match high {
                    Bound::None => true,
                    Bound::Closed(high) => value <= high,
                    Bound::Open(high) => value < high,
                };
                (above && below && value.is_finite()).then(|| value.into())
            }
            Kind::Integers(count) => {
                let values: Vec<u64> = text.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>().ok()?;
                (count == 0 || values.len() == count).then(|| values.into())
            }
            Kind::Choice(names) => names.contains(&text).then(|| text.into()),
            Kind::Flag => match text {
                "1" | "true" | "True" => Some(true.into()),
                "0" | "false" | "False" => Some(false.into()),
                _ => None,
            },
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Integer(least, MANY) => write!(f, "a whole number from {least}"),
            Kind::Integer(least, most) => write!(f, "a whole number from {least} to {most}"),
            Kind::Real(low, high) => {
                f.write_str("a number")?;
                match low {
                    Bound::None => {}
                    Bound::Closed(low) => write!(f, " from {low}")?,
                    Bound::Open(low) => write!(f, " above {low}")?,
                }
                match high {
                    Bound::None => Ok(()),
                    Bound::Closed(high) => write!(f, " to {high}"),
                    Bound::Open(high) => write!(f, " below {high}"),
                }
            }
            Kind::Integers(0) => f.write_str("whole numbers separated by commas"),
            Kind::Integers(count) => write!(f, "{count} whole numbers separated by commas"),
            Kind::Choice(names) => write!(f, "one of {}", names.join(", ")),
            Kind::Flag => f.write_str("true or false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Typed {
        eta: f32,
        rounds: usize,
        loss: Option<String>,
        bias: bool,
        shape: Option<[usize; 2]>,
    }

    const TABLE: &[Hyperparameter] = &[
        row("eta", SHARE, Default::Is("0.3"), "step"),
        row("rounds", Kind::Integer(1, MANY), Default::Required, "trees"),
        row("loss", Kind::Choice(&["a", "b"]), Default::Auto, "loss"),
        row("bias", Kind::Flag, Default::Is("true"), "bias"),
        row("shape", Kind::Integers(2), Default::Auto, "shape"),
    ];

    fn typed(given: &[(&str, &str)]) -> Result<Typed, String> {
        let given = given.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        read(TABLE, &given).map_err(|e| e.to_string())
    }

    #[test]
    fn strings_become_types() {
        let given = [("rounds", "7"), ("loss", "b"), ("bias", "0"), ("shape", "3, 4"), ("_kvstore", "x")];
        let expected = Typed { eta: 0.3, rounds: 7, loss: Some("b".into()), bias: false, shape: Some([3, 4]) };
        assert_eq!(typed(&given).unwrap(), expected);
        assert_eq!(typed(&[("rounds", "7"), ("loss", "auto")]).unwrap().loss, None);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_work() {
        let fail = |given: &[(&str, &str)]| typed(given).unwrap_err();
        assert_eq!(fail(&[]), "hyperparameter rounds is required: a whole number from 1");
        assert_eq!(fail(&[("ronds", "7")]), "there is no hyperparameter ronds; did you mean rounds?");
        let eta = "hyperparameter eta = 0 is not possible; it takes a number above 0 to 1, 0.3 where it is not given";
        assert_eq!(fail(&[("rounds", "7"), ("eta", "0")]), eta);
        let loss = "hyperparameter loss = c is not possible; it takes one of a, b or auto";
        assert_eq!(fail(&[("rounds", "7"), ("loss", "c")]), loss);
        assert!(fail(&[("rounds", "7"), ("eta", "nan")]).contains("eta = nan"));
        assert!(fail(&[("rounds", "0")]).contains("rounds = 0"));
        let shape = "hyperparameter shape = 3 is not possible; it takes 2 whole numbers separated by commas or auto";
        assert_eq!(fail(&[("rounds", "7"), ("shape", "3")]), shape);
    }
}
