//! `config`: where files lie, and whether they are right.

use super::{Exit, Failure, Invocation, args::ConfigArgs, print};
use crate::config::{self, Paths};

/// `config path` prints the folder, for `cd "$(mqttscope config path)"`; `config check` tells all faults.
pub fn run(args: &ConfigArgs, paths: &Paths) -> Result<Invocation, Failure> {
    let folder = paths.config.display();
    if args.what == "path" {
        return print(&folder.to_string());
    }
    config::check(paths).map_err(|faults| Failure::faults(Exit::Error, &faults))?;
    print(&format!("{folder}: no faults"))
}
