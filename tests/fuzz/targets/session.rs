//! A session driven by any bytes.
#![no_main]

#[path = "../laws/session.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::check(data));
