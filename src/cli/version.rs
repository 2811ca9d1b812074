//! `version`: what a report of a fault should say, and nothing that should not be in one.

use std::env::consts::{ARCH, OS};

use super::Environment;
use crate::config::Paths;

/// Variables that change what is drawn or where files lie; they hold no secrets.
const SHOWN: &[&str] = &[
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];
/// Variables of which only their being there matters.
const NAMED: &[&str] = &["TMUX", "SSH_CONNECTION", "MQTTSCOPE_CONFIG"];

/// A line a fact.
pub fn text(paths: &Paths, environment: &Environment) -> String {
    let build = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let lines = [
        ("target", target()),
        ("build", build.into()),
        ("protocols", "MQTT 3.1, 3.1.1, 5".into()),
        ("config", paths.config.display().to_string()),
        ("data", paths.data.display().to_string()),
        ("state", paths.state.display().to_string()),
        ("environment", variables(environment)),
    ];
    let lines = lines.map(|(name, value)| format!("\n{name:<12} {value}"));
    format!("mqttscope {}{}", env!("CARGO_PKG_VERSION"), lines.concat())
}

/// `x86_64-linux-musl`.
fn target() -> String {
    let environment = if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "msvc") {
        "-msvc"
    } else {
        ""
    };
    format!("{ARCH}-{OS}{environment}")
}

fn variables(environment: &Environment) -> String {
    let shown = SHOWN
        .iter()
        .filter_map(|name| Some(format!("{name}={}", environment.get(name)?)));
    let named = NAMED
        .iter()
        .chain(&environment.connection_variables())
        .filter(|name| environment.get(name).is_some())
        .map(|name| format!("{name} (set)"))
        .collect::<Vec<_>>();
    let all: Vec<String> = shown.chain(named).collect();
    if all.is_empty() {
        "nothing that matters here".into()
    } else {
        super::link::visible(&all.join(", "))
    }
}
