//! The display filter: which messages are shown.
//!
//! ```text
//! pump fail        both words, in topic or payload; any case, unless a word has capitals
//! -debug  !a/#     without
//! "exact phrase"   /re/  /re/i
//! home/+/set  #    topics as in a subscription; of several one is enough
//! topic:/a/b/      the same where it could be read as something else
//! ```
//! `parse` → `ast` → `eval` over [`Subject`], which the model implements: nothing here knows how messages are kept.

mod ast;
mod error;
mod eval;
mod expression;
mod parse;
mod token;

use std::ops::Range;

pub use error::FilterError;
pub use eval::{Subject, TopicVerdict};

/// A parsed filter. Cloning is cheap enough for a pane to keep its own.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    expr: ast::Expr,
}

impl Default for Filter {
    /// The empty filter: everything is shown.
    fn default() -> Self {
        Self {
            text: String::new(),
            expr: ast::Expr::All(Vec::new()),
        }
    }
}

impl Filter {
    /// Reads what a user typed; an empty text shows everything.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            text: text.trim().to_owned(),
            expr: parse::parse(text)?,
        })
    }

    /// As it was typed, without blanks around it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through because nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.expr.is_empty()
    }

    /// Whether the message is shown. Allocates nothing once warm.
    pub fn matches(&self, subject: &impl Subject) -> bool {
        eval::decide(&self.expr, subject.topic(), Some(subject.payload())).unwrap_or_default()
    }

    /// What the topic alone decides; worth keeping by topic.
    pub fn matches_topic(&self, topic: &str) -> TopicVerdict {
        TopicVerdict::from(eval::decide(&self.expr, topic, None))
    }

    /// The places in `text` that words, phrases and regular expressions asked for, in order of place.
    pub fn highlights(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        self.expr.wanted(&mut |pattern| {
            places.extend(pattern.find_iter(text.as_bytes()).map(|found| found.range()));
        });
        places.retain(|place| !place.is_empty());
        places.sort_by_key(|place| place.start);
        places
    }
}
