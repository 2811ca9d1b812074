//! How a verb ends: exit codes, and failures in words.

use std::{fmt, io};

use crate::config::Faults;

/// What the process exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Ok = 0,
    /// Something failed on the way.
    Error = 1,
    /// The command line or a file it names is wrong.
    Usage = 2,
    /// The broker could not be reached, or refused.
    Refused = 3,
    /// `-W` ran out; mosquitto's number.
    TimedOut = 27,
}

/// Why a verb ended early. Shown as lines for stderr: `mqttscope: …`, or `FILE:LINE: …` for faults of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    text: String,
}

impl Failure {
    fn new(exit: Exit, what: impl fmt::Display) -> Self {
        Self {
            exit,
            text: format!("mqttscope: {what}"),
        }
    }

    /// Something failed on the way.
    pub fn error(what: impl fmt::Display) -> Self {
        Self::new(Exit::Error, what)
    }

    /// The command line is wrong.
    pub fn usage(what: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// The broker could not be reached, or refused.
    pub fn refused(what: impl fmt::Display) -> Self {
        Self::new(Exit::Refused, what)
    }

    /// The time given is over.
    pub fn timed_out(what: impl fmt::Display) -> Self {
        Self::new(Exit::TimedOut, what)
    }

    /// Faults of files under an exit code.
    pub fn faults(exit: Exit, faults: &Faults) -> Self {
        Self {
            exit,
            text: faults.to_string(),
        }
    }

    /// Writing the output failed. A reader that went away is no failure: nothing is said.
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                exit: Exit::Ok,
                text: String::new(),
            };
        }
        Self::error(format!("cannot write to stdout: {error}"))
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::faults(Exit::Usage, &faults)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reader_that_went_away_is_no_failure() {
        let gone = Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((gone.exit, gone.to_string().as_str()), (Exit::Ok, ""));
        let full = Failure::output(&io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit, Exit::Error);
        assert!(
            full.to_string()
                .starts_with("mqttscope: cannot write to stdout: ")
        );
    }
}
