//! A device, and what went wrong on it.

use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{
    Adapter, Device, DeviceDescriptor, Error, ExperimentalFeatures, Features, Instance, InstanceDescriptor, Limits,
    MemoryHints, PowerPreference, Queue, RequestAdapterOptions, Trace,
};

use crate::error::GpuError;

/// An open GPU.
pub struct Gpu {
    pub(crate) device: Device,
    pub(crate) queue: Queue,
    name: String,
    faults: Faults,
}

/// What the device has reported: that it was lost, or the first error.
#[derive(Clone, Default)]
struct Faults(Arc<Mutex<Option<GpuError>>>);

impl Gpu {
    /// Opens the GPU that wgpu prefers or that its environment variables name; or says why there is none.
    pub fn open() -> Result<Gpu, GpuError> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle_from_env());
        let adapter = match std::env::var("WGPU_ADAPTER_NAME") {
            Ok(wanted) => named(&instance, &wanted)?,
            Err(_) => preferred(&instance)?,
        };
        let info = adapter.get_info();
        let device = open(&adapter).map_err(|why| GpuError::Device { name: info.name.clone(), why })?;
        Ok(Gpu::with(device, format!("{} ({})", info.name, info.backend)))
    }

    /// The name of the device, and what it is driven through.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was reported since, if anything. A lost device stays so; other errors are told once, as being about `what`.
    pub(crate) fn check(&self, what: impl FnOnce() -> String) -> Result<(), GpuError> {
        let mut fault = self.faults.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fault.take() {
            None => Ok(()),
            Some(GpuError::Lost { why }) => {
                *fault = Some(GpuError::Lost { why: why.clone() });
                Err(GpuError::Lost { why })
            }
            Some(GpuError::Refused { why, .. }) => Err(GpuError::Refused { what: what(), why }),
            Some(other) => Err(other),
        }
    }

    fn with((device, queue): (Device, Queue), name: String) -> Gpu {
        let faults = Faults::default();
        let of_device = faults.clone();
        device.set_device_lost_callback(move |reason, message| {
            let why = if message.is_empty() { format!("{reason:?}") } else { message };
            of_device.add(GpuError::Lost { why });
        });
        let of_calls = faults.clone();
        device.on_uncaptured_error(Arc::new(move |error: Error| {
            of_calls.add(match error {
                Error::OutOfMemory { .. } => GpuError::Memory,
                Error::Validation { description: why, .. } | Error::Internal { description: why, .. } => {
                    GpuError::Refused { what: String::new(), why }
                }
            });
        }));
        Gpu { device, queue, name, faults }
    }
}

impl Faults {
    /// The first fault is the cause of those that follow, but none says more than that the device is gone.
    fn add(&self, fault: GpuError) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() || (matches!(fault, GpuError::Lost { .. }) && !matches!(*known, Some(GpuError::Lost { .. })))
        {
            *known = Some(fault);
        }
    }
}

fn preferred(instance: &Instance) -> Result<Adapter, GpuError> {
    let power_preference = PowerPreference::from_env().unwrap_or(PowerPreference::HighPerformance);
    let options = RequestAdapterOptions { power_preference, ..Default::default() };
    pollster::block_on(instance.request_adapter(&options)).map_err(|e| GpuError::NotFound(e.to_string()))
}

fn named(instance: &Instance, wanted: &str) -> Result<Adapter, GpuError> {
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let names: Vec<String> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    if names.is_empty() {
        return Err(GpuError::NotFound("no adapter".into()));
    }
    let is_wanted = |name: &String| name.to_lowercase().contains(&wanted.to_lowercase());
    let index = names.iter().position(is_wanted);
    let chosen = index.and_then(|index| adapters.into_iter().nth(index));
    chosen.ok_or_else(|| GpuError::NoSuchName { wanted: wanted.into(), found: names.join(", ") })
}

/// The device with all that its buffers and dispatches may be.
fn open(adapter: &Adapter) -> Result<(Device, Queue), String> {
    let has = adapter.limits();
    let required_limits = Limits {
        max_buffer_size: has.max_buffer_size,
        max_storage_buffer_binding_size: has.max_storage_buffer_binding_size,
        max_compute_workgroups_per_dimension: has.max_compute_workgroups_per_dimension,
        ..Limits::downlevel_defaults()
    };
    let descriptor = DeviceDescriptor {
        label: Some("sanderling"),
        required_features: Features::empty(),
        required_limits,
        experimental_features: ExperimentalFeatures::disabled(),
        memory_hints: MemoryHints::MemoryUsage,
        trace: Trace::Off,
    };
    pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_told_for_good_and_other_faults_once() {
        let Ok(gpu) = Gpu::open().inspect_err(|why| eprintln!("skipped: {why}")) else { return };
        let refused = |why: &str| GpuError::Refused { what: String::new(), why: why.into() };
        gpu.faults.add(refused("first"));
        gpu.faults.add(refused("second"));
        let told = GpuError::Refused { what: "it".into(), why: "first".into() };
        assert_eq!(gpu.check(|| "it".into()), Err(told));
        assert_eq!(gpu.check(|| "it".into()), Ok(()));
        gpu.faults.add(refused("first"));
        gpu.device.destroy();
        let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
        for _ in 0..2 {
            let told = gpu.check(|| "it".into());
            assert!(matches!(told, Err(GpuError::Lost { .. })), "{told:?}");
        }
    }
}
