//! `compile --report` writes a page beside the artifact, or neither; `inspect` and `bench` say what is in them.

mod common;

use std::fs;

use common::{compile, model, ok, sanderling};
use serde_json::Value;

#[test]
fn the_page_and_the_artifact_are_written_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let kws = model("kws").unwrap().display().to_string();
    let (out, page) = (path("kws.sndl"), path("kws.html"));
    let flags = ["compile", &kws, "--target", "nucleo-l4r5zi", "-o", &out];

    for bad in [path("absent/kws.html"), folder.path().display().to_string(), out.clone()] {
        let refused = sanderling(&[&flags[..], &["--report", &bad]].concat());
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(&bad) || bad == out, "{bad}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{bad} left something");
    }

    let report: Value = serde_json::from_str(&ok(&[&flags[..], &["--report", &page, "--json"]].concat())).unwrap();
    assert_eq!(report["artifact_bytes"], fs::metadata(&out).unwrap().len());
    for key in ["arena_bytes", "stack_bytes", "macs", "instructions", "time_us"] {
        assert!(report[key].is_number(), "{key}");
    }
    let page = fs::read_to_string(page).unwrap();
    for layer in report["layers"].as_array().unwrap() {
        assert!(page.contains(&format!("<code>{}</code>", layer["name"].as_str().unwrap())), "{}", layer["name"]);
        assert!(!layer["kernels"].as_array().unwrap().is_empty());
    }
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

#[test]
fn inspect_shows_an_artifact_and_the_graph_of_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "host", folder.path()).unwrap();
    let inside: Value = serde_json::from_str(&ok(&["inspect", &artifact, "--json"])).unwrap();
    let sections = inside["sections"].as_array().unwrap();
    let end = sections.iter().map(|s| s["offset"].as_u64().unwrap() + s["bytes"].as_u64().unwrap()).max();
    assert_eq!(end, Some(fs::metadata(&artifact).unwrap().len()));
    assert_eq!(inside["calls"].as_array().unwrap().len(), 12);
    assert!(ok(&["inspect", &artifact]).contains("constants"));

    let kws = model("kws").unwrap().display().to_string();
    let short = ok(&["inspect", &kws]);
    assert!(short.contains("softmax(") && short.contains("bytes"), "{short}");
    let whole = ok(&["inspect", &kws, "--constants"]);
    assert_eq!(sanderling_ir::parse(&whole).unwrap().functions.len(), 1);
    let nodes = |flags: &[&str]| {
        let graph: Value = serde_json::from_str(&ok(&[&["inspect", &kws, "--json"], flags].concat())).unwrap();
        graph["functions"][0]["nodes"].as_array().unwrap().len()
    };
    assert!(nodes(&["--optimized"]) <= nodes(&[]));
}

#[test]
fn bench_measures_each_call_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "host", folder.path()).unwrap();
    let calls = |flags: &[&str]| {
        let bench = ok(&[&["bench", &artifact, "--runs", "5", "--json"], flags].concat());
        serde_json::from_str::<Value>(&bench).unwrap()["calls"].as_array().unwrap().clone()
    };
    assert!(calls(&[]).iter().all(|call| call["median_us"].is_null()));
    let measured = calls(&["--calls"]);
    assert_eq!(measured.len(), 12);
    assert!(measured.iter().all(|call| call["median_us"].is_number() && call["kernel"].is_string()));
    assert!(ok(&["bench", &artifact, "--runs", "5", "--calls"]).contains("depthwise_i8"));
}
