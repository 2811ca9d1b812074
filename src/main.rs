//! Arguments in, a headless verb or the TUI out.

use std::{io::Write, process::ExitCode};

use mqttscope::cli::{self, Exit, Failure, Invocation, TuiRequest};

fn main() -> ExitCode {
    let ended = cli::run(std::env::args_os().skip(1)).and_then(|invocation| match invocation {
        Invocation::Done(exit) => Ok(exit),
        Invocation::Tui(request) => run_tui(*request),
    });
    let exit = ended.unwrap_or_else(|failure| {
        tell(&failure.to_string());
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run_tui(request: TuiRequest) -> Result<Exit, Failure> {
    drop(request);
    Err(Failure::error("the screen is not built in yet; use sub and pub"))
}

/// A line for stderr; one that is closed stops nothing.
fn tell(line: &str) {
    if !line.is_empty() {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}
