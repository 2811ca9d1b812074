//! Whether a message meets a filter, also while only its topic is known.

use super::ast::{Expr, Test};

/// A message as a filter sees it.
pub trait Subject {
    /// The topic it was published to.
    fn topic(&self) -> &str;
    /// Its payload, or the part of it that is kept.
    fn payload(&self) -> &[u8];
}

/// What a topic alone says about all messages on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TopicVerdict {
    /// Every message is shown.
    Always,
    /// None is.
    Never,
    /// Ask [`super::Filter::matches`] for each.
    NeedsPayload,
}

impl From<Option<bool>> for TopicVerdict {
    fn from(decided: Option<bool>) -> Self {
        match decided {
            Some(true) => Self::Always,
            Some(false) => Self::Never,
            None => Self::NeedsPayload,
        }
    }
}

/// Three-valued logic: `None` where the answer hangs on a payload that is not given.
pub(super) fn decide(expr: &Expr, topic: &str, payload: Option<&[u8]>) -> Option<bool> {
    match expr {
        Expr::All(parts) => fold(parts, false, topic, payload),
        Expr::Any(parts) => fold(parts, true, topic, payload),
        Expr::Not(inner) => decide(inner, topic, payload).map(|met| !met),
        Expr::Test(Test::Topic(filter)) => Some(filter.matches(topic)),
        Expr::Test(Test::Text(pattern)) => {
            if pattern.is_match(topic.as_bytes()) {
                Some(true)
            } else {
                payload.map(|payload| pattern.is_match(payload))
            }
        }
    }
}

/// `decisive` is the answer that one part can give for all.
fn fold(parts: &[Expr], decisive: bool, topic: &str, payload: Option<&[u8]>) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match decide(part, topic, payload) {
            Some(met) if met == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}
