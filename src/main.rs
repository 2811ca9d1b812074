//! Arguments in, a headless verb or the TUI out.

fn main() {}
