//! The parts of a file that all subgraphs share, and the descriptions of tensors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use sanderling_ir::{DType, Quant, Tensor, TensorType};

use super::schema::{dtype, field, op_name};
use crate::ImportError;
use crate::flatbuffer::{Buffer, Table};

type Result<T> = std::result::Result<T, ImportError>;

/// More elements than any device that this compiles for can address.
pub(super) const MOST_ELEMENTS: usize = i32::MAX as usize;

/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// Longest name: many operators may name one tensor, and each copies its name.
const MOST_NAME_BYTES: usize = 1 << 14;

/// Operator codes, buffers and the constants made of them so far.
pub(super) struct Model<'a> {
    pub(super) buffer: &'a Buffer<'a>,
    pub(super) ops: Vec<String>,
    buffers: Vec<Table<'a>>,
    shared: RefCell<HashMap<(usize, Layout), Arc<Tensor>>>,
}

/// How the elements of a constant are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Layout {
    AsStored,
    /// `[1, KH, KW, O]` as `[O, KH, KW, 1]`.
    Depthwise,
}

/// What the file says of one tensor.
pub(super) struct TensorInfo {
    pub(super) name: String,
    dtype: std::result::Result<DType, &'static str>,
    /// Dimensions, -1 where open.
    pub(super) shape: Vec<i32>,
    /// The same with -1 for each dimension that may be chosen; empty if none may.
    pub(super) signature: Vec<i32>,
    pub(super) quant: Option<Quant>,
    buffer: usize,
    pub(super) is_variable: bool,
    is_sparse: bool,
}

impl<'a> Model<'a> {
    pub(super) fn new(buffer: &'a Buffer<'a>, root: &Table<'a>) -> Result<Self> {
        let codes = root.tables(field::MODEL_OPERATOR_CODES, "the operator codes")?;
        let ops = codes.iter().map(op).collect::<Result<_>>()?;
        let buffers = root.tables(field::MODEL_BUFFERS, "the buffers")?;
        Ok(Model { buffer, ops, buffers, shared: RefCell::default() })
    }

    /// The bytes that a tensor comes with, empty if it has none.
    pub(super) fn data(&self, info: &TensorInfo) -> Result<&'a [u8]> {
        if info.buffer == 0 {
            return Ok(&[]); // The empty buffer, by convention.
        }
        let Some(table) = self.buffers.get(info.buffer) else {
            return Err(info.bad(format!("buffer {} does not exist", info.buffer)));
        };
        // Files beyond 2 GiB keep their data outside of the flatbuffer.
        let (offset, size) = (table.u64(field::BUFFER_OFFSET)?, table.u64(field::BUFFER_SIZE)?);
        if offset > 1 {
            let what = "a buffer behind the flatbuffer";
            let whole = |n: u64| usize::try_from(n).map_err(|_| ImportError::Truncated { what, offset: usize::MAX });
            return self.buffer.slice(whole(offset)?, whole(size)?, what);
        }
        table.bytes(field::BUFFER_DATA, "the data of a buffer")
    }

    /// The constant that a tensor with data is.
    pub(super) fn constant(&self, info: &TensorInfo, layout: Layout) -> Result<Arc<Tensor>> {
        let stored = TensorType { quant: info.quant.clone(), ..info.ty()? };
        let data = self.data(info)?;
        if info.is_sparse {
            return Err(info.bad("sparse data is not supported; store it densely".into()));
        }
        if data.len() != stored.bytes() {
            return Err(info.bad(format!("{stored} needs {} bytes, the file has {}", stored.bytes(), data.len())));
        }
        let ty = match layout {
            Layout::AsStored => stored,
            Layout::Depthwise => depthwise_type(info, stored)?,
        };
        if let Some(found) = self.shared.borrow().get(&(info.buffer, layout)).filter(|t| t.ty == ty) {
            return Ok(found.clone());
        }
        self.buffer.charge(data.len(), "constants")?;
        let data = match layout {
            Layout::AsStored => data.to_vec(),
            Layout::Depthwise => channels_first(data, ty.shape[0], ty.dtype.bytes()),
        };
        let tensor = Arc::new(Tensor { ty, data });
        self.shared.borrow_mut().insert((info.buffer, layout), tensor.clone());
        Ok(tensor)
    }
}

/// The op of an operator code. Codes up to 127 stand in the older of two fields.
fn op(code: &Table<'_>) -> Result<String> {
    let old = i32::from(code.i8(field::CODE_DEPRECATED, 0)?);
    let number = old.max(code.i32(field::CODE_BUILTIN, 0)?);
    Ok(match op_name(number) {
        Some("CUSTOM") => format!("CUSTOM {}", code.string(field::CODE_CUSTOM, "a custom op")?),
        Some(name) => name.to_string(),
        None => format!("builtin operator {number}"),
    })
}

fn depthwise_type(info: &TensorInfo, ty: TensorType) -> Result<TensorType> {
    let &[1, h, w, o] = &ty.shape[..] else {
        return Err(info.bad(format!("depthwise weights are 1 x height x width x channels, not {ty}")));
    };
    let quant = match ty.quant {
        Some(q) if q.scales.len() > 1 && q.axis != 3 => {
            return Err(info.bad(format!("depthwise weights have scales along axis 3, not {}", q.axis)));
        }
        q => q.map(|q| Quant { axis: 0, ..q }),
    };
    Ok(TensorType { dtype: ty.dtype, shape: vec![o, h, w, 1], quant })
}

/// `[rest, channels]` as `[channels, rest]`, elements of `size` bytes.
fn channels_first(data: &[u8], channels: usize, size: usize) -> Vec<u8> {
    let pixel = (channels * size).max(1);
    let element = |c: usize| data.chunks_exact(pixel).flat_map(move |p| &p[c * size..(c + 1) * size]);
    (0..channels).flat_map(element).copied().collect()
}

