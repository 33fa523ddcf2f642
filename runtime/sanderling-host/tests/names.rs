//! The names of inputs and outputs lie one behind another: nobody can make a reader read them again and again.

use sanderling_format::{
    Artifact, Element, FormatError, Header, IO_RECORD_BYTES, IoRecord, Kind, Region, rehash, write,
};
use sanderling_host::{Backend, kernels};
use sanderling_runtime::Model;

/// Where a record says where its name is.
const NAME: usize = 56;

#[test]
fn names_do_not_overlap() {
    let mut artifact = Artifact::default();
    artifact.arena_bytes = 16;
    let region = |offset| Region { offset, bytes: 4 };
    for (offset, name) in [(0, "first"), (4, "second")] {
        let record = IoRecord { region: region(offset), element: Element::F32, ..IoRecord::default() };
        artifact.input(name, record);
    }
    artifact.output("third", IoRecord { region: region(8), element: Element::F32, ..IoRecord::default() });
    artifact.provenance = "made by a test".into();
    let sound = write(&artifact);
    let model = Model::parse(&sound, kernels(Backend::Scalar)).unwrap();
    let names: Vec<&str> = model.inputs().chain(model.outputs()).map(|io| io.name).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert_eq!(model.provenance(), "made by a test");

    let header = Header::read(&sound).unwrap();
    for (kind, record) in [(Kind::Inputs, 0), (Kind::Inputs, 1), (Kind::Outputs, 0)] {
        let section = header.section(kind);
        for change in [1u32, u32::MAX] {
            let mut file = sound.clone();
            let at = section.offset as usize + record * IO_RECORD_BYTES + NAME;
            let place = file[at..].first_chunk_mut().unwrap();
            *place = u32::from_le_bytes(*place).wrapping_add(change).to_le_bytes();
            rehash(&mut file);
            let refused = Model::parse(&file, kernels(Backend::Scalar)).err();
            assert_eq!(refused, Some(FormatError::Io));
        }
    }
}
