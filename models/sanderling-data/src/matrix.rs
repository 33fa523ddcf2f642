//! Features: rows by columns, dense or with absent elements left out.

/// Features of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Matrix {
    /// Row after row; a missing value is NaN.
    Dense {
        values: Vec<f32>,
        columns: usize,
    },
    Sparse(Csr),
}

/// Rows that name the columns they have (compressed sparse row).
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    /// Where each row starts in `columns` and `values`, and behind the last one where it ends.
    pub starts: Vec<usize>,
    /// Ascending within a row.
    pub columns: Vec<u32>,
    pub values: Vec<f32>,
    /// How many columns there are.
    pub width: usize,
}

impl Default for Csr {
    fn default() -> Self {
        Csr { starts: vec![0], columns: Vec::new(), values: Vec::new(), width: 0 }
    }
}

impl Csr {
    /// The columns and the values of a row.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Appends all rows of another.
    pub fn append(&mut self, other: &Csr) {
        let start = self.columns.len();
        self.starts.extend(other.starts[1..].iter().map(|end| start + end));
        self.columns.extend_from_slice(&other.columns);
        self.values.extend_from_slice(&other.values);
        self.width = self.width.max(other.width);
    }

    /// Appends a row of ascending columns.
    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, f32)>) {
        for (column, value) in row {
            self.width = self.width.max(column as usize + 1);
            self.columns.push(column);
            self.values.push(value);
        }
        self.starts.push(self.columns.len());
    }
}

impl Matrix {
    pub fn rows(&self) -> usize {
        match self {
            Matrix::Dense { values, columns } => values.len().checked_div(*columns).unwrap_or(0),
            Matrix::Sparse(csr) => csr.starts.len() - 1,
        }
    }

    pub fn columns(&self) -> usize {
        match self {
            Matrix::Dense { columns, .. } => *columns,
            Matrix::Sparse(csr) => csr.width,
        }
    }

    /// Calls `f` with the column and the value of each element of a row that is there, ascending.
    pub fn each(&self, row: usize, mut f: impl FnMut(usize, f32)) {
        match self {
            Matrix::Dense { values, columns } => {
                let row = &values[row * columns..(row + 1) * columns];
                row.iter().enumerate().filter(|(_, v)| !v.is_nan()).for_each(|(column, &v)| f(column, v));
            }
            Matrix::Sparse(csr) => {
                let (columns, values) = csr.row(row);
                columns.iter().zip(values).filter(|(_, v)| !v.is_nan()).for_each(|(&c, &v)| f(c as usize, v));
            }
        }
    }

    /// Writes a row over `columns()` elements, `absent` where it has none.
    pub fn copy_row(&self, row: usize, absent: f32, out: &mut [f32]) {
        out.fill(absent);
        self.each(row, |column, value| {
            if let Some(out) = out.get_mut(column) {
                *out = value;
            }
        });
    }

    /// The rows with these indices, in this order.
    pub fn select(&self, rows: &[usize]) -> Matrix {
        match self {
            Matrix::Dense { values, columns } => {
                let chosen = rows.iter().flat_map(|&r| &values[r * columns..(r + 1) * columns]).copied().collect();
                Matrix::Dense { values: chosen, columns: *columns }
            }
            Matrix::Sparse(csr) => {
                let mut chosen = Csr::default();
                for &r in rows {
                    let (columns, values) = csr.row(r);
                    chosen.push(columns.iter().copied().zip(values.iter().copied()));
                }
                Matrix::Sparse(Csr { width: csr.width, ..chosen })
            }
        }
    }
}
