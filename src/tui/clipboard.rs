//! The clipboard, reached honestly: in tmux its buffer, over SSH the terminal's own (OSC 52), else a local tool.

use std::{env, process::Stdio};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::text;

/// More than this many bytes of OSC 52 is refused or cut by common terminals.
const OSC52_LIMIT: usize = 70_000;

/// A way to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A program that reads the text from its standard input; the last word is how it is called in the toast.
    Tool(&'static [&'static str], &'static str),
    /// The terminal itself.
    Osc52,
}

/// What the choice depends on.
#[derive(Debug, Clone, Copy, Default)]
struct Surroundings {
    is_tmux: bool,
    is_ssh: bool,
    is_wayland: bool,
    is_x11: bool,
    is_mac: bool,
    is_windows: bool,
}

impl Surroundings {
    fn look() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            is_tmux: is_set("TMUX"),
            is_ssh: is_set("SSH_CONNECTION"),
            is_wayland: is_set("WAYLAND_DISPLAY"),
            is_x11: is_set("DISPLAY"),
            is_mac: cfg!(target_os = "macos"),
            is_windows: cfg!(windows),
        }
    }

    fn way(self) -> Way {
        match self {
            // `-w` hands the buffer to the terminal outside tmux as well; its default refuses programs' own OSC 52.
            Self { is_tmux: true, .. } => Way::Tool(&["tmux", "load-buffer", "-w", "-"], "tmux + OSC 52"),
            Self { is_ssh: true, .. } => Way::Osc52,
            Self { is_mac: true, .. } => Way::Tool(&["pbcopy"], "pbcopy"),
            Self { is_windows: true, .. } => Way::Tool(&["clip.exe"], "clip.exe"),
            Self { is_wayland: true, .. } => Way::Tool(&["wl-copy"], "wl-copy"),
            Self { is_x11: true, .. } => Way::Tool(&["xclip", "-selection", "clipboard"], "xclip"),
            _ => Way::Osc52,
        }
    }
}

/// What a copy came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// For the toast.
    pub words: String,
    /// To be written to the terminal, if that is the way.
    pub escape: Option<Vec<u8>>,
}

/// Copies `bytes`; the error says why not and what to try.
pub async fn copy(bytes: &[u8]) -> Result<Copied, String> {
    match Surroundings::look().way() {
        Way::Osc52 => osc52(bytes),
        Way::Tool(command, name) => match pipe(command, bytes).await {
            Ok(()) => Ok(Copied {
                words: words(bytes, name),
                escape: None,
            }),
            Err(error) => osc52(bytes).map(|copied| Copied {
                words: format!("{}; {name} failed: {error}", copied.words),
                ..copied
            }),
        },
    }
}

fn words(bytes: &[u8], way: &str) -> String {
    format!("copied {} ({way})", text::size_long(bytes.len() as u64))
}

fn osc52(bytes: &[u8]) -> Result<Copied, String> {
    if bytes.len() > OSC52_LIMIT {
        let size = text::size_long(bytes.len() as u64);
        return Err(format!(
            "not copied: {size} is more than terminals take (68 KiB); run mqttscope sub into a file"
        ));
    }
    let escape = format!("\x1b]52;c;{}\x07", STANDARD.encode(bytes));
    Ok(Copied {
        words: words(bytes, "OSC 52, if the terminal allows it"),
        escape: Some(escape.into_bytes()),
    })
}

async fn pipe(command: &[&str], bytes: &[u8]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    stdin.write_all(bytes).await.map_err(|error| error.to_string())?;
    drop(stdin);
    match child.wait().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_clipboard_is_chosen() {
        let none = Surroundings::default();
        for (surroundings, name) in [
            (
                Surroundings {
                    is_tmux: true,
                    is_ssh: true,
                    ..none
                },
                "tmux + OSC 52",
            ),
            (
                Surroundings {
                    is_wayland: true,
                    is_x11: true,
                    ..none
                },
                "wl-copy",
            ),
            (Surroundings { is_x11: true, ..none }, "xclip"),
            (Surroundings { is_mac: true, ..none }, "pbcopy"),
        ] {
            assert!(
                matches!(surroundings.way(), Way::Tool(_, tool) if tool == name),
                "{name}"
            );
        }
        assert_eq!(
            Surroundings {
                is_ssh: true,
                is_x11: true,
                ..none
            }
            .way(),
            Way::Osc52
        );
        assert_eq!(none.way(), Way::Osc52);
    }

    #[test]
    fn osc52_carries_base64_and_refuses_what_terminals_refuse() {
        let copied = osc52(b"\x1b]0;evil\x07").unwrap();
        assert_eq!(copied.escape.unwrap(), b"\x1b]52;c;G10wO2V2aWwH\x07");
        assert!(
            osc52(&vec![0; OSC52_LIMIT + 1])
                .unwrap_err()
                .starts_with("not copied: 68")
        );
    }
}
