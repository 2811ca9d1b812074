//! Passwords: fetched when a connection needs one, written only where the user asked for it.
//!
//! No error of this module contains what a password command printed on stdout, or its arguments.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{Faults, PasswordSource, Paths, Profile, Secret, files, paths};

/// CONNECT can carry no more (MQTT 5 §3.1.3.6).
const MAX_BYTES: u64 = 65_535;
/// Long enough to type a passphrase into an agent's window.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// Fetches the password; blocks while a command runs. The error says in words what failed.
pub fn resolve_password(paths: &Paths, source: &PasswordSource) -> Result<Option<Secret>, String> {
    match source {
        PasswordSource::None => Ok(None),
        PasswordSource::Memory(secret) => Ok(Some(secret.clone())),
        PasswordSource::Env(name) => match env::var_os(name) {
            Some(value) => Ok(Some(Secret::new(value.into_encoded_bytes()))),
            None => Err(format!(
                "password_env: the environment variable {name} is not set"
            )),
        },
        PasswordSource::File(path) => {
            let path = paths::expand(path, &paths.config);
            let bytes =
                read_limited(&path).map_err(|error| format!("password_file: {}: {error}", path.display()))?;
            Ok(Some(first_line(bytes)))
        }
        PasswordSource::Command(words) => run(words).map(|bytes| Some(first_line(bytes))),
    }
}

/// Fetches everything a connection needs: the passwords of broker, key and proxy, the authentication data, headers'
/// values, the paths of TLS. Blocks while a command runs. The error says in words what failed.
pub fn resolve_secrets(paths: &Paths, profile: &mut Profile) -> Result<Option<Secret>, String> {
    if profile.url.scheme.is_tls() {
        profile.tls = profile.tls.resolved(paths)?;
    }
    let data = resolve_password(paths, &profile.authentication_data)
        .map_err(|error| error.replacen("password_", "authentication_data_", 1))?;
    profile.authentication_data = data.map_or(PasswordSource::None, PasswordSource::Memory);
    if let Some(proxy) = &mut profile.proxy {
        let password = resolve_password(paths, &proxy.password).map_err(|error| format!("proxy_{error}"))?;
        proxy.password = password.map_or(PasswordSource::None, PasswordSource::Memory);
    }
    for header in &mut profile.ws_headers {
        *header = header.resolved(paths)?;
    }
    resolve_password(paths, &profile.password)
}

/// Whether [`resolve_secrets`] has more to do than the password.
pub fn has_further_secrets(profile: &Profile) -> bool {
    profile.url.scheme.is_tls()
        || profile.proxy.is_some()
        || !profile.ws_headers.is_empty()
        || profile.authentication_data != PasswordSource::None
}

/// Writes a password to a file only its owner may read, and gives what the profile says then.
pub fn save_password(paths: &Paths, profile: &str, secret: &Secret) -> Result<PasswordSource, Faults> {
    let relative = Path::new("passwords").join(profile);
    let path = paths.config.join(&relative);
    if !files::is_profile_name(profile) {
        return Err(Faults::of_file(
            path.display().to_string(),
            "is no file name; choose another profile name",
        ));
    }
    if secret.expose().iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(Faults::of_file(
            path.display().to_string(),
            "a password with a line break cannot be kept in a file; use password_command",
        ));
    }
    files::write_private(&path, secret.expose())
        .map_err(|error| Faults::of_file(path.display().to_string(), error.to_string()))?;
    Ok(PasswordSource::File(relative))
}

/// Writes a certificate or key to a file only its owner may read, and gives its path as the profile says it.
pub fn save_certificate(paths: &Paths, profile: &str, name: &str, pem: &Secret) -> Result<PathBuf, Faults> {
    let relative = certificate_path(profile, name);
    let path = paths.config.join(&relative);
    let fault = |what: String| Faults::of_file(path.display().to_string(), what);
    if !files::is_profile_name(profile) {
        return Err(fault("is no file name; choose another profile name".into()));
    }
    files::write_private(&path, pem.expose()).map_err(|error| fault(error.to_string()))?;
    Ok(relative)
}

