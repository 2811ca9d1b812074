//! The round trip: a message to a topic nobody else knows, waited for as a subscriber.

use std::hash::{BuildHasher, RandomState};

use tokio::time::timeout;

use super::{ANSWER, Answer, Examination, answer_in, silent};
use crate::{
    cli::shown::Shown,
    event::{self, Batch, Command, Facts, FailureKind, OperationEnded, OperationId, Outcome, Record, Stage},
    mqtt::{
        Message, Properties, QoS, ReasonContext, Subscription, SubscriptionOptions, TopicFilter, TopicName,
    },
    wire::Direction,
};

/// What has come back so far.
#[derive(Default)]
struct Trip {
    /// When the message itself was here.
    back_at: Option<u64>,
    /// How the publish ended.
    ended: Option<OperationEnded>,
}

impl Examination<'_> {
    /// Publishes to itself; `false` where that does not work.
    pub(super) async fn echo(&mut self, facts: &Facts, is_read_only: bool) -> bool {
        let began = self.link.now_us();
        let result = if is_read_only {
            let what = "the profile is read-only; nothing is published";
            Err(failure(
                what,
                "leave --echo away, or take read_only from the profile",
            ))
        } else {
            self.round_trip(facts.limits.maximum_qos.min(QoS::AtLeastOnce))
                .await
        };
        let stage = match result {
            Ok((took, detail)) => Stage::passed("ECHO", took, detail),
            Err(failure) => Stage::failed("ECHO", self.link.now_us() - began, &failure),
        };
        let is_ok = stage.ok;
        self.report.stages.push(stage);
        is_ok
    }

    async fn round_trip(&mut self, qos: QoS) -> Result<(u64, String), event::Failure> {
        let topic = format!("mqttscope/doctor/{:016x}", RandomState::new().hash_one(0u8));
        let message = Message {
            topic: TopicName::new(&topic).expect("a topic of our own"),
            payload: topic.clone().into(),
            qos,
            retain: false,
            properties: Properties::NONE,
        };
        self.listen(&topic, qos).await?;
        let sent_at = self.link.now_us();
        let id = self
            .link
            .ask(|id| Command::Publish(id, Box::new(message)))
            .await
            .map_err(|error| failure(&error.to_string(), ""))?;
        let mut trip = Trip::default();
        let link = &mut self.link;
        let wait = async {
            while let Some(batch) = link.next().await {
                trip.take(&batch, &topic, id)?;
                if let (Some(back_at), Some(ended)) = (trip.back_at, &trip.ended) {
                    return Ok((back_at.saturating_sub(sent_at), in_words(&topic, ended)));
                }
            }
            Err(silent("answer"))
        };
        let waited = timeout(ANSWER, wait).await;
        waited.unwrap_or_else(|_| Err(trip.missing(&topic)))
    }

    async fn listen(&mut self, topic: &str, qos: QoS) -> Result<(), event::Failure> {
        let filter = TopicFilter::new(topic).expect("a filter of our own");
        let options = SubscriptionOptions {
            qos,
            ..Default::default()
        };
        let subscription = Subscription::new(filter, options);
        let asked = self
            .link
            .ask(|id| Command::Subscribe(id, vec![subscription]))
            .await
            .map_err(|error| failure(&error.to_string(), ""))?;
        match self.answer(asked).await {
            Answer::Ended(ended) => refusal(&format!("subscription to {topic}"), &ended).map_or(Ok(()), Err),
            Answer::Lost(failure) => Err(failure),
            Answer::Silent => Err(silent("SUBACK")),
        }
    }
}

impl Trip {
    fn take(&mut self, batch: &Batch, topic: &str, id: OperationId) -> Result<(), event::Failure> {
        match answer_in(batch, id) {
            Some(Answer::Lost(failure)) => return Err(failure),
            Some(Answer::Ended(ended)) => {
                if let Some(failure) = refusal(&format!("publish to {topic}"), &ended) {
                    return Err(failure);
                }
                self.ended = Some(ended);
            }
            Some(Answer::Silent) | None => {}
        }
        for record in &batch.records {
            if let Record::Publish(publish) = record
                && publish.direction == Direction::ServerToClient
                && Shown::of_record(batch, publish).is_some_and(|shown| shown.topic == topic)
            {
                self.back_at
                    .get_or_insert(batch.time.mono_us + u64::from(publish.after_us));
            }
        }
        Ok(())
    }

    fn missing(&self, topic: &str) -> event::Failure {
        let seconds = ANSWER.as_secs();
        if self.back_at.is_some() {
            return failure(
                &format!("the message came back, but was not acknowledged within {seconds} s"),
                "the broker breaks the protocol here: look into its log",
            );
        }
        failure(
            &format!("the message to {topic} did not come back within {seconds} s"),
            "the broker's access list may forbid to publish or to read mqttscope/#; not every broker says so",
        )
    }
}

fn in_words(topic: &str, ended: &OperationEnded) -> String {
    match ended.outcome {
        Outcome::Acked(_) => {
            let acked = crate::text::latency(ended.took.as_micros() as u64);
            format!("{topic} came back; PUBACK after {acked}")
        }
        _ => format!("{topic} came back"),
    }
}

fn refusal(what: &str, ended: &OperationEnded) -> Option<event::Failure> {
    let Outcome::Failed { code, reason } = &ended.outcome else {
        return None;
    };
    Some(event::Failure {
        code: *code,
        advice: ended.outcome.advice(ReasonContext::Other).to_owned(),
        ..failure(&format!("{what} refused: {reason}"), "")
    })
}

fn failure(what: &str, advice: &str) -> event::Failure {
    event::Failure {
        kind: FailureKind::Network,
        phase: None,
        code: None,
        what: what.to_owned(),
        advice: advice.to_owned(),
    }
}
