//! Any bytes as frames and as a stream.
#![no_main]

#[path = "../laws/wire.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::check(data));