impl TensorInfo {
    pub(super) fn read(table: &Table<'_>, index: usize) -> Result<Self> {
        let mut name = table.string(field::TENSOR_NAME, "a tensor's name")?;
        if name.len() > MOST_NAME_BYTES {
            let why = format!("its name has {} bytes; at most {MOST_NAME_BYTES} are supported", name.len());
            return Err(ImportError::BadTensor { tensor: format!("tensor_{index}"), why });
        }
        if name.is_empty() {
            name = format!("tensor_{index}");
        }
        let mut info = TensorInfo {
            name,
            dtype: dtype(table.i8(field::TENSOR_TYPE, 0)?),
            shape: table.i32s(field::TENSOR_SHAPE, "a tensor's shape")?,
            signature: table.i32s(field::TENSOR_SIGNATURE, "a tensor's shape signature")?,
            quant: None,
            buffer: table.u32(field::TENSOR_BUFFER)? as usize,
            is_variable: table.bool(field::TENSOR_IS_VARIABLE)?,
            is_sparse: table.has(field::TENSOR_SPARSITY),
        };
        if info.shape.len() > MOST_DIMENSIONS {
            return Err(info.bad(format!("{} dimensions; at most {MOST_DIMENSIONS} are supported", info.shape.len())));
        }
        if let Some(quant) = table.table(field::TENSOR_QUANTIZATION)? {
            info.quant = info.quantization(&quant)?;
        }
        Ok(info)
    }

    pub(super) fn bad(&self, why: String) -> ImportError {
        ImportError::BadTensor { tensor: self.name.clone(), why }
    }

    pub(super) fn dtype(&self) -> Result<DType> {
        self.dtype.map_err(|name| self.bad(format!("element type {name} is not supported")))
    }

    /// Type and static shape, without quantization.
    pub(super) fn ty(&self) -> Result<TensorType> {
        let dim = |&d: &i32| {
            usize::try_from(d).map_err(|_| ImportError::DynamicShape {
                tensor: self.name.clone(),
                hint: format!("its dimensions are {:?}; give a shape for the graph's inputs", self.shape),
            })
        };
        let shape = self.shape.iter().map(dim).collect::<Result<Vec<_>>>()?;
        let ty = TensorType::new(self.dtype()?, &shape);
        match count(&ty.shape) {
            Some(_) => Ok(ty),
            None => Err(self.bad(format!("{ty} has more than {MOST_ELEMENTS} elements"))),
        }
    }

    /// The shape that the caller wants for an input, if the file leaves room for it.
    pub(super) fn chosen(&self, shape: &[usize]) -> Result<Vec<i32>> {
        let signature = if self.signature.is_empty() { &self.shape } else { &self.signature };
        let wanted: Option<Vec<i32>> = shape.iter().map(|&d| i32::try_from(d).ok()).collect();
        let fits = |wanted: &Vec<i32>| {
            let dim = |(&w, &s): (&i32, &i32)| w > 0 && (s < 0 || s == w);
            wanted.len() == signature.len() && wanted.iter().zip(signature).all(dim)
        };
        wanted.filter(fits).ok_or_else(|| ImportError::BadShapeOption {
            input: self.name.clone(),
            why: format!("{shape:?} does not fit {signature:?}: a TFLite model lets only dimensions of -1 be chosen"),
        })
    }

    fn quantization(&self, table: &Table<'_>) -> Result<Option<Quant>> {
        let scales = table.f32s(field::QUANT_SCALE, "quantization scales")?;
        let Ok(dtype @ (DType::I8 | DType::U8 | DType::I16 | DType::I32)) = self.dtype else { return Ok(None) };
        if scales.is_empty() {
            return Ok(None);
        }
        let mut zeros = table.i64s(field::QUANT_ZERO_POINT, "quantization zero points")?;
        zeros.resize(if zeros.is_empty() { scales.len() } else { zeros.len() }, 0);
        let axis = usize::try_from(table.i32(field::QUANT_AXIS, 0)?).unwrap_or(usize::MAX);
        let channels = self.shape.get(axis).and_then(|&n| usize::try_from(n).ok());
        if zeros.len() != scales.len() || (scales.len() > 1 && channels != Some(scales.len())) {
            let (s, z) = (scales.len(), zeros.len());
            return Err(self.bad(format!("{s} scales and {z} zero points do not fit axis {axis} of {:?}", self.shape)));
        }
        let usable = scales.iter().all(|s| s.is_finite() && *s > 0.0);
        if dtype == DType::I32 && (!usable || zeros.iter().any(|&z| z != 0)) {
            return Ok(None); // A bias: its scale follows from input and weights, and channels of zeros have none.
        }
        if !usable {
            return Err(self.bad("quantization scales must be positive and finite".into()));
        }
        let zeros: Option<Vec<i32>> = zeros.into_iter().map(|z| i32::try_from(z).ok()).collect();
        let zero_points = zeros.ok_or_else(|| self.bad("a zero point is out of range".into()))?;
        Ok(Some(Quant { axis: if scales.len() > 1 { axis } else { 0 }, scales, zero_points }))
    }
}

/// The number of elements, if it is not out of all proportion.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| n <= MOST_ELEMENTS)
}

/// Scales that differ by rounding in the converter count as one.
pub(super) fn same_quant(a: &Option<Quant>, b: &Option<Quant>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() == b.is_none() };
    let close = |(x, y): (&f32, &f32)| (x - y).abs() <= 1e-6 * x.abs();
    a.zero_points == b.zero_points && a.scales.len() == b.scales.len() && a.scales.iter().zip(&b.scales).all(close)
}
