//! Completions and manual pages, made from the same definitions as `--help`.

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{
    Failure,
    args::{
        BrokerArgs, CompletionsArgs, ConfigArgs, DemoArgs, DoctorArgs, ManArgs, ProfilesArgs, PubArgs,
        SubArgs, TuiArgs, VersionArgs, WillTestArgs,
    },
};
use crate::text;

/// The verbs with what they take.
fn verbs() -> Vec<(&'static str, Command)> {
    vec![
        ("demo", DemoArgs::command()),
        ("broker", BrokerArgs::command()),
        ("sub", SubArgs::command()),
        ("pub", PubArgs::command()),
        ("doctor", DoctorArgs::command()),
        ("will-test", WillTestArgs::command()),
        ("profiles", ProfilesArgs::command()),
        ("config", ConfigArgs::command()),
        ("completions", CompletionsArgs::command()),
        ("man", ManArgs::command()),
        ("version", VersionArgs::command()),
    ]
}

/// The program with its verbs.
fn whole() -> Command {
    let verbs = verbs().into_iter().map(|(name, command)| command.name(name));
    TuiArgs::command()
        .disable_help_subcommand(true)
        .subcommands(verbs)
}

/// What the shell is to read.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut whole(), "mqttscope", &mut script);
    script
}

/// The page of the program, or of one verb.
pub fn page(verb: Option<&str>) -> Result<Vec<u8>, Failure> {
    let command = match verb {
        None => whole(),
        Some(name) => find(name)?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(Failure::error)?;
    Ok(page)
}

fn find(name: &str) -> Result<Command, Failure> {
    let verbs = verbs();
    let names: Vec<&str> = verbs.iter().map(|(name, _)| *name).collect();
    let way_out = match text::nearest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("there are {}", names.join(", ")),
    };
    let found = verbs.into_iter().find(|(verb, _)| *verb == name);
    let (_, command) = found.ok_or_else(|| Failure::usage(format!("no verb \"{name}\"; {way_out}")))?;
    Ok(command)
}
