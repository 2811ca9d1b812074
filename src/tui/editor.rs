//! A text changed in the user's own editor.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

/// Lets `$VISUAL`, `$EDITOR` or `vi` change `text`; `None`: it was left as it was. The terminal must be free.
pub async fn edit(text: &str) -> Result<Option<String>, String> {
    let path = write_private(text).map_err(|error| {
        let folder = env::temp_dir();
        format!("cannot write the draft into {}: {error}", folder.display())
    })?;
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

/// A new file that only its owner reads; one that is there already, put there by whomever, is not written to.
fn write_private(text: &str) -> io::Result<PathBuf> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 0..100 {
        let name = format!("mqttscope-{}-{number}.txt", std::process::id());
        let path = env::temp_dir().join(name);
        match options.open(&path) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, text.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

async fn start(path: &Path) -> Result<(), String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.unwrap_or_else(|| "vi".into());
    let program = editor.split_whitespace().next().unwrap_or("vi").to_owned();
    let status = command(&editor, path)
        .stdin(Stdio::inherit())
        .status()
        .await
        .map_err(|error| {
            format!("cannot start {program}: {error}; set EDITOR to an editor that is installed")
        })?;
    if status.success() {
        Ok(())
    } else if status.code() == Some(127) {
        Err(format!(
            "{program} is not there; set EDITOR to an editor that is installed"
        ))
    } else {
        Err(format!("{program} ended with {status}; the draft is as it was"))
    }
}

/// Through the shell, as git does: what stands in quotes stays together.
#[cfg(unix)]
fn command(editor: &str, path: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{editor} \"$@\""))
        .arg(editor)
        .arg(path);
    command
}

#[cfg(not(unix))]
fn command(editor: &str, path: &Path) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("notepad"));
    command.args(words).arg(path);
    command
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn editor_is_a_command_line_of_the_shell() {
        let path = write_private("a").unwrap();
        let status = command("sh -c 'printf b >> \"$1\"' 'two words'", &path)
            .status()
            .await
            .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(status.success());
        assert_eq!(text, "ab");
    }

    #[test]
    fn draft_is_private_and_never_written_into_a_file_that_is_there() {
        use std::os::unix::fs::PermissionsExt;
        let (one, two) = (write_private("a").unwrap(), write_private("b").unwrap());
        let mode = std::fs::metadata(&one).unwrap().permissions().mode();
        let text = std::fs::read_to_string(&one).unwrap();
        std::fs::remove_file(&one).unwrap();
        std::fs::remove_file(&two).unwrap();
        assert_ne!(one, two);
        assert_eq!((mode & 0o777, text.as_str()), (0o600, "a"));
    }
}
