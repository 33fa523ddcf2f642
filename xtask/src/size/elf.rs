//! What a firmware's ELF file tells: how much flash it fills, and which functions call which.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::elf::SHF_ALLOC;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, SectionKind, SymbolKind};

/// A linked program.
pub struct Elf {
    /// Bytes that lie in flash: vectors, code, read-only data and the first content of variables.
    pub flash_bytes: u64,
    /// Names of all functions.
    pub functions: BTreeSet<String>,
    /// Caller and called function of each place where one refers to the other.
    pub calls: Vec<(String, String)>,
}

struct Function {
    start: u64,
    end: u64,
    name: String,
}

impl Elf {
    /// Reads a program that was linked with `--emit-relocs`: the relocations name what each call calls.
    pub fn read(path: &Path) -> Result<Elf> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Elf::parse(&bytes).with_context(|| format!("cannot understand {}", path.display()))
    }

    fn parse(bytes: &[u8]) -> Result<Elf> {
        let file = object::File::parse(bytes)?;
        let mut functions: Vec<Function> =
            file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text).filter_map(function).collect();
        // Several names may share code; calls are found by the address, so that any of them will do.
        functions.sort_by_key(|function| function.start);
        ensure!(!functions.is_empty(), "it has no symbols");
        let mut elf =
            Elf { flash_bytes: 0, functions: functions.iter().map(|f| f.name.clone()).collect(), calls: Vec::new() };
        let mut relocations = 0;
        for section in file.sections() {
            elf.flash_bytes += flash_bytes(&section);
            if section.kind() != SectionKind::Text {
                continue;
            }
            for (at, relocation) in section.relocations() {
                relocations += 1;
                let RelocationTarget::Symbol(index) = relocation.target() else { continue };
                let target = file.symbol_by_index(index)?.address() & !1;
                if let (Some(from), Some(to)) = (containing(&functions, at), containing(&functions, target)) {
                    elf.calls.push((from.name.clone(), to.name.clone()));
                }
            }
        }
        ensure!(relocations > 0, "it has no relocations: link it with --emit-relocs");
        Ok(elf)
    }
}

fn function<'data>(symbol: impl ObjectSymbol<'data>) -> Option<Function> {
    // The last bit says that the code is Thumb. Mapping symbols have no size.
    let start = symbol.address() & !1;
    let name = format!("{:#}", rustc_demangle::demangle(symbol.name().ok()?));
    (symbol.size() > 0).then(|| Function { start, end: start + symbol.size(), name })
}

fn flash_bytes<'data>(section: &impl ObjectSection<'data>) -> u64 {
    let SectionFlags::Elf { sh_flags } = section.flags() else { return 0 };
    let is_loaded = sh_flags & u64::from(SHF_ALLOC) != 0 && section.kind() != SectionKind::UninitializedData;
    if is_loaded { section.size() } else { 0 }
}

fn containing(functions: &[Function], address: u64) -> Option<&Function> {
    let after = functions.partition_point(|function| function.start <= address);
    functions[..after].iter().rev().find(|function| address < function.end)
}
