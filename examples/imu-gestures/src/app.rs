//! The application: verify the model, then a gesture for every window of the sensor's rows.

use embedded_hal::i2c::I2c;
use embedded_storage::nor_flash::ReadNorFlash;
use sanderling_format::{Element, FormatError, IoRecord};
use sanderling_kernels::Kernel;
use sanderling_runtime::{Model, RunError, SelfTestError, Session};

use crate::artifact::{LoadError, load};
use crate::mpu6050::{AXES, Mpu6050, SensorError};

/// Memory that the application works in, the caller's: static on a device.
#[derive(Debug)]
pub struct Memory<'m> {
    /// For the runtime, [`Model::arena_bytes`] of it.
    pub arena: &'m mut [u8],
    /// For the rows of a window, as many bytes as the model's input.
    pub window: &'m mut [u8],
}

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError<E> {
    #[error(transparent)]
    Load(#[from] LoadError<E>),
    #[error("the artifact is refused: {0}")]
    Artifact(#[from] FormatError),
    #[error("the model takes no int8 rows of six values, or gives no int8 scores: flash the one for this device")]
    Shape,
    #[error("a window has {needed} bytes, its buffer {found}")]
    Window { needed: usize, found: usize },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("the self-test failed: {0}")]
    SelfTest(#[from] SelfTestError),
}

/// Why a gesture was not recognized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PollError<E> {
    #[error(transparent)]
    Sensor(#[from] SensorError<E>),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// What the model takes a window for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gesture {
    pub class: usize,
    /// The class's stored output byte.
    pub score: i8,
}

/// A sensor, a model, and a window on its way.
pub struct App<'m, I> {
    sensor: Mpu6050<I>,
    session: Session<'m>,
    window: &'m mut [u8],
    /// Bytes of the window that are there.
    filled: usize,
    input: IoRecord,
}

impl<'m, I: I2c> App<'m, I> {
    /// Copies the artifact at `offset` of the flash into `buffer`, and starts with it.
    pub fn new<F: ReadNorFlash>(
        flash: &mut F,
        offset: u32,
        buffer: &'m mut [u8],
        kernels: &'m [Kernel],
        sensor: Mpu6050<I>,
        memory: Memory<'m>,
    ) -> Result<App<'m, I>, StartError<F::Error>> {
        let artifact = load(flash, offset, buffer)?;
        App::start(artifact, kernels, sensor, memory)
    }

    /// Verifies an artifact where it lies, runs its self-test, and starts. Flash that is mapped into memory needs no copy.
    pub fn start<E>(
        artifact: &'m [u8],
        kernels: &'m [Kernel],
        sensor: Mpu6050<I>,
        memory: Memory<'m>,
    ) -> Result<App<'m, I>, StartError<E>> {
        let model = Model::parse(artifact, kernels)?;
        let record = |io: Option<sanderling_runtime::Io<'_>>| {
            io.map(|io| io.record).filter(|r| r.element == Element::I8).ok_or(StartError::Shape)
        };
        let input = record(model.inputs().next())?;
        record(model.outputs().next())?;
        if input.dims().last() != Some(&(AXES as u32)) || model.inputs().count() != 1 {
            return Err(StartError::Shape);
        }
        let (needed, found) = (input.region.bytes as usize, memory.window.len());
        let window = memory.window.get_mut(..needed).ok_or(StartError::Window { needed, found })?;
        let mut session = Session::new(&model, memory.arena)?;
        session.self_test()?;
        Ok(App { sensor, session, window, filled: 0, input })
    }

    /// Takes the sensor's next row, if there is one; a gesture when it completes a window.
    pub fn poll(&mut self) -> Result<Option<Gesture>, PollError<I::Error>> {
        let Some(row) = self.sensor.poll()? else { return Ok(None) };
        let quantized = features(row).map(|value| quantize(value, &self.input));
        if let Some(to) = self.window.get_mut(self.filled..self.filled + AXES) {
            to.copy_from_slice(&quantized);
            self.filled += AXES;
        }
        if self.filled < self.window.len() {
            return Ok(None);
        }
        self.filled = 0;
        self.session.input(0)?.copy_from_slice(self.window);
        self.session.run()?;
        Ok(best(self.session.output(0)?))
    }
}

/// What the model was trained on: each value in the range of its sensor, from 0 to 1.
fn features([ax, ay, az, rx, ry, rz]: [f32; AXES]) -> [f32; AXES] {
    let (g, degrees) = (|v: f32| (v + 4.0) / 8.0, |v: f32| (v + 2000.0) / 4000.0);
    [g(ax), g(ay), g(az), degrees(rx), degrees(ry), degrees(rz)]
}

/// To nearest; `core` has no `round`.
fn quantize(value: f32, input: &IoRecord) -> u8 {
    let steps = value / input.scale;
    let nearest = if steps < 0.0 { steps - 0.5 } else { steps + 0.5 } as i32;
    nearest.saturating_add(input.zero_point).clamp(-128, 127) as u8
}

/// The class with the highest score, the first of equals.
fn best(scores: &[u8]) -> Option<Gesture> {
    let scores = scores.iter().map(|&score| score as i8).enumerate();
    let better = |best: Gesture, new: Gesture| if new.score > best.score { new } else { best };
    scores.map(|(class, score)| Gesture { class, score }).reduce(better)
}
