//! `config`: where files lie, and whether they are right.

use super::{Exit, Failure, Invocation, ScreenKeys, args::ConfigArgs, print};
use crate::config::{self, Faults, KeyBindings, Paths};

/// `config path` prints the folder, for `cd "$(mqttscope config path)"`; `config check` tells all faults,
/// `config init` writes first files, `config schema` prints what a file can hold.
pub fn run(args: &ConfigArgs, paths: &Paths, screen: ScreenKeys) -> Result<Invocation, Failure> {
    let folder = paths.config.display();
    if let (Some(extra), true) = (&args.kind, args.what != "schema") {
        return Err(Failure::usage(format!(
            "\"{extra}\" is one word too many (mqttscope config --help)"
        )));
    }
    if args.what == "path" {
        return print(&folder.to_string());
    }
    if args.what == "schema" {
        let kind = args.kind.as_deref().unwrap_or("profile");
        let schema = config::schema(kind, screen.defaults).ok_or_else(|| {
            let known = config::SCHEMAS.join(", ");
            Failure::usage(format!("there is no schema of \"{kind}\"; there are {known}"))
        })?;
        return print(&serde_json::to_string_pretty(&schema).map_err(Failure::error)?);
    }
    if args.what == "init" {
        return init(paths, screen);
    }
    let keys = KeyBindings::load(&paths.keys()).map_or(Ok(()), |keys| (screen.check)(&keys));
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

fn init(paths: &Paths, screen: ScreenKeys) -> Result<Invocation, Failure> {
    let made =
        config::init(paths, screen.defaults).map_err(|faults| Failure::faults(Exit::Error, &faults))?;
    let lines: Vec<String> = made
        .iter()
        .map(|file| {
            let path = file.path.display();
            if file.is_new {
                format!("{path}: written")
            } else {
                format!("{path}: there already, left as it is")
            }
        })
        .collect();
    print(&lines.join("\n"))
}
