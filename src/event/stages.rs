//! The stages of getting connected, one after the other and each timed, put together from what a connection says
//! of itself. A phase added there is a stage here by itself.

use serde::{Serialize, Serializer};

use super::{Facts, Failure, Phase, TlsFacts};

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// `DNS`, `TCP`, … as the connection names its phases; `SUBACK`, `ECHO`.
    #[serde(rename = "stage")]
    pub name: &'static str,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took.
    #[serde(rename = "ms", serialize_with = "milliseconds")]
    pub took_us: u64,
    /// What came of it, or what went wrong. May hold a peer's text: not sanitised.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What to try.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// The server's reason code, if it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u8>,
}

impl Stage {
    /// It went well.
    pub fn passed(name: &'static str, took_us: u64, detail: impl Into<String>) -> Self {
        Self {
            name,
            ok: true,
            took_us,
            detail: detail.into(),
            advice: String::new(),
            code: None,
        }
    }

    /// It did not.
    pub fn failed(name: &'static str, took_us: u64, failure: &Failure) -> Self {
        Self {
            name,
            ok: false,
            took_us,
            detail: failure.what.clone(),
            advice: failure.advice.clone(),
            code: failure.code.map(|code| code.0),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn milliseconds<S: Serializer>(us: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*us as f64 / 1000.0)
}

/// `TLS 1.3, TLS13_AES_256_GCM_SHA384, ALPN mqtt`.
fn agreed(tls: &TlsFacts) -> String {
    let alpn = tls
        .alpn
        .as_ref()
        .map_or_else(String::new, |alpn| format!(", ALPN {alpn}"));
    let doubt = if tls.is_insecure { ", not verified" } else { "" };
    format!("{}, {}{alpn}{doubt}", tls.version, tls.cipher)
}

/// The stages so far, and the phases that have begun since. Times are of the mono clock, microseconds.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// What is over, in order.
    pub list: Vec<Stage>,
    begun: Vec<(Phase, u64)>,
}

impl Stages {
    /// A phase begins; `true`: it was there before, and this is a second way, 3.1.1 behind 5.
    pub fn begin(&mut self, phase: Phase, now: u64) -> bool {
        let is_second_way = self.begun.iter().any(|(before, _)| *before == phase);
        if is_second_way {
            self.begun.clear();
        }
        self.begun.push((phase, now));
        is_second_way
    }

    /// The phase it is in, and since when.
    pub fn current(&self) -> Option<(Phase, u64)> {
        self.begun.last().copied()
    }

    /// Every phase went well.
    pub fn connected(&mut self, facts: &Facts) {
        self.begun.clear();
        self.list.extend(facts.phases.iter().map(|(phase, took)| {
            let detail = match (phase, &facts.peer) {
                (Phase::Tcp | Phase::Unix, Some(peer)) => peer.to_string(),
                (Phase::Proxy, _) => "it reached the broker".into(),
                (Phase::Tls, _) => facts.tls.as_deref().map_or_else(String::new, agreed),
                (Phase::Connect, _) => format!("MQTT {}", facts.version),
                _ => String::new(),
            };
            Stage::passed(phase.name(), took.as_micros() as u64, detail)
        }));
    }

    /// The phases that were gone through, and the one that failed.
    pub fn failed(&mut self, failure: &Failure, now: u64) {
        let begun = std::mem::take(&mut self.begun);
        let failed = failure.phase.or(begun.last().map(|(phase, _)| *phase));
        let ends = begun.iter().skip(1).map(|(_, at)| *at).chain([now]);
        for ((phase, from), to) in begun.iter().zip(ends) {
            let took = to.saturating_sub(*from);
            self.list.push(if Some(*phase) == failed {
                Stage::failed(phase.name(), took, failure)
            } else {
                Stage::passed(phase.name(), took, "")
            });
        }
        if self.list.iter().all(|stage| stage.ok) {
            // it failed before the first phase, or in one that was not announced
            let name = failed.map_or("PROFILE", Phase::name);
            self.list.push(Stage::failed(name, 0, failure));
        }
    }
}
