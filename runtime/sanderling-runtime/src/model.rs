//! An artifact that has been checked.

use sanderling_format::{
    Accesses, Features, FormatError, Golden, Header, IoRecord, Kind, Program, RawCall, Region, Section, read_io,
};
use sanderling_kernels::Kernel;

/// A checked artifact and the kernels that run it.
///
/// After [`Model::parse`] every call is known to have a kernel and to stay inside the arena and the constants.
#[derive(Clone, Copy)]
pub struct Model<'m> {
    header: Header,
    program: &'m [u8],
    constants: &'m [u8],
    inputs: &'m [u8],
    outputs: &'m [u8],
    text: &'m [u8],
    expected: &'m [u8],
    kernels: &'m [Kernel],
}

/// An input or output of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Io<'m> {
    pub name: &'m str,
    pub record: IoRecord,
}

/// A kernel call of a model.
#[derive(Clone, Copy)]
pub struct Step<'m> {
    pub call: RawCall<'m>,
    pub kernel: &'m Kernel,
    pub accesses: Accesses,
}

impl<'m> Model<'m> {
    /// Checks an artifact: its hash, every kernel call, every input and output.
    ///
    /// `kernels` is searched from the front. One pass, no allocation; whatever the bytes, it returns.
    pub fn parse(artifact: &'m [u8], kernels: &'m [Kernel]) -> Result<Model<'m>, FormatError> {
        let header = Header::read(artifact)?;
        let offered = kernels.iter().fold(Features::default(), |all, kernel| all.with(kernel.features));
        let missing = header.features.without(offered);
        if !missing.is_empty() {
            return Err(FormatError::Features { missing });
        }
        let section = |kind: Kind| header.section(kind).of(artifact).ok_or(FormatError::Section);
        let model = Model {
            header,
            program: section(Kind::Program)?,
            constants: section(Kind::Constants)?,
            inputs: section(Kind::Inputs)?,
            outputs: section(Kind::Outputs)?,
            text: section(Kind::Text)?,
            expected: section(Kind::Expected)?,
            kernels,
        };
        for (index, call) in Program(model.program).enumerate() {
            let call = call.ok_or(FormatError::Program)?;
            model.check_call(index as u32, call)?;
        }
        // One behind another, so that no byte of theirs is read twice however many records there are.
        let mut named = 0;
        for record in read_io(model.inputs).chain(read_io(model.outputs)) {
            let record = record.filter(|r| r.name.offset == named && model.is_io(r)).ok_or(FormatError::Io)?;
            named = record.name.end().ok_or(FormatError::Io)?;
        }
        model.state_init().ok_or(FormatError::Io)?;
        Ok(model)
    }

    /// The whole need of memory, in bytes.
    pub fn arena_bytes(&self) -> usize {
        self.header.arena_bytes as usize
    }

    /// An upper bound for the stack of a run on the model's target, in bytes.
    pub fn stack_bytes(&self) -> usize {
        self.header.stack_bytes as usize
    }

    /// Multiply-accumulates of a run.
    pub fn macs(&self) -> u64 {
        self.header.macs
    }

    /// What the self-test should give.
    pub fn golden(&self) -> Golden {
        self.header.golden
    }

    /// Expected outputs of a float model's self-test, one after another.
    pub fn expected(&self) -> &'m [u8] {
        self.expected
    }

    /// Bytes of the constants.
    pub fn constants_bytes(&self) -> usize {
        self.constants.len()
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Io<'m>> + use<'m> {
        io(self.inputs, self.text)
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> impl Iterator<Item = Io<'m>> + use<'m> {
        io(self.outputs, self.text)
    }

    /// The name of what it was compiled for.
    pub fn target(&self) -> &'m str {
        let Region { offset, bytes } = self.header.target;
        Section { offset, bytes }.of(self.text).and_then(|t| core::str::from_utf8(t).ok()).unwrap_or("")
    }

    /// Where and from what it was made: what follows the names in the text section.
    pub fn provenance(&self) -> &'m str {
        let names: usize = self.inputs().chain(self.outputs()).map(|io| io.name.len()).sum();
        self.text.get(names + self.target().len()..).and_then(|t| core::str::from_utf8(t).ok()).unwrap_or("")
    }

    /// The kernel calls, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'m>> + use<'m> {
        let kernels = self.kernels;
        Program(self.program).flatten().filter_map(move |call| {
            let kernel = kernels.iter().find(|k| k.id == call.id)?;
            Some(Step { call, kernel, accesses: (kernel.accesses)(call.words)? })
        })
    }

    /// What the states hold before the first run; `None` when it lies outside the constants or does not fit.
    pub(crate) fn state_init(&self) -> Option<&'m [u8]> {
        if self.header.state_bytes > self.header.arena_bytes {
            return None;
        }
        Section { offset: self.header.state_init, bytes: self.header.state_bytes }.of(self.constants)
    }

    pub(crate) fn constant(&self, region: Region) -> Option<&'m [u8]> {
        Section { offset: region.start(), bytes: region.bytes }.of(self.constants)
    }

    fn check_call(&self, index: u32, call: RawCall<'_>) -> Result<(), FormatError> {
        let missing = FormatError::MissingKernel { call: index, id: call.id };
        let kernel = self.kernels.iter().find(|k| k.id == call.id).ok_or(missing)?;
        let refused = FormatError::Call { call: index };
        let accesses = (kernel.accesses)(call.words).ok_or(refused)?;
        if self.is_contained(&accesses) { Ok(()) } else { Err(refused) }
    }

    /// Whether all regions exist, and what is written is apart from everything else or in the place that the call allows.
    fn is_contained(&self, accesses: &Accesses) -> bool {
        let inside = |r: &Region| {
            let space = if r.is_constant() { self.constants.len() } else { self.arena_bytes() };
            r.end().is_some_and(|end| end as usize <= space)
        };
        accesses.is_sound() && [accesses.output, accesses.scratch].iter().chain(&accesses.reads).all(inside)
    }

    fn is_io(&self, record: &IoRecord) -> bool {
        let name = Section { offset: record.name.offset, bytes: record.name.bytes }.of(self.text);
        record.is_consistent()
            && record.region.end().is_some_and(|end| end <= self.header.arena_bytes)
            && name.is_some_and(|name| core::str::from_utf8(name).is_ok())
    }
}

fn io<'m>(records: &'m [u8], text: &'m [u8]) -> impl Iterator<Item = Io<'m>> + use<'m> {
    read_io(records).flatten().map(move |record| {
        let name = Section { offset: record.name.offset, bytes: record.name.bytes }.of(text).unwrap_or(&[]);
        Io { name: core::str::from_utf8(name).unwrap_or(""), record }
    })
}
