//! Text for people.

/// `12,345`
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `[1, 49, 10]` as `1x49x10`.
pub fn shape<T: ToString>(dims: &[T]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}

/// The name of an instruction set.
pub fn isa(isa: sanderling_kernels::Isa) -> String {
    format!("{isa:?}").to_lowercase()
}

/// Lines of cells as a table, numbers to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).chain([header[c].len()]).max().unwrap_or(0);
    let is_number = |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: Vec<String>| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(c, (cell, &w))| {
            if rows.iter().all(|r| is_number(&r[c])) { format!("{cell:>w$}") } else { format!("{cell:<w$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    let head = line(header.iter().map(|s| s.to_string()).collect());
    let body = rows.iter().map(|row| line(row.clone()));
    [head].into_iter().chain(body).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([grouped(7), grouped(1000), grouped(12345678)], ["7", "1,000", "12,345,678"]);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let rows = [vec!["a".into(), "5".into()], vec!["bcd".into(), "1,000".into()]];
        assert_eq!(table(&["x", "n"], &rows), "x        n\na        5\nbcd  1,000");
    }
}
