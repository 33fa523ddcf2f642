//! Who may panic, format or allocate, by the names and calls of a linked program.

use std::collections::{BTreeMap, BTreeSet};

use super::elf::Elf;

/// Functions that a program without panics, formatting and a heap does not link.
pub fn forbidden(elf: &Elf) -> Vec<&str> {
    let is_forbidden =
        |name: &&str| is_panic(name) || name.contains("core::fmt::") || name.to_lowercase().contains("alloc");
    elf.functions.iter().map(String::as_str).filter(is_forbidden).collect()
}

/// The functions that may panic, and at how many places.
///
/// A function of the core library that leads to a panic counts as one: what calls it is the place. Places that the
/// optimizer has merged count once.
pub fn sites(calls: &[(String, String)]) -> BTreeMap<&str, usize> {
    let mut panics: BTreeSet<&str> =
        calls.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).filter(|name| is_panic(name)).collect();
    loop {
        let before = panics.len();
        let leading = calls.iter().filter(|(from, to)| is_core(from) && panics.contains(to.as_str()));
        panics.extend(leading.map(|(from, _)| from.as_str()).collect::<Vec<_>>());
        if panics.len() == before {
            break;
        }
    }
    let mut sites = BTreeMap::new();
    for (from, to) in calls {
        if panics.contains(to.as_str()) && !panics.contains(from.as_str()) {
            *sites.entry(from.as_str()).or_default() += 1;
        }
    }
    sites
}

fn is_panic(name: &str) -> bool {
    name.contains("core::panicking") || name.ends_with("rust_begin_unwind")
}

fn is_core(name: &str) -> bool {
    name.starts_with("core::") || name.starts_with("<core::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(calls: &[(&str, &str)]) -> Vec<(String, String)> {
        calls.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect()
    }

    #[test]
    fn callers_of_what_leads_to_a_panic_are_counted() {
        let calls = calls(&[
            ("kernel", "core::slice::index::slice_index_fail"),
            ("kernel", "core::slice::index::slice_index_fail"),
            ("kernel", "memcpy"),
            ("core::slice::index::slice_index_fail", "core::panicking::panic_fmt"),
            ("core::panicking::panic_fmt", "__rustc::rust_begin_unwind"),
            ("other", "core::panicking::panic"),
            ("core::str::from_utf8", "memchr"),
            ("third", "core::str::from_utf8"),
        ]);
        assert_eq!(sites(&calls), BTreeMap::from([("kernel", 2), ("other", 1)]));
    }

    #[test]
    fn panics_formatting_and_allocation_are_forbidden() {
        let names = [
            "__rustc::__rust_alloc",
            "alloc::raw_vec::finish_grow",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "<i32 as core::fmt::Display>::fmt",
            "core::str::converts::from_utf8",
            "sanderling_runtime::session::operands",
        ];
        let functions = names.iter().map(|name| name.to_string()).collect();
        let elf = Elf { flash_bytes: 0, functions, calls: Vec::new() };
        assert_eq!(forbidden(&elf).len(), 5);
    }
}
