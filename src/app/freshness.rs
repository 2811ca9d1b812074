//! Whether a topic still speaks: fresh, quiet, stale, or silent although it had a rhythm.

use crate::{
    event::ConnectionState,
    model::{Model, NodeId},
};

/// Heard this long ago it is fresh, microseconds.
const FRESH_US: u64 = 2_000_000;
/// Without a rhythm it is stale after this long.
const STALE_US: u64 = 60_000_000;
/// A shorter silence is no news, whatever the rhythm.
const SILENT_US: u64 = 5_000_000;
/// Intervals a rhythm is learned from, and how many there must be.
const INTERVALS: usize = 8;
const ENOUGH: usize = 5;
/// So many times its usual interval without a word is silence.
const PATIENCE: u64 = 3;

/// How a topic stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Heard just now.
    Fresh,
    /// Heard not long ago.
    Quiet,
    /// Not heard for long; it has no rhythm to be measured by.
    Stale,
    /// Spoke at regular intervals and has missed several.
    Silent,
}

/// How the topic of a node stands, `age_us` after its last message. Looks at its last messages: for rows in view.
///
/// `$SYS` and its like are never silent: brokers publish there what has changed. Nor is anything while its
/// connection is away.
pub fn freshness(model: &Model, node: NodeId, age_us: u64) -> Freshness {
    match age_us {
        0..FRESH_US => Freshness::Fresh,
        SILENT_US.. if has_missed(model, node, age_us) => Freshness::Silent,
        FRESH_US..STALE_US => Freshness::Quiet,
        _ => Freshness::Stale,
    }
}

fn has_missed(model: &Model, node: NodeId, age_us: u64) -> bool {
    let source = model.topics().source(node);
    let is_connected = source
        .and_then(|source| model.connection(source))
        .is_some_and(|connection| matches!(connection.state, ConnectionState::Connected(_)));
    if !is_connected || model.topics().topic(node).starts_with('$') {
        return false;
    }
    usual_interval_us(model, node).is_some_and(|usual| age_us > PATIENCE * usual)
}

/// The median of the last intervals; `None` where there are too few.
fn usual_interval_us(model: &Model, node: NodeId) -> Option<u64> {
    let times: Vec<u64> = model
        .history(node)
        .take(INTERVALS + 1)
        .map(|message| message.time().mono_us)
        .collect();
    let mut intervals: Vec<u64> = times
        .windows(2)
        .map(|pair| pair.iter().copied().reduce(u64::saturating_sub).unwrap_or(0))
        .collect();
    if intervals.len() < ENOUGH {
        return None;
    }
    let middle = intervals.len() / 2;
    Some(*intervals.select_nth_unstable(middle).1)
}
