//! Arguments in, a headless verb or the TUI out.

use std::{io::Write, process::ExitCode, sync::mpsc, thread, time::Duration};

use mqttscope::{
    cli::{self, Exit, Failure, Invocation, ScreenKeys, TuiRequest},
    tui,
};

fn main() -> ExitCode {
    let keys = ScreenKeys {
        check: |keys| tui::resolve_keys(keys).map(drop),
        defaults: tui::DEFAULT_KEYS,
    };
    let ended = cli::run(std::env::args_os().skip(1), keys).and_then(|invocation| match invocation {
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
    let options = tui::Options {
        paths: request.paths,
        clock: request.clock,
        profiles: request.profiles,
        targets: request.targets,
        notes: request.notes,
        theme_name: request.theme_name,
        theme: request.theme,
        keys: tui::resolve_keys(&request.keys)?,
        limits: request.limits,
        max_memory: request.max_memory,
        fps: request.fps,
        has_mouse: request.has_mouse,
        glyphs: request.glyphs,
        has_color: request.has_color,
    };
    let summary = tui::run(options).map_err(|error| Failure::error(format!("{error:#}")))?;
    tell(&summary.said());
    if let Some(path) = &request.summary_json {
        summary
            .save(path)
            .map_err(|error| Failure::error(format!("{}: {error}", path.display())))?;
    }
    // `request.demo` ends its broker and devices here, when the screen is gone.
    Ok(Exit::Ok)
}

/// A line for stderr; one that is closed stops nothing, and one that takes nothing (a stalled terminal) not for long.
fn tell(line: &str) {
    if line.is_empty() {
        return;
    }
    let line = line.to_owned();
    let (done_tx, done_rx) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
        let _ = done_tx.send(());
    });
    let _ = done_rx.recv_timeout(Duration::from_millis(300));
}
