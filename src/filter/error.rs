//! Why a text is no filter.

use std::{fmt, ops::Range};

/// What is wrong, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Bytes of the text at fault: where a caret belongs.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: String,
}

impl FilterError {
    pub(super) fn new(span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            span: span.clone(),
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "filter, column {}: {}; {}",
            self.span.start + 1,
            self.message,
            self.hint
        )
    }
}

impl std::error::Error for FilterError {}
