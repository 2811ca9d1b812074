//! What runs from the start until the screen stands lies side by side in the release binary.
//!
//! A kernel maps 64 KiB around each page that is touched first. Strewn over seven megabytes, two megabytes of code
//! came to five that were resident, and as much to read from a cold memory card. `start.ld` names the functions;
//! `cargo bench -- order` writes it anew. A name that is gone does no harm, one that is new only lies elsewhere.
//!
//! GNU ld and lld take such a script beside their own. One that does not (gold, mold, other systems') is asked
//! first and then left alone: the program is the same, laid out as it comes. `MQTTSCOPE_LAYOUT=plain` asks for that, too:
//! for linkers named where a build script cannot see it (`cargo rustc -- -C linker=…`).

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const SCRIPT: &str = "src/link/start.ld";
/// `plain` for a binary as it comes: so does the tool need it that traces what runs, which reads one section's names.
const LAYOUT: &str = "MQTTSCOPE_LAYOUT";

fn main() {
    println!("cargo:rerun-if-changed={SCRIPT}");
    println!("cargo:rerun-if-changed=src/link/build.rs");
    println!("cargo:rerun-if-env-changed={LAYOUT}");
    println!("cargo:rerun-if-env-changed={}", linker_variable());
    let is_wanted = variable("PROFILE") == "release"
        && variable("CARGO_CFG_TARGET_OS") == "linux"
        && variable(LAYOUT) != "plain";
    let argument = format!(
        "-T{}",
        Path::new(&variable("CARGO_MANIFEST_DIR")).join(SCRIPT).display()
    );
    // What cannot be asked is let be: nothing depends on it.
    if is_wanted && is_taken(&argument).unwrap_or(false) {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}

/// Where cargo is told of a linker for the target.
fn linker_variable() -> String {
    let target = variable("TARGET").to_uppercase().replace(['-', '.'], "_");
    format!("CARGO_TARGET_{target}_LINKER")
}

/// Whether the smallest program links with this argument, by the linker and the flags that the real one will have.
fn is_taken(argument: &str) -> io::Result<bool> {
    let folder = PathBuf::from(variable("OUT_DIR"));
    let source = folder.join("smallest.rs");
    fs::write(&source, "fn main() {}\n")?;
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args([
        "--crate-type",
        "bin",
        "--emit",
        "link",
        "--target",
        &variable("TARGET"),
    ]);
    rustc.arg("--out-dir").arg(&folder).arg(&source);
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={linker}"));
    }
    rustc.arg("-C").arg(format!("link-arg={argument}"));
    let status = rustc
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// One of those that cargo sets.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
