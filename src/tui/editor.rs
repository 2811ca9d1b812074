//! A text changed in the user's own editor.

use std::{env, io, path::Path, process::Stdio};

use tokio::process::Command;

/// Lets `$VISUAL`, `$EDITOR` or `vi` change `text`; `None`: it was left as it was. The terminal must be free.
pub async fn edit(text: &str) -> Result<Option<String>, String> {
    let folder = env::temp_dir();
    let path = folder.join(format!("mqttscope-{}.txt", std::process::id()));
    write_private(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    let ended = start(&path).await;
    let edited = std::fs::read_to_string(&path);
    let _ = std::fs::remove_file(&path);
    ended?;
    let edited = edited.map_err(|error| format!("{}: {error}", path.display()))?;
    // Editors end the last line; a payload has no line end unless it had one.
    let edited = if text.ends_with('\n') {
        edited
    } else {
        edited.strip_suffix('\n').unwrap_or(&edited).to_owned()
    };
    Ok((edited != text).then_some(edited))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

async fn start(path: &Path) -> Result<(), String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(path)
        .stdin(Stdio::inherit())
        .status()
        .await
        .map_err(|error| {
            format!("cannot start {program}: {error}; set EDITOR to an editor that is installed")
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} ended with {status}; the draft is as it was"))
    }
}
