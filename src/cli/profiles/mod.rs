//! `profiles`: what there is, new ones, and those of other programs taken over and given.

mod edit;

use std::{fmt::Write, fs, path::Path};

use clap::Parser;

use super::{
    Environment, Exit, Failure, Invocation,
    args::{AddArgs, DoctorArgs, ProfilesArgs, SubArgs},
    link::visible,
    options, print_raw, target,
};
use crate::config::{self, Imported, Paths};

/// `add NAME TARGET`: the connection that target and flags describe, kept as a profile.
pub fn add(args: &AddArgs, paths: &Paths) -> Result<Invocation, Failure> {
    let target = target::resolve_or_local(&args.words, &args.connection, &Environment::default(), paths)?;
    let mut profile = target.profile;
    let filters = target::filters(&args.topics, &target.topics)?;
    target::subscribe(&mut profile, filters, args.qos);
    profile.name.clone_from(&args.name);
    if !config::is_profile_name(&args.name) {
        return Err(Failure::usage(format!(
            "\"{}\" {}",
            args.name,
            config::NO_PROFILE_NAME
        )));
    }
    let mut out = String::new();
    let is_kept = keep(&mut out, Imported::of_profile(profile), args.force, paths)?;
    print_raw(out.as_bytes())?;
    Ok(Invocation::Done(if is_kept { Exit::Ok } else { Exit::Error }))
}

/// `test NAME` is `doctor @NAME`.
pub fn tested(args: &DoctorArgs) -> Result<DoctorArgs, Failure> {
    let mut args = args.clone();
    match args.words.first_mut() {
        Some(name) if !name.starts_with('@') => name.insert(0, '@'),
        Some(_) => {}
        None => return Err(Failure::usage("profiles test needs a NAME")),
    }
    Ok(args)
}

/// Runs the other verbs.
pub fn run(args: &ProfilesArgs, paths: &Paths) -> Result<Invocation, Failure> {
    let names = &args.names;
    match (args.what.as_str(), names.as_slice()) {
        ("ls", []) => list(paths),
        ("ls", [extra, ..]) => Err(Failure::usage(format!("\"{extra}\" is one word too many"))),
        (what, []) => Err(Failure::usage(format!(
            "profiles {what} needs a {}",
            if what == "import" { "FILE" } else { "NAME" }
        ))),
        ("show", names) => {
            let texts: Result<String, Failure> = names.iter().map(|name| show(paths, name)).collect();
            print_raw(texts?.as_bytes())
        }
        ("rm", names) => remove(paths, names),
        ("edit", [name]) => edit::edit(paths, name),
        ("edit", [_, extra, ..]) => Err(Failure::usage(format!("\"{extra}\" is one word too many"))),
        ("export", names) => export(paths, names),
        (_, files) => import(args, paths, files),
    }
}

/// A line a profile: name and broker, or its first fault.
fn list(paths: &Paths) -> Result<Invocation, Failure> {
    let names = config::profile_names(paths);
    let longest = names
        .iter()
        .map(|name| crate::text::width(name))
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for name in &names {
        let what = match config::load_profile(paths, name) {
            Some(Ok(profile)) => profile.url.to_string(),
            Some(Err(faults)) => faults.0.first().map(ToString::to_string).unwrap_or_default(),
            None => "is no profile name".into(),
        };
        let gap = longest.saturating_sub(crate::text::width(name));
        let line = format!("{name}{:gap$}  {what}", "");
        writeln!(out, "{}", visible(&line)).expect("writing to a String succeeds");
    }
    print_raw(out.as_bytes())
}

/// The file as it is: no password stands in it.
fn show(paths: &Paths, name: &str) -> Result<String, Failure> {
    existing(paths, name)?;
    let path = paths.profile(name);
    fs::read_to_string(&path).map_err(|error| Failure::error(format!("{}: {error}", path.display())))
}

fn existing(paths: &Paths, name: &str) -> Result<(), Failure> {
    if config::is_profile_name(name) && paths.profile(name).is_file() {
        return Ok(());
    }
    Err(target::unknown_profile(paths, name))
}

/// All are there before the first goes.
fn remove(paths: &Paths, names: &[String]) -> Result<Invocation, Failure> {
    for name in names {
        existing(paths, name)?;
    }
    let mut out = String::new();
    let failed = |faults| Failure::faults(Exit::Error, &faults);
    for name in names {
        let path = paths.profile(name);
        let text = fs::read_to_string(&path)
            .map_err(|error| Failure::error(format!("{}: {error}", path.display())))?;
        // written before the profile goes: whatever happens, the text is somewhere
        let kept = config::keep_deleted(paths, name, &text).map_err(failed)?;
        config::delete_profile(paths, name).map_err(failed)?;
        say(
            &mut out,
            &format!(
                "{}: deleted; its text is kept in {}",
                path.display(),
                kept.display()
            ),
        );
        let password = paths.config.join("passwords").join(name);
        if password.is_file() {
            say(
                &mut out,
                &format!("  its password stays in {}", password.display()),
            );
        }
    }
    print_raw(out.as_bytes())
}

