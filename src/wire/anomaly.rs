//! What is wrong or odd in a frame, as data.

use crate::mqtt::ReasonCode;

/// Anomalies of one sort kept for one frame: a hostile frame could hold millions.
const MAX_KEPT: usize = 64;

/// Something wrong or odd in a frame: where, and what in words with the normative statement it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Byte offset in the frame.
    pub offset: usize,
    /// In words, ending with the statement where there is one: `… (MQTT-3.3.1-4)`.
    pub what: String,
    /// Whether a receiver must close the connection over it; else it is merely odd.
    pub is_violation: bool,
    /// The reason code a DISCONNECT should carry for a violation: malformed packet or protocol error, or a finer one.
    pub reason: ReasonCode,
}

/// The anomalies of one frame as they are found; the first [`MAX_KEPT`] violations and as many oddities are kept,
/// the others counted.
#[derive(Debug, Default)]
pub(super) struct Anomalies {
    violations: Vec<Anomaly>,
    oddities: Vec<Anomaly>,
    unlisted: usize,
    first_unlisted: usize,
}

impl Anomalies {
    pub(super) fn violation(&mut self, offset: usize, reason: ReasonCode, what: impl FnOnce() -> String) {
        if self.violations.len() < MAX_KEPT {
            self.violations.push(Anomaly {
                offset,
                what: what(),
                is_violation: true,
                reason,
            });
        } else {
            self.unlisted(offset);
        }
    }

    pub(super) fn odd(&mut self, offset: usize, what: impl FnOnce() -> String) {
        if self.oddities.len() < MAX_KEPT {
            self.oddities.push(Anomaly {
                offset,
                what: what(),
                is_violation: false,
                reason: ReasonCode::SUCCESS,
            });
        } else {
            self.unlisted(offset);
        }
    }

    fn unlisted(&mut self, offset: usize) {
        if self.unlisted == 0 {
            self.first_unlisted = offset;
        }
        self.unlisted += 1;
    }

    /// All, in order of offset.
    pub(super) fn into_sorted(mut self) -> Vec<Anomaly> {
        self.violations.append(&mut self.oddities);
        if self.unlisted > 0 {
            self.violations.push(Anomaly {
                offset: self.first_unlisted,
                what: format!("from here on {} more anomalies are not listed", self.unlisted),
                is_violation: false,
                reason: ReasonCode::SUCCESS,
            });
        }
        self.violations.sort_by_key(|anomaly| anomaly.offset);
        self.violations
    }
}
