//! Models of files with what another library gave for some inputs, in an archive of numpy arrays beside them.

use std::io::{Cursor, Read};
use std::path::Path;

use npyz::{DType as Kind, NpyHeader, Order};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Module, Tensor, TensorType, ValueId};

/// The elements of an array.
pub enum Values {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// An array.
pub struct Recorded {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Values,
}

impl Recorded {
    pub fn numbers(&self) -> &[f64] {
        match &self.values {
            Values::Numbers(values) => values,
            Values::Texts(_) => panic!("{} holds texts", self.name),
        }
    }
}

/// The arrays of an archive, by name.
pub fn read(path: &Path) -> Vec<Recorded> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut archive = npyz::npz::NpzArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays: Vec<Recorded> = names
        .into_iter()
        .map(|name| {
            let mut file = archive.zip_archive().by_name(&npyz::npz::file_name_from_array_name(&name)).unwrap();
            array(name, &mut file)
        })
        .collect();
    arrays.sort_by(|a, b| a.name.cmp(&b.name));
    arrays
}

fn array(name: String, file: &mut impl Read) -> Recorded {
    let header = NpyHeader::from_reader(&mut *file).unwrap();
    let Kind::Plain(kind) = header.dtype() else { panic!("{name} is structured") };
    let kind = kind.to_string();
    let shape: Vec<usize> = header.shape().iter().map(|&d| d as usize).collect();
    let mut data = Vec::new();
    file.read_to_end(&mut data).unwrap();
    let numbers = |values: Vec<f64>| Values::Numbers(turned(values, &shape, header.order()));
    let values = match kind.trim_matches('\'') {
        "<f4" => numbers(data.as_chunks().0.iter().map(|c| f64::from(f32::from_le_bytes(*c))).collect()),
        "<f8" => numbers(data.as_chunks().0.iter().map(|c| f64::from_le_bytes(*c)).collect()),
        "<i8" => numbers(data.as_chunks().0.iter().map(|c| i64::from_le_bytes(*c) as f64).collect()),
        "<i4" => numbers(data.as_chunks().0.iter().map(|c| f64::from(i32::from_le_bytes(*c))).collect()),
        texts => {
            let width: usize =
                texts.strip_prefix("<U").and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{name}: {texts}"));
            let letter = |c: &[u8; 4]| char::from_u32(u32::from_le_bytes(*c)).filter(|&c| c != '\0');
            let text = |word: &[u8]| word.as_chunks().0.iter().map_while(letter).collect();
            Values::Texts(data.chunks(4 * width.max(1)).map(text).collect())
        }
    };
    Recorded { name, shape, values }
}

/// Values that may stand column by column, row by row.
fn turned(values: Vec<f64>, shape: &[usize], order: Order) -> Vec<f64> {
    let (rows, columns) = (shape.first().copied().unwrap_or(1), shape.get(1).copied().unwrap_or(1));
    match order {
        Order::Fortran => (0..rows * columns).map(|i| values[i % columns * rows + i / columns]).collect(),
        Order::C => values,
    }
}

/// The model of a file for as many rows as were recorded, and the recorded inputs; `find` tells which array is of an input.
pub fn import_with<'a>(
    bytes: &[u8],
    find: impl Fn(&str) -> Option<&'a Recorded>,
) -> Result<(Module, Vec<Tensor>), String> {
    // Without a batch first, to learn the names of the inputs.
    let module = import(bytes, &ImportOptions::default()).map_err(|e| e.to_string())?;
    let main = &module.functions[0];
    let name = |id: &ValueId| main.values[id.0].name.clone();
    let array = |id: &ValueId| find(&name(id)).ok_or_else(|| format!("no input {} is recorded", name(id)));
    let shapes =
        main.inputs.iter().map(|id| Ok((name(id), array(id)?.shape.clone()))).collect::<Result<_, String>>()?;
    let options = ImportOptions { shapes };
    let module = import(bytes, &options).map_err(|e| e.to_string())?;
    let main = &module.functions[0];
    let input = |id: &ValueId| {
        let name = &main.values[id.0].name;
        let array = find(name).ok_or_else(|| format!("no input {name} is recorded"))?;
        Ok(tensor(main.ty(*id), array, module.texts.get(name)))
    };
    let inputs = main.inputs.iter().map(input).collect::<Result<_, String>>()?;
    Ok((module, inputs))
}

fn tensor(ty: &TensorType, array: &Recorded, texts: Option<&Vec<String>>) -> Tensor {
    let integers = |values: &[i64]| Tensor::from_i64(ty.clone(), values);
    match (&array.values, ty.dtype) {
        (Values::Texts(values), DType::I64) => {
            let known = texts.unwrap_or_else(|| panic!("{} takes no texts", array.name));
            let place = |text: &String| known.iter().position(|known| known == text).map_or(-1, |place| place as i64);
            integers(&values.iter().map(place).collect::<Vec<_>>())
        }
        (Values::Numbers(values), DType::I64) => integers(&values.iter().map(|&v| v as i64).collect::<Vec<_>>()),
        (Values::Numbers(values), DType::F32) => {
            Tensor::from_f32(ty.clone(), &values.iter().map(|&v| v as f32).collect::<Vec<_>>())
        }
        _ => panic!("{} is not {ty}", array.name),
    }
}

/// The largest difference, beyond a part of each value and of the largest; an error where it is more than rounding, or where
/// an integer or a text differs at all.
pub fn compare(found: &Tensor, texts: Option<&Vec<String>>, expected: &Recorded, relative: f64) -> Result<f64, String> {
    let values: Vec<f64> = match found.ty.dtype {
        DType::I64 => found.as_i64().into_iter().map(|v| v as f64).collect(),
        _ => found.as_f32().into_iter().map(f64::from).collect(),
    };
    if let Values::Texts(wanted) = &expected.values {
        let known = texts.ok_or("it should be texts")?;
        let found: Vec<&str> =
            values.iter().map(|&v| known.get(v as usize).filter(|_| v >= 0.0).map_or("", |t| t)).collect();
        return if found == *wanted { Ok(0.0) } else { Err(format!("{found:?} should be {wanted:?}")) };
    }
    let expected_values = expected.numbers();
    // Exporters give the scores of both classes where the library gives that of the second.
    let is_pair = values.len() == 2 * expected_values.len() && found.ty.shape.last() == Some(&2);
    let values: Vec<f64> = if is_pair { values.into_iter().skip(1).step_by(2).collect() } else { values };
    if values.len() != expected_values.len() {
        return Err(format!("{} should be {:?}", found.ty, expected.shape));
    }
    let finite = expected_values.iter().filter(|v| v.is_finite());
    let most = finite.fold(0.0, |m: f64, v| m.max(v.abs()));
    let exact = found.ty.dtype == DType::I64;
    let mut worst = 0.0;
    for (i, (a, b)) in values.iter().zip(expected_values).enumerate() {
        if a == b || a.is_nan() && b.is_nan() {
            continue;
        }
        let difference = (a - b).abs();
        let slack = if exact { 0.0 } else { relative * b.abs() + 2e-6 * most };
        if difference > slack || difference.is_nan() {
            return Err(format!("element {i}: {a} should be {b}"));
        }
        worst = f64::max(worst, difference);
    }
    Ok(worst)
}