/// Where [`save_certificate`] writes, below the configuration's folder.
pub fn certificate_path(profile: &str, name: &str) -> PathBuf {
    Path::new("certificates").join(format!("{profile}-{name}.pem"))
}

fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(MAX_BYTES + 2)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn first_line(mut bytes: Vec<u8>) -> Secret {
    if let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
        bytes.truncate(end);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Secret::new(bytes)
}

fn run(words: &[String]) -> Result<Vec<u8>, String> {
    let (program, arguments) = words.split_first().ok_or("password_command names no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("password_command: {program}: {error}"))?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let Ok(out) = stdout.recv_timeout(COMMAND_TIME) else {
        // it may have ended meanwhile, which is as good
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "password_command: {program} did not end within {} s",
            COMMAND_TIME.as_secs()
        ));
    };
    let status = child
        .wait()
        .map_err(|error| format!("password_command: {program}: {error}"))?;
    if status.success() {
        return Ok(out);
    }
    let said = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let said = said.lines().next().unwrap_or_default().trim();
    Err(format!("password_command: {program} failed ({status}): {said}")
        .trim_end_matches([':', ' '])
        .into())
}

/// Reads a pipe to its end on a thread of its own, so that a full one never blocks the child.
fn drain(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (bytes_tx, bytes_rx) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // what was read before an error still counts
            let _ = pipe.by_ref().take(MAX_BYTES + 2).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        // nobody waits any more after a time-out
        let _ = bytes_tx.send(bytes);
    });
    bytes_rx
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn paths(dir: &Path) -> Paths {
        Paths::find(Some(dir)).unwrap()
    }

    fn resolve(source: &PasswordSource) -> Result<Option<Secret>, String> {
        resolve_password(&paths(Path::new("/nowhere")), source)
    }

    fn command(words: &[&str]) -> PasswordSource {
        PasswordSource::Command(words.iter().map(|word| (*word).into()).collect())
    }

    #[test]
    fn first_line_of_a_command_is_the_password() {
        let secret = resolve(&command(&["printf", r"p\303\244ss w\nuser: me\n"]))
            .unwrap()
            .unwrap();
        assert_eq!(secret.expose().as_ref(), "päss w".as_bytes());
    }

    #[test]
    fn failing_command_is_told_without_its_arguments_or_output() {
        let error = resolve(&command(&["sh", "-c", "echo hunter2; echo locked >&2; exit 3"])).unwrap_err();
        assert_eq!(error, "password_command: sh failed (exit status: 3): locked");
        let error = resolve(&command(&["no-such-program", "hunter2"])).unwrap_err();
        assert!(error.starts_with("password_command: no-such-program: ") && !error.contains("hunter2"));
    }

    #[test]
    fn command_that_prints_without_end_is_cut_not_stored() {
        let secret = resolve(&command(&["sh", "-c", "head -c 1000000 /dev/zero"]))
            .unwrap()
            .unwrap();
        assert!(secret.expose().len() as u64 <= MAX_BYTES + 2);
    }

    #[test]
    fn saved_password_comes_back_and_its_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let source = save_password(&paths, "lab", &Secret::new("s3cret")).unwrap();
        assert_eq!(source, PasswordSource::File("passwords/lab".into()));
        let mode = fs::metadata(dir.path().join("passwords/lab"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(resolve_password(&paths, &source), Ok(Some(Secret::new("s3cret"))));
        assert!(save_password(&paths, "../lab", &Secret::new("x")).is_err());
        assert!(save_password(&paths, "lab", &Secret::new("a\nb")).is_err());
    }

    #[test]
    fn missing_variable_and_file_are_named() {
        let error = resolve(&PasswordSource::Env("MQTTSCOPE_NO_SUCH".into())).unwrap_err();
        assert!(error.contains("MQTTSCOPE_NO_SUCH is not set"));
        let error = resolve(&PasswordSource::File("pw".into())).unwrap_err();
        assert!(error.starts_with("password_file: /nowhere/pw: "), "{error}");
    }
}
