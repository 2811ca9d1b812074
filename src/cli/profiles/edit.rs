//! `profiles edit`: a profile in the user's editor, taken when it is valid.

use std::{env, fs, path::Path, process::Command};

use super::{Exit, Failure, Invocation, existing, say};
use crate::{
    cli::print_raw,
    config::{self, Paths},
    text,
};

/// Lets `$VISUAL`, `$EDITOR` or vi change a draft; a valid one replaces the profile, another one is kept.
pub fn edit(paths: &Paths, name: &str) -> Result<Invocation, Failure> {
    existing(paths, name)?;
    let path = paths.profile(name);
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| Failure::error(format!("{}: {error}", path.display())))
    };
    let failed = |faults| Failure::faults(Exit::Error, &faults);
    let before = read(&path)?;
    let draft = config::draft_path(paths, name);
    let mut out = String::new();
    if config::write_draft(paths, name, &before).map_err(failed)? {
        crate::cli::talk::say(&format!("going on with the draft in {}", draft.display()));
    }
    let ended = run_editor(&draft);
    let text = read(&draft)?;
    if ended.is_err() && text == before {
        config::discard_draft(paths, name);
    }
    ended?;
    if text == before {
        config::discard_draft(paths, name);
        say(&mut out, &format!("{name}: nothing was changed"));
        return print_raw(out.as_bytes());
    }
    if let Err(faults) = config::replace_profile(paths, name, &draft, &text) {
        crate::cli::talk::say(&format!(
            "{name}: not replaced; the draft is kept, and profiles edit {name} goes on with it"
        ));
        return Err(failed(faults));
    }
    config::discard_draft(paths, name);
    say(&mut out, &format!("{name}: written to {}", path.display()));
    print_raw(out.as_bytes())
}

fn run_editor(path: &Path) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    let words = text::split_words(&editor).unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::error("EDITOR names no program"));
    };
    let status = Command::new(program).args(arguments).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::error(format!(
            "{program} failed ({status}); the profile is as it was, the draft in {}",
            path.display()
        ))),
        Err(error) => Err(Failure::error(format!(
            "cannot start {program}: {error}; set EDITOR to an editor that is installed"
        ))),
    }
}
