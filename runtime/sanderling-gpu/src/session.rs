//! A model at work on a GPU.

use sanderling_format::{Header, Kind, Region, read_dispatches};
use sanderling_kernels::scalar;
use sanderling_runtime::{Io, Model, RunError};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry,
    BindingType, Buffer, BufferBindingType, BufferDescriptor, BufferUsages, CommandEncoderDescriptor,
    ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, PipelineCompilationOptions,
    PipelineLayoutDescriptor, ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

use crate::error::GpuError;
use crate::gpu::Gpu;
use crate::transfer;

/// A model on a GPU: its pipelines, its buffers, and the states that it keeps there between runs.
pub struct GpuSession<'a> {
    pub(crate) gpu: &'a Gpu,
    model: Model<'a>,
    state: &'a [u8],
    pipelines: Vec<Pipeline>,
    bindings: BindGroup,
    pub(crate) arena: Buffer,
    staging: Buffer,
    inputs: Vec<Vec<u8>>,
    outputs: Vec<Vec<u8>>,
}

/// A dispatch that is ready to run.
struct Pipeline {
    call: u32,
    compute: ComputePipeline,
    groups: [u32; 3],
}

impl<'a> GpuSession<'a> {
    /// Checks an artifact, builds its pipelines and uploads its constants.
    pub fn new(gpu: &'a Gpu, artifact: &'a [u8]) -> Result<GpuSession<'a>, GpuError> {
        // The plain kernels know what every call touches, and so what its shader may.
        let model = Model::parse(artifact, scalar::ALL)?;
        let header = Header::read(artifact)?;
        let section = |kind: Kind| header.section(kind).of(artifact).unwrap_or_default();
        let (constants, shaders) = (section(Kind::Constants), section(Kind::Shaders));
        if shaders.is_empty() {
            return Err(GpuError::NoShaders { target: model.target().to_string() });
        }
        let (arena_bytes, constants_bytes) = (model.arena_bytes() as u64, constants.len() as u64);
        let arena = buffer(gpu, "values", arena_bytes, BufferUsages::STORAGE | BufferUsages::COPY_SRC)?;
        let weights = buffer(gpu, "constants", constants_bytes, BufferUsages::STORAGE)?;
        gpu.queue.write_buffer(&weights, 0, &transfer::padded(constants));
        let staged_bytes = transfer::staged_bytes(&output_regions(&model));
        let staging = buffer(gpu, "outputs", staged_bytes, BufferUsages::MAP_READ)?;
        let layout = layout(gpu);
        let bindings = gpu.device.create_bind_group(&BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &[
                BindGroupEntry { binding: 0, resource: arena.as_entire_binding() },
                BindGroupEntry { binding: 1, resource: weights.as_entire_binding() },
            ],
        });
        let pipelines = pipelines(gpu, &model, &layout, shaders)?;
        let start = header.state_init as usize;
        let state = constants.get(start..start + header.state_bytes as usize).unwrap_or_default();
        let zeros = |io: Io<'_>| vec![0; io.record.region.bytes as usize];
        let (inputs, outputs) = (model.inputs().map(zeros).collect(), model.outputs().map(zeros).collect());
        let session = GpuSession { gpu, model, state, pipelines, bindings, arena, staging, inputs, outputs };
        session.reset()?;
        Ok(session)
    }

    /// The model.
    pub fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// Sets the states to what they were before the first run.
    pub fn reset(&self) -> Result<(), GpuError> {
        if !self.state.is_empty() {
            self.gpu.queue.write_buffer(&self.arena, 0, &transfer::padded(self.state));
        }
        self.gpu.check(|| "the states".into())
    }

    /// The bytes of input `index`; they stay until they are written again.
    pub fn input(&mut self, index: usize) -> Result<&mut [u8], RunError> {
        self.inputs.get_mut(index).map(Vec::as_mut_slice).ok_or(RunError::NoInput { index })
    }

    /// The bytes of output `index` after the last run that succeeded.
    pub fn output(&self, index: usize) -> Result<&[u8], RunError> {
        self.outputs.get(index).map(Vec::as_slice).ok_or(RunError::NoOutput { index })
    }

    /// Runs all kernel calls. Where that fails the outputs stay as they were.
    pub fn run(&mut self) -> Result<(), GpuError> {
        self.write_inputs();
        self.outputs = self.submit(&|_| true, &output_regions(&self.model), &self.staging)?;
        Ok(())
    }

    /// Runs the inputs of one row, one slice an input, and returns the outputs.
    pub fn run_row(&mut self, inputs: &[&[u8]]) -> Result<&[Vec<u8>], GpuError> {
        for (index, bytes) in inputs.iter().enumerate() {
            let input = self.input(index)?;
            let (needed, found) = (input.len(), bytes.len());
            if needed != found {
                return Err(GpuError::Input { index, needed, found });
            }
            input.copy_from_slice(bytes);
        }
        self.run()?;
        Ok(&self.outputs)
    }

    /// Takes the outputs from where they lie now.
    pub(crate) fn read_outputs(&mut self) -> Result<(), GpuError> {
        self.outputs = self.submit(&|_| false, &output_regions(&self.model), &self.staging)?;
        Ok(())
    }

    pub(crate) fn write_inputs(&self) {
        for (io, bytes) in self.model.inputs().zip(&self.inputs) {
            self.gpu.queue.write_buffer(&self.arena, io.record.region.offset.into(), &transfer::padded(bytes));
        }
    }

    /// Submits the dispatches of some calls and waits for what regions of the arena then hold.
    pub(crate) fn submit(
        &self,
        is_wanted: &dyn Fn(u32) -> bool,
        regions: &[Region],
        staging: &Buffer,
    ) -> Result<Vec<Vec<u8>>, GpuError> {
        let mut encoder = self.gpu.device.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
        pass.set_bind_group(0, &self.bindings, &[]);
        for pipeline in self.pipelines.iter().filter(|pipeline| is_wanted(pipeline.call)) {
            let [x, y, z] = pipeline.groups;
            pass.set_pipeline(&pipeline.compute);
            pass.dispatch_workgroups(x, y, z);
        }
        drop(pass);
        transfer::read(self.gpu, encoder, &self.arena, regions, staging)
    }
}

