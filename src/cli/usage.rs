//! Parses one verb's arguments, and says what is wrong with them in one line.

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::Failure;
use crate::text;

/// Flags whose values may hold a secret: what is wrong with one is told without it.
const SECRETS: [&str; 4] = ["--ws-header", "--pw", "--key-password", "--proxy"];

/// What parsing gave.
pub enum Parsed<T> {
    /// Arguments to work with.
    Args(T),
    /// Help or version: to be printed on stdout.
    Print(String),
}

/// Reads the arguments behind a verb.
pub fn parse<T: Parser>(arguments: &[String]) -> Result<Parsed<T>, Failure> {
    // Made once: it is a good part of the start.
    let mut command = T::command();
    let name = command.get_name().to_owned();
    let words = std::iter::once(name.clone()).chain(arguments.iter().cloned());
    let matches = command.try_get_matches_from_mut(words);
    match matches.and_then(|mut matches| T::from_arg_matches_mut(&mut matches)) {
        Ok(args) => Ok(Parsed::Args(args)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Parsed::Print(error.to_string()))
        }
        Err(error) if is_bare_h(arguments, &error) => {
            Ok(Parsed::Print(T::command().render_help().to_string()))
        }
        Err(error) => Err(Failure::usage(format!(
            "{} ({name} --help)",
            in_words::<T>(&error)
        ))),
    }
}

/// mosquitto's: -h with nothing behind it asks for help, whatever else stands there.
fn is_bare_h(arguments: &[String], error: &clap::Error) -> bool {
    let is_last = arguments.last().is_some_and(|last| last == "-h");
    let is_flag = matches!(
        error.get(ContextKind::InvalidArg),
        Some(ContextValue::String(argument)) if argument == "-h" || argument.starts_with("--host")
    );
    is_last && is_flag
}

fn in_words<T: CommandFactory>(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = flag(&context(ContextKind::InvalidArg));
    let value = context(ContextKind::InvalidValue);
    let reason = std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown flag {argument}{}", nearest_flag::<T>(&argument))
        }
        ErrorKind::UnknownArgument => format!("\"{argument}\" is one word too many"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} needs a value"),
        ErrorKind::InvalidValue => format!(
            "{argument}: \"{value}\" is not one of {}",
            context(ContextKind::ValidValue)
        ),
        ErrorKind::ValueValidation if SECRETS.contains(&argument.as_str()) => format!("{argument}: {reason}"),
        ErrorKind::ValueValidation => format!("{argument}: {}", about_value(&value, &reason)),
        ErrorKind::ArgumentConflict => {
            format!(
                "{argument} cannot be used with {}",
                flag(&context(ContextKind::PriorArg))
            )
        }
        ErrorKind::MissingRequiredArgument => {
            format!("missing {}", alternatives(&context(ContextKind::InvalidArg)))
        }
        ErrorKind::TooManyValues => format!("{argument}: \"{value}\" is one value too many"),
        _ => one_line(&error.to_string()),
    }
}

/// Errors that already quote the value are not preceded by it.
fn about_value(value: &str, reason: &str) -> String {
    let quotes_value = ['"', '`']
        .iter()
        .any(|mark| reason.contains(&format!("{mark}{value}{mark}")));
    if quotes_value {
        reason.into()
    } else {
        format!("\"{value}\": {reason}")
    }
}

/// `--port <PORT>` → `--port`.
fn flag(text: &str) -> String {
    let first = text.split(" <").next().unwrap_or(text);
    if first.is_empty() {
        text.into()
    } else {
        first.into()
    }
}

/// `<--message <MESSAGE>|--file <FILE>|…>` → `--message, --file or …`.
fn alternatives(group: &str) -> String {
    let flags: Vec<&str> = group
        .split(['<', '>', '|'])
        .map(str::trim)
        .filter(|part| part.starts_with('-'))
        .collect();
    match flags.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("one of {} or {last}", rest.join(", ")),
        _ => group.trim_matches(['<', '>']).into(),
    }
}

fn nearest_flag<T: CommandFactory>(wrong: &str) -> String {
    let command = T::command();
    let longs: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    match text::nearest(wrong.trim_start_matches('-'), longs) {
        Some(long) if wrong.starts_with("--") => format!("; did you mean --{long}?"),
        _ => String::new(),
    }
}

fn one_line(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).into()
}
