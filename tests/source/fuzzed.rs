//! The laws of the fuzz targets (`tests/fuzz`) over what fuzzing has found, and over a few thousand inputs of chance.

use std::{fs, path::Path};

#[path = "../fuzz/laws/session.rs"]
mod session;
#[path = "../fuzz/laws/wire.rs"]
mod wire;

fn found(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/found")
        .join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        check(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "{target}: inputs were found");
}

/// Bytes of chance that lean to what means something.
fn by_chance(check: fn(&[u8])) {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for round in 0..3_000 {
        let mut data = Vec::new();
        for _ in 0..round % 200 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let byte = state as u8;
            data.push(if state >> 60 < 8 { byte & 0x1f } else { byte });
        }
        check(&data);
    }
}

#[test]
fn what_fuzzing_has_found_keeps_the_laws() {
    found("wire", wire::check);
    found("session", session::check);
}

#[test]
fn inputs_of_chance_keep_the_laws() {
    by_chance(wire::check);
    by_chance(session::check);
}
