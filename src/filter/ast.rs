//! The meaning of a filter as a tree. Built from what the user types, so its depth is the user's.

use regex::bytes::Regex;

use crate::mqtt::TopicFilter;

/// A condition made of conditions.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    /// All of them; none is true.
    All(Vec<Expr>),
    /// At least one; none is false.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Test(Test),
}

/// A condition on one message.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// The topic matches as in a subscription.
    Topic(TopicFilter),
    /// Topic or payload contain it: words, phrases and regular expressions alike.
    Text(Regex),
}

impl Expr {
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Calls `each` with the patterns that are wanted, not the excluded ones.
    pub fn wanted<'a>(&'a self, each: &mut impl FnMut(&'a Regex)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.wanted(each)),
            Self::Test(Test::Text(pattern)) => each(pattern),
            Self::Test(Test::Topic(_)) | Self::Not(_) => {}
        }
    }
}
