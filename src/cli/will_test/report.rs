//! What the test found, in the doctor's form: a stage a way to end.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{End, observer::Seen};
use crate::{
    cli::doctor::report::Report,
    event::Stage,
    mqtt::{ProtocolVersion, QoS},
};

/// Brokers count will delays in whole seconds.
const TOO_EARLY_US: u64 = 1_000_000;

/// What the will should be like.
#[derive(Debug, Clone)]
pub struct Expected {
    pub payload: Bytes,
    pub qos: QoS,
    /// `None`: cannot be seen.
    pub retain: Option<bool>,
    /// Seconds.
    pub delay: u32,
}

/// One end of the second client and what came of it.
#[derive(Debug)]
pub struct Trial {
    pub end: End,
    pub wait: Duration,
    pub will: Option<Seen>,
}

/// All of them.
pub fn of(
    broker: String,
    version: ProtocolVersion,
    expected: &Expected,
    trials: &[Trial],
    notes: Vec<String>,
) -> Report {
    let stages: Vec<Stage> = trials.iter().map(|trial| stage(trial, expected)).collect();
    Report {
        broker,
        ok: stages.iter().all(|stage| stage.ok),
        stages,
        notes,
        facts: facts(version, expected, trials),
    }
}

fn stage(trial: &Trial, expected: &Expected) -> Stage {
    let (name, delay, is_due) = match trial.end {
        End::Killed => ("KILLED", expected.delay, true),
        End::Disconnect => ("GOODBYE", 0, false),
        End::DisconnectWithWill => ("0x04", 0, true),
    };
    let waited = trial.wait.as_secs_f64();
    match (&trial.will, is_due) {
        (None, false) => Stage::passed(
            name,
            trial.wait.as_micros() as u64,
            format!("no will within {waited} s of DISCONNECT"),
        ),
        (Some(will), true) => arrived(name, will, delay, expected),
        (None, true) => Stage {
            ok: false,
            advice: "the broker's access list may forbid this user to publish there".into(),
            ..Stage::passed(
                name,
                trial.wait.as_micros() as u64,
                format!("no will within {waited} s"),
            )
        },
        (Some(will), false) => Stage {
            ok: false,
            ..Stage::passed(name, will.after_us, "a will came after a DISCONNECT")
        },
    }
}

fn arrived(name: &'static str, will: &Seen, delay: u32, expected: &Expected) -> Stage {
    let retain = match expected.retain {
        Some(_) if will.retain => "retained",
        Some(_) => "not retained",
        None => "retain –",
    };
    let is_early = will.after_us + TOO_EARLY_US < u64::from(delay) * 1_000_000;
    let faults: Vec<String> = [
        is_early.then(|| "it came before its delay had passed".to_owned()),
        (will.qos != expected.qos).then(|| format!("it was asked for at QoS {}", expected.qos)),
        expected
            .retain
            .filter(|retain| *retain != will.retain)
            .map(|retain| {
                format!(
                    "it was to be {}",
                    if retain { "retained" } else { "not retained" }
                )
            }),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut detail = vec![format!(
        "will arrived: QoS {}, {retain}, payload equal ({} bytes)",
        will.qos,
        expected.payload.len()
    )];
    detail.extend((delay > 0).then(|| format!("delay asked for {delay} s")));
    detail.extend_from_slice(&faults);
    Stage {
        ok: faults.is_empty(),
        ..Stage::passed(name, will.after_us, detail.join(", "))
    }
}

/// For programs, what a stage says in words.
fn facts(version: ProtocolVersion, expected: &Expected, trials: &[Trial]) -> Vec<(&'static str, Value)> {
    let killed = trials.iter().find(|trial| trial.end == End::Killed);
    let will = killed.and_then(|trial| trial.will.as_ref());
    let mut facts = vec![("version", version.to_string().into())];
    facts.push(("will_delay_s", expected.delay.into()));
    let arrived = will.map(|will| will.after_us as f64 / 1000.0);
    facts.push(("will_after_ms", arrived.map_or(Value::Null, Into::into)));
    facts.push((
        "will_qos",
        will.map_or(Value::Null, |will| will.qos.as_u8().into()),
    ));
    let retain = will.filter(|_| expected.retain.is_some()).map(|will| will.retain);
    facts.push(("will_retain", retain.map_or(Value::Null, Into::into)));
    facts
}
