//! `config`: where files lie, and whether they are right.

use super::{Exit, Failure, Invocation, args::ConfigArgs, print};
use crate::config::{self, Faults, KeyBindings, Paths};

/// `config path` prints the folder, for `cd "$(mqttscope config path)"`; `config check` tells all faults.
pub fn run(
    args: &ConfigArgs,
    paths: &Paths,
    check_keys: fn(&KeyBindings) -> Result<(), Faults>,
) -> Result<Invocation, Failure> {
    let folder = paths.config.display();
    if args.what == "path" {
        return print(&folder.to_string());
    }
    let keys = KeyBindings::load(&paths.keys()).map_or(Ok(()), |keys| check_keys(&keys));
    let faults: Vec<_> = [config::check(paths), keys]
        .into_iter()
        .filter_map(Result::err)
        .flat_map(|faults| faults.0)
        .collect();
    if faults.is_empty() {
        return print(&format!("{folder}: no faults"));
    }
    Err(Failure::faults(Exit::Error, &Faults(faults)))
}
