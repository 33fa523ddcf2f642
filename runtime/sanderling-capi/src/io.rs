//! Inputs and outputs: what they are and where they lie.

use core::ffi::c_char;
use core::ptr;

use sanderling_format::{Element, RANK_MAX};
use sanderling_runtime::Io;

use crate::context::{self, Loaded, SanderlingContext};
use crate::load::{extent, put};
use crate::status::{SanderlingStatus, status};

/// Most dimensions of an input or output.
pub const SANDERLING_RANK_MAX: usize = 8;
const _: () = assert!(SANDERLING_RANK_MAX == RANK_MAX);

/// The type of an input's or output's elements, which are little-endian.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanderlingElement {
    /// `int8_t`
    I8 = 0,
    /// `uint8_t`
    U8 = 1,
    /// `float`
    F32 = 2,
    /// `int32_t`
    I32 = 3,
    /// `int64_t`
    I64 = 4,
    /// One byte, 0 or 1.
    Bool = 5,
    /// IEEE 754 half precision.
    F16 = 6,
    /// `int16_t`
    I16 = 7,
}

/// An input or output of a model.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SanderlingTensor {
    /// Its name in UTF-8, `name_bytes` long and not terminated. It lies in the artifact and lives as long.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_bytes: usize,
    /// Its elements in the arena; null until the model is started. See `sanderling_input` and `sanderling_output`.
    pub data: *mut u8,
    /// Bytes of all elements.
    pub bytes: usize,
    /// The type of an element.
    pub element: SanderlingElement,
    /// `real = scale * (stored - zero_point)`; 0 where the elements are not quantized.
    pub scale: f32,
    /// See `scale`.
    pub zero_point: i32,
    /// Dimensions in use.
    pub rank: u32,
    /// The dimensions, in elements; those that are not in use are 0.
    pub shape: [u32; SANDERLING_RANK_MAX],
}

/// Describes input `index` in `tensor`, which is the caller's.
///
/// Write its elements to `tensor->data` before each run: runs use their memory for other things. The place is the same until
/// the model is started with another arena.
///
/// Returns `SANDERLING_STATUS_INDEX` where the model has no such input.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_input(
    context: *const SanderlingContext,
    index: usize,
    tensor: *mut SanderlingTensor,
) -> SanderlingStatus {
    // SAFETY: the caller gives null, or a context and memory for a tensor.
    status(unsafe { context::loaded(context) }.and_then(|loaded| unsafe { put(tensor, input(loaded, index)?) }))
}

/// Describes output `index` in `tensor`, which is the caller's.
///
/// Its elements are at `tensor->data` from a run until an input is written. The place is the same until the model is started
/// with another arena.
///
/// Returns `SANDERLING_STATUS_INDEX` where the model has no such output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_output(
    context: *const SanderlingContext,
    index: usize,
    tensor: *mut SanderlingTensor,
) -> SanderlingStatus {
    // SAFETY: the caller gives null, or a context and memory for a tensor.
    status(unsafe { context::loaded(context) }.and_then(|loaded| unsafe { put(tensor, output(loaded, index)?) }))
}

/// Copies `bytes` bytes from `from` to input `index`. They must be as many as the input has: `SANDERLING_STATUS_SIZE`
/// otherwise, and nothing is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_write_input(
    context: *mut SanderlingContext,
    index: usize,
    from: *const u8,
    bytes: usize,
) -> SanderlingStatus {
    status((|| {
        // SAFETY: the caller gives null or a context.
        let tensor = started(input(unsafe { context::loaded(context)? }, index)?)?;
        extent(from, bytes)?;
        if bytes != tensor.bytes {
            return Err(SanderlingStatus::Size);
        }
        // SAFETY: the input has so many bytes, and by the caller's word so has `from`; they may overlap.
        unsafe { ptr::copy(from, tensor.data, bytes) };
        Ok(())
    })())
}

/// Copies output `index` to `to`, which has room for `bytes` bytes. They must be at least as many as the output has:
/// `SANDERLING_STATUS_SIZE` otherwise, and nothing is copied. Bytes beyond the output's are left as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_read_output(
    context: *const SanderlingContext,
    index: usize,
    to: *mut u8,
    bytes: usize,
) -> SanderlingStatus {
    status((|| {
        // SAFETY: the caller gives null or a context.
        let tensor = started(output(unsafe { context::loaded(context)? }, index)?)?;
        extent(to, bytes)?;
        if bytes < tensor.bytes {
            return Err(SanderlingStatus::Size);
        }
        // SAFETY: the output has so many bytes, and by the caller's word `to` has no fewer; they may overlap.
        unsafe { ptr::copy(tensor.data, to, tensor.bytes) };
        Ok(())
    })())
}

fn input(loaded: &Loaded, index: usize) -> Result<SanderlingTensor, SanderlingStatus> {
    loaded.model.inputs().nth(index).map(|io| tensor(loaded, &io)).ok_or(SanderlingStatus::Index)
}

fn output(loaded: &Loaded, index: usize) -> Result<SanderlingTensor, SanderlingStatus> {
    loaded.model.outputs().nth(index).map(|io| tensor(loaded, &io)).ok_or(SanderlingStatus::Index)
}

fn started(tensor: SanderlingTensor) -> Result<SanderlingTensor, SanderlingStatus> {
    if tensor.data.is_null() { Err(SanderlingStatus::NotStarted) } else { Ok(tensor) }
}

fn tensor(loaded: &Loaded, io: &Io<'static>) -> SanderlingTensor {
    let record = io.record;
    let arena = loaded.arena();
    // The loader has seen that the region lies inside the arena; wrapping, because a null pointer is inside nothing.
    let data = if arena.is_null() { arena } else { arena.wrapping_add(record.region.start() as usize) };
    SanderlingTensor {
        name: io.name.as_ptr().cast(),
        name_bytes: io.name.len(),
        data,
        bytes: record.region.bytes as usize,
        element: element(record.element),
        scale: record.scale,
        zero_point: record.zero_point,
        rank: record.rank,
        shape: record.shape,
    }
}

fn element(element: Element) -> SanderlingElement {
    match element {
        Element::I8 => SanderlingElement::I8,
        Element::U8 => SanderlingElement::U8,
        Element::F32 => SanderlingElement::F32,
        Element::I32 => SanderlingElement::I32,
        Element::I64 => SanderlingElement::I64,
        Element::Bool => SanderlingElement::Bool,
        Element::F16 => SanderlingElement::F16,
        Element::I16 => SanderlingElement::I16,
    }
}
