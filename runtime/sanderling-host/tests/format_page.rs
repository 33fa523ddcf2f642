//! `docs/format.md` names every call, structure and field of the code, with its type, in order.

use std::collections::BTreeSet;
use std::path::Path;

use sanderling_format::calls::{ALL, Broadcast, Clamp, Reduction, Window};
use sanderling_format::{Element, VERSION};
use sanderling_kernels::scalar;

type Fields = [(&'static str, &'static str)];

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/format.md")).unwrap()
}

/// The first two cells of each row below a heading: fields and types.
fn rows(page: &str, heading: &str) -> Vec<(String, String)> {
    let mut lines = page.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "docs/format.md has no heading `{heading}`");
    let section = lines.take_while(|line| !line.starts_with('#'));
    let cells = section.filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    cells.map(|(name, rest)| (name.to_string(), rest.split(" |").next().unwrap().to_string())).collect()
}

/// A type as the page writes it.
fn shown(ty: &str) -> String {
    match ty {
        "[u32; AXES]" => "6 x u32".into(),
        "[i32; AXES]" => "6 x i32".into(),
        "[u32; HALF]" => "3 x u32".into(),
        "[i32; HALF]" => "3 x i32".into(),
        "u32" | "i32" | "u64" | "f32" => ty.into(),
        structure => {
            // The heading of a call begins with its id.
            let id =
                ALL.iter().find(|call| call.title == structure).map_or(String::new(), |call| format!("{}-", call.id));
            format!("[{structure}](#{id}{})", structure.to_lowercase())
        }
    }
}

fn check(page: &str, heading: &str, fields: &Fields) {
    let wanted: Vec<_> = fields.iter().map(|(name, ty)| (name.to_string(), shown(ty))).collect();
    assert_eq!(rows(page, heading), wanted, "docs/format.md, {heading}");
}

#[test]
fn the_page_has_every_field_of_every_call() {
    let page = page();
    assert!(page.starts_with(&format!("# The artifact format, version {VERSION}\n")));
    for call in ALL {
        check(&page, &format!("### {} `{}`", call.id, call.title), call.fields);
    }
    check(&page, "### Window", Window::FIELDS);
    check(&page, "### Clamp", Clamp::FIELDS);
    check(&page, "### Broadcast", Broadcast::FIELDS);
    check(&page, "### Reduction", Reduction::FIELDS);
    let calls = page.lines().filter(|line| line.starts_with("### ") && line.ends_with('`')).count();
    assert_eq!(calls, ALL.len(), "docs/format.md describes a call that is not there");
}

#[test]
fn every_kernel_is_for_a_described_call() {
    let described: BTreeSet<_> = ALL.iter().map(|call| (call.id, call.name)).collect();
    let kernels: BTreeSet<_> = scalar::ALL.iter().map(|kernel| (kernel.id, kernel.name)).collect();
    assert_eq!(described, kernels);
}

#[test]
fn the_page_has_every_element_type() {
    let page = page();
    let row = page.lines().find(|line| line.contains("element: 0 i8")).unwrap();
    let codes = (0..).map_while(Element::from_code);
    for element in codes {
        let named = format!("{} {}", element as u32, format!("{element:?}").to_lowercase());
        assert!(row.contains(&named), "docs/format.md should say {named}");
    }
}