/// A JSON list on stdout as MQTTX imports it; what it cannot say, on stderr.
fn export(paths: &Paths, names: &[String]) -> Result<Invocation, Failure> {
    let mut connections = Vec::new();
    for name in names {
        existing(paths, name)?;
        let profile = config::load_profile(paths, name)
            .ok_or_else(|| target::unknown_profile(paths, name))?
            .map_err(|faults| Failure::faults(Exit::Error, &faults))?;
        let (connection, notes) = config::export_mqttx(&profile);
        for note in notes {
            super::talk::say(&format!("{name}: {note}"));
        }
        connections.push(connection);
    }
    let text = serde_json::to_string_pretty(&connections).map_err(Failure::error)?;
    print_raw(format!("{text}\n").as_bytes())
}

fn import(args: &ProfilesArgs, paths: &Paths, files: &[String]) -> Result<Invocation, Failure> {
    let mut out = String::new();
    let mut is_whole = true;
    let mut taken: Vec<String> = Vec::new();
    for file in files {
        for one in read(Path::new(file), paths)? {
            match one {
                Ok(mut imported) => {
                    let name = unused(&imported.profile.name, &taken);
                    imported.profile.name.clone_from(&name);
                    taken.push(name);
                    is_whole &= keep(&mut out, imported, args.force, paths)?;
                }
                Err(why) => {
                    is_whole = false;
                    say(&mut out, &format!("{why}: left out"));
                }
            }
        }
    }
    print_raw(out.as_bytes())?;
    Ok(Invocation::Done(if is_whole { Exit::Ok } else { Exit::Error }))
}

/// Two of one import do not overwrite each other.
fn unused(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .expect("numbers do not end")
}

fn say(out: &mut String, line: &str) {
    writeln!(out, "{}", visible(line)).expect("writing to a String succeeds");
}

/// The connections of a file: exports and settings by their form, anything else as mosquitto's flags.
fn read(path: &Path, paths: &Paths) -> Result<Vec<Result<Imported, String>>, Failure> {
    let file = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::error(format!("{file}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::error(format!("{file}: is no UTF-8 text")))?;
    if config::is_export(&text) {
        return config::read_connections(&text).map_err(|why| Failure::error(format!("{file}: {why}")));
    }
    Ok(vec![Ok(of_flags(path, paths)?)])
}

/// What `sub -o FILE` would connect to and subscribe to.
fn of_flags(path: &Path, paths: &Paths) -> Result<Imported, Failure> {
    let file = path.display();
    let words = options::expand(&["-o".into(), path.to_string_lossy().into_owned()])?;
    let words = std::iter::once("mqttscope sub".to_owned()).chain(words);
    let args = SubArgs::try_parse_from(words).map_err(|error| {
        let first = error.to_string();
        let first = first
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ");
        Failure::error(format!("{file}: {first}"))
    })?;
    let mut found =
        target::resolve_or_local(&args.words, &args.connection, &Environment::default(), paths)?.profile;
    target::subscribe(&mut found, args.topics.clone(), args.qos);
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or("mosquitto");
    found.name = if config::is_file_stem(stem) {
        stem.into()
    } else {
        "mosquitto".into()
    };
    Ok(Imported::of_profile(found))
}

/// Writes one profile and its password; `false` where something is there already.
fn keep(out: &mut String, mut imported: Imported, is_forced: bool, paths: &Paths) -> Result<bool, Failure> {
    let name = imported.profile.name.clone();
    let (path, password_path) = (paths.profile(&name), paths.config.join("passwords").join(&name));
    let certificate =
        |kind: config::CertificateFile| paths.config.join(config::certificate_path(&name, kind.name()));
    let mut would_write = std::iter::once(path.clone())
        .chain(imported.password.as_ref().map(|_| password_path.clone()))
        .chain(imported.certificates.iter().map(|(kind, _)| certificate(*kind)));
    let would_replace = would_write.find(|path| fs::symlink_metadata(path).is_ok());
    if let (Some(there), false) = (would_replace, is_forced) {
        say(
            out,
            &format!(
                "{name}: {} is there already; --force replaces it",
                there.display()
            ),
        );
        return Ok(false);
    }
    let failed = |faults| Failure::faults(Exit::Error, &faults);
    if let Some(secret) = &imported.password {
        imported.profile.password = config::save_password(paths, &name, secret).map_err(failed)?;
    }
    for (kind, pem) in &imported.certificates {
        let file = config::save_certificate(paths, &name, kind.name(), pem).map_err(failed)?;
        *kind.of(&mut imported.profile.tls) = Some(file);
    }
    config::save_profile(paths, &imported.profile).map_err(failed)?;
    say(out, &format!("{name}: written to {}", path.display()));
    for (kind, _) in &imported.certificates {
        let file = certificate(*kind);
        say(
            out,
            &format!("  {} in {}, readable by you alone", kind.name(), file.display()),
        );
    }
    if imported.password.is_some() {
        say(
            out,
            &format!("  password in {}, readable by you alone", password_path.display()),
        );
    }
    for note in &imported.notes {
        say(out, &format!("  {note}"));
    }
    Ok(true)
}
