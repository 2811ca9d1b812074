//! What is wrong with a file, and where.

use std::fmt;

/// One fault: `profiles/lab.toml:7: unknown key "ulr"; did you mean "url"?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file as the user knows it.
    pub file: String,
    /// From 1; `None` where the fault is the file's (it cannot be read, something is missing).
    pub line: Option<usize>,
    /// In words, lower case, no full stop.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// All faults of one file or more, never none; shown a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// A single fault of a whole file.
    pub fn of_file(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self(vec![Fault {
            file: file.into(),
            line: None,
            what: what.into(),
        }])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
