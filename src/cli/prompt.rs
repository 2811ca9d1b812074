//! Asks on the terminal for what nobody else may see. stdin and stdout stay free for data.

use std::io;

use super::{Failure, link::visible, signals::Signals};
use crate::config::Secret;

/// Asks the person at the terminal; what is typed is not shown. `None`: there is no terminal to ask on.
///
/// `question` as `the password of key me.key`. Ctrl-C ends the verb; the terminal is left as it was found.
pub async fn secret(question: &str) -> Result<Option<Secret>, Failure> {
    let mut signals = Signals::take().map_err(Failure::error)?;
    let Some(_as_found) = Terminal::find() else {
        return Ok(None);
    };
    let question = format!("mqttscope: {}: ", visible(question));
    let asking = tokio::task::spawn_blocking(move || rpassword::prompt_password(question));
    let stopped = || Failure::error("stopped before a password was given");
    tokio::select! {
        typed = asking => match typed.map_err(Failure::error)? {
            Ok(typed) => Ok(Some(Secret::new(typed))),
            Err(error) if is_end(&error) => Err(stopped()),
            Err(error) => Err(Failure::error(format!("cannot ask for a password: {error}"))),
        },
        () = signals.wait() => Err(stopped()),
    }
}

/// Ctrl-C or Ctrl-D.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof
    )
}

/// The controlling terminal; dropping it gives it the modes it had, which a signal would leave without echo.
#[cfg(unix)]
struct Terminal {
    tty: std::fs::File,
    modes: rustix::termios::Termios,
}

#[cfg(unix)]
impl Terminal {
    fn find() -> Option<Self> {
        let tty = std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let modes = rustix::termios::tcgetattr(&tty).ok()?;
        Some(Self { tty, modes })
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone has no modes to mend.
        let _ = rustix::termios::tcsetattr(&self.tty, rustix::termios::OptionalActions::Now, &self.modes);
    }
}

/// The console; Windows gives it its modes back by itself.
#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn find() -> Option<Self> {
        use std::io::IsTerminal;
        io::stdin().is_terminal().then_some(Self)
    }
}
