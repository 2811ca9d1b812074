//! The command line: which verb, with what, and the verbs that need no screen.
//!
//! stdout is data, stderr is talk. Knows nothing of the TUI: what it is to be started with is handed to `main`.

mod args;
mod broker;
mod config;
mod demo;
mod doctor;
mod environment;
mod failure;
mod format;
mod json;
mod link;
mod manual;
mod options;
mod output;
mod profiles;
mod prompt;
mod publish;
mod shown;
mod signals;
mod start;
mod stdout;
mod sub;
mod talk;
mod target;
mod transport;
mod usage;
mod version;
mod will_test;

use std::{
    ffi::OsString,
    future::Future,
    io::{self, Write},
};

use clap::Parser;

pub use demo::RunningDemo;
pub use environment::Environment;
pub use failure::{Exit, Failure};
pub use start::TuiRequest;

use crate::{
    config::{Faults, KeyBindings, Paths},
    source::Clock,
};
use args::{
    AddArgs, BrokerArgs, CompletionsArgs, ConfigArgs, DemoArgs, DoctorArgs, GeneralArgs, ManArgs,
    ProfilesArgs, PubArgs, SubArgs, TuiArgs, VersionArgs, WillTestArgs,
};
use usage::{Parsed, parse};

/// What the arguments came to.
#[derive(Debug)]
pub enum Invocation {
    /// A verb ran to its end.
    Done(Exit),
    /// The screen is wanted.
    Tui(Box<TuiRequest>),
}

/// What `config` has to know of the screen.
#[derive(Debug, Clone, Copy)]
pub struct ScreenKeys {
    /// Whether bindings name actions and keys that there are.
    pub check: fn(&KeyBindings) -> Result<(), Faults>,
    /// The default bindings, as TOML.
    pub defaults: &'static str,
}

/// Reads the arguments (without the program's name) and runs the verb, unless it is one for the screen.
pub fn run(arguments: impl IntoIterator<Item = OsString>, screen: ScreenKeys) -> Result<Invocation, Failure> {
    let arguments: Vec<String> = arguments
        .into_iter()
        .map(|argument| {
            let bad = |argument: OsString| Failure::usage(format!("{} is no UTF-8", argument.display()));
            argument.into_string().map_err(bad)
        })
        .collect::<Result<_, _>>()?;
    let clock = Clock::start();
    let environment = Environment::of_process();
    match arguments.split_first() {
        Some((verb, rest)) => match verb.as_str() {
            "demo" => with(rest, |args: &DemoArgs| demo::start(args, &environment, clock)),
            "broker" => with(rest, |args: &BrokerArgs| headless(broker::run(args))),
            "sub" => connecting(rest, |args: &SubArgs| {
                let paths = paths(&args.general)?;
                headless(sub::run(args, &environment, &paths))
            }),
            "pub" => connecting(rest, |args: &PubArgs| {
                let paths = paths(&args.general)?;
                headless(publish::run(args, &environment, &paths))
            }),
            "doctor" => connecting(rest, |args: &DoctorArgs| {
                let paths = paths(&args.general)?;
                headless(doctor::run(args, &environment, &paths))
            }),
            "will-test" => connecting(rest, |args: &WillTestArgs| {
                let paths = paths(&args.general)?;
                headless(will_test::run(args, &environment, &paths))
            }),
            "config" => with(rest, |args: &ConfigArgs| {
                config::run(args, &paths(&args.general)?, screen)
            }),
            "profiles" => match rest.split_first() {
                Some((what, rest)) if what == "add" => {
                    connecting(rest, |args: &AddArgs| profiles::add(args, &paths(&args.general)?))
                }
                Some((what, rest)) if what == "test" => connecting(rest, |args: &DoctorArgs| {
                    let (args, paths) = (profiles::tested(args)?, paths(&args.general)?);
                    headless(doctor::run(&args, &environment, &paths))
                }),
                _ => with(rest, |args: &ProfilesArgs| {
                    profiles::run(args, &paths(&args.general)?)
                }),
            },
            "completions" => with(rest, |args: &CompletionsArgs| {
                print_raw(&manual::completions(args.shell))
            }),
            "man" => with(rest, |args: &ManArgs| {
                print_raw(&manual::page(args.verb.as_deref())?)
            }),
            "version" => with(rest, |args: &VersionArgs| {
                print(&version::text(&paths(&args.general)?, &environment))
            }),
            _ => connecting(&arguments, |args: &TuiArgs| tui(args, &environment, clock)),
        },
        None => with(&arguments, |args: &TuiArgs| tui(args, &environment, clock)),
    }
}

fn with<T: Parser>(
    arguments: &[String],
    run: impl FnOnce(&T) -> Result<Invocation, Failure>,
) -> Result<Invocation, Failure> {
    match parse(arguments)? {
        Parsed::Args(args) => run(&args),
        Parsed::Print(text) => print(text.trim_end()),
    }
}

/// The same for a verb that connects, whose flags may lie in a file.
fn connecting<T: Parser>(
    arguments: &[String],
    run: impl FnOnce(&T) -> Result<Invocation, Failure>,
) -> Result<Invocation, Failure> {
    with(&options::expand(arguments)?, run)
}

/// Prints to stdout and is done.
fn print(text: &str) -> Result<Invocation, Failure> {
    print_raw(format!("{text}\n").as_bytes())
}

fn print_raw(bytes: &[u8]) -> Result<Invocation, Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::output(&error))?;
    Ok(Invocation::Done(Exit::Ok))
}

fn paths(general: &GeneralArgs) -> Result<Paths, Failure> {
    Paths::find(general.config.as_deref()).map_err(Failure::usage)
}

/// Runs a verb that needs no screen: the connection works on one thread while another writes.
fn headless(verb: impl Future<Output = Result<Exit, Failure>>) -> Result<Invocation, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::error)?;
    let result = runtime.block_on(verb);
    // a thread that still reads stdin is not waited for
    runtime.shutdown_background();
    result.map(Invocation::Done)
}

fn tui(args: &TuiArgs, environment: &Environment, clock: Clock) -> Result<Invocation, Failure> {
    let paths = paths(&args.general)?;
    let mut request = TuiRequest::read(&args.screen, &args.connection, environment, paths, clock)?;
    let found = target::resolve(&args.words, &args.connection, environment, &request.paths)?;
    let filters = target::filters(&args.topics, &found.topics)?;
    request.notes.extend(found.warnings);
    // the screen says them once; here they are still there when it has gone
    for note in &request.notes {
        talk::say(note);
    }
    match found.profile {
        Some(mut profile) => {
            target::subscribe(&mut profile, filters, args.qos);
            request.targets.push(profile);
        }
        None if !filters.is_empty() => {
            return Err(Failure::usage(
                "topics need a broker to be subscribed at; name one with -h HOST",
            ));
        }
        None => {}
    }
    Ok(Invocation::Tui(Box::new(request)))
}
