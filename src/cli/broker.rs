//! `broker`: the embedded broker until Ctrl-C, and who may use it.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use super::{Exit, Failure, args::BrokerArgs, signals::Signals, talk};
use crate::{
    broker::{Broker, BrokerOptions, User},
    config::{Fault, Faults},
};

/// The password of `--user`, where no flag says it.
const PASSWORD_VARIABLE: &str = "MQTTSCOPE_BROKER_PASSWORD";

/// Serves until a signal comes. Its URL goes to stdout, for scripts that asked for any port.
pub async fn run(args: &BrokerArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::take().map_err(Failure::error)?;
    let users = users(args)?;
    let who = match (users.is_empty(), args.bind.is_loopback()) {
        (true, true) => "on the loopback only",
        (true, false) => "without passwords, open to everybody who can reach it",
        (false, true) => "on the loopback only, for users with a password",
        (false, false) => "for users with a password, which everybody on the way can read: there is no TLS",
    };
    let options = BrokerOptions {
        addr: SocketAddr::new(args.bind, args.port),
        users,
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.map_err(Failure::error)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", broker.url())
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))?;
    drop(stdout);
    talk::say(&format!("broker {who}; Ctrl-C ends it"));
    signals.wait().await;
    broker.shutdown().await;
    Ok(Exit::Ok)
}

fn users(args: &BrokerArgs) -> Result<Vec<User>, Failure> {
    let mut users = match &args.users {
        Some(path) => parse_users(path, &read_private(path)?)?,
        None => Vec::new(),
    };
    if let Some(name) = &args.user {
        let name = name.clone();
        let password = password(args)?;
        users.push(User { name, password });
    }
    Ok(users)
}

fn password(args: &BrokerArgs) -> Result<Vec<u8>, Failure> {
    if let Some(secret) = &args.password {
        talk::say(&format!(
            "a password on the command line can be seen by other users; use --password-file or {PASSWORD_VARIABLE}"
        ));
        return Ok(secret.expose().to_vec());
    }
    if let Some(path) = &args.password_file {
        let text = read_private(path)?;
        return Ok(text.lines().next().unwrap_or_default().into());
    }
    std::env::var_os(PASSWORD_VARIABLE)
        .map(std::ffi::OsString::into_encoded_bytes)
        .ok_or_else(|| {
            Failure::usage(format!(
                "--user needs a password; use --password-file or {PASSWORD_VARIABLE}"
            ))
        })
}

/// A file that holds secrets: nobody else may read it.
fn read_private(path: &Path) -> Result<String, Failure> {
    let failure = |what: String| Failure::usage(format!("{}: {what}", path.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = fs::metadata(path).map_err(|error| failure(error.to_string()))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(failure(format!(
                "others can read the passwords in it (mode {mode:o}); chmod 600 {}",
                path.display()
            )));
        }
    }
    fs::read_to_string(path).map_err(|error| failure(error.to_string()))
}

/// `NAME:PASSWORD` a line; `#` begins a comment, a password has any characters.
fn parse_users(path: &Path, text: &str) -> Result<Vec<User>, Faults> {
    let mut users = Vec::new();
    let mut faults = Vec::new();
    let lines = text.lines().zip(1..);
    for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(':') {
            Some((name, password)) if !name.is_empty() => users.push(User {
                name: name.into(),
                password: password.into(),
            }),
            // the line may be a password: it is not shown
            _ => faults.push(Fault {
                file: path.display().to_string(),
                line: Some(number),
                what: "no NAME:PASSWORD".into(),
            }),
        }
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    if users.is_empty() {
        let what = "no user in it; without --users everybody is let in";
        return Err(Faults::of_file(path.display().to_string(), what));
    }
    Ok(users)
}