fn output_regions(model: &Model<'_>) -> Vec<Region> {
    model.outputs().map(|io| io.record.region).collect()
}

/// A buffer of whole words, at least one.
pub(crate) fn buffer(gpu: &Gpu, what: &'static str, bytes: u64, usage: BufferUsages) -> Result<Buffer, GpuError> {
    let limits = gpu.device.limits();
    let most = match usage.contains(BufferUsages::STORAGE) {
        true => limits.max_buffer_size.min(limits.max_storage_buffer_binding_size),
        false => limits.max_buffer_size,
    };
    let size = bytes.max(1).next_multiple_of(16);
    if size > most {
        return Err(GpuError::TooLarge { what, needed: size, name: gpu.name().to_string(), most });
    }
    let usage = usage | BufferUsages::COPY_DST;
    let buffer =
        gpu.device.create_buffer(&BufferDescriptor { label: Some(what), size, usage, mapped_at_creation: false });
    gpu.check(|| format!("a buffer of {size} bytes"))?;
    Ok(buffer)
}

/// The arena, to be written, and the constants.
fn layout(gpu: &Gpu) -> BindGroupLayout {
    let entry = |binding: u32, read_only: bool| BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer {
            ty: BufferBindingType::Storage { read_only },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let entries = &[entry(0, false), entry(1, true)];
    gpu.device.create_bind_group_layout(&BindGroupLayoutDescriptor { label: None, entries })
}

/// Every dispatch as a pipeline: all calls in order, each with one or more.
fn pipelines(
    gpu: &Gpu,
    model: &Model<'_>,
    bindings: &BindGroupLayout,
    shaders: &[u8],
) -> Result<Vec<Pipeline>, GpuError> {
    let layout = gpu.device.create_pipeline_layout(&PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[Some(bindings)],
        immediate_size: 0,
    });
    let most = gpu.device.limits().max_compute_workgroups_per_dimension;
    let mut made: Vec<(&str, ComputePipeline)> = Vec::new();
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let mut next = 0;
    for dispatch in read_dispatches(shaders) {
        let dispatch = dispatch.ok_or(GpuError::Shaders { call: next })?;
        let (call, groups) = (dispatch.call, dispatch.groups);
        if call != next && (call + 1 != next || pipelines.is_empty()) {
            return Err(GpuError::Shaders { call: next });
        }
        next = call + 1;
        if let Some(needed) = groups.into_iter().find(|&n| n > most) {
            return Err(GpuError::Groups { call, needed, name: gpu.name().to_string(), most });
        }
        let compute = match made.iter().find(|(text, _)| *text == dispatch.text) {
            Some((_, pipeline)) => pipeline.clone(),
            None => {
                let source = ShaderSource::Wgsl(dispatch.text.into());
                let module = gpu.device.create_shader_module(ShaderModuleDescriptor { label: None, source });
                let pipeline = gpu.device.create_compute_pipeline(&ComputePipelineDescriptor {
                    label: None,
                    layout: Some(&layout),
                    module: &module,
                    entry_point: Some("main"),
                    compilation_options: PipelineCompilationOptions::default(),
                    cache: None,
                });
                gpu.check(|| format!("a shader of kernel call {call}"))?;
                made.push((dispatch.text, pipeline.clone()));
                pipeline
            }
        };
        pipelines.push(Pipeline { call, compute, groups });
    }
    if next as usize == model.steps().count() { Ok(pipelines) } else { Err(GpuError::Shaders { call: next }) }
}
