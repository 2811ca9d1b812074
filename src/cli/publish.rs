//! `pub`: publishes, waits for the acknowledgements and tells by its exit code how it went.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    Environment, Exit, Failure,
    args::{PubArgs, SourceArgs},
    link::{Link, in_words, visible},
    signals::Signals,
    talk, target,
};
use crate::{
    config::{Paths, Profile},
    event::{Batch, Command, ConnectionState, OperationEnded, OperationId, Outcome, Record},
    mqtt::{Message, ReasonContext, TopicName},
    source::Limits,
    wire::MAX_REMAINING_LENGTH,
};

/// Publishes asked for and not yet ended: more than the session's window, so that it never waits for us, and less
/// than it lets wait.
const OUTSTANDING: usize = 512;
/// Their payload bytes together; a single larger one goes alone.
const OUTSTANDING_BYTES: usize = 16 << 20;
/// Lines read ahead of the broker.
const LINES: usize = 64;
/// Refusals told one by one; the rest is counted.
const TOLD: u64 = 5;

/// Runs the verb to its end.
pub async fn run(args: &PubArgs, environment: &Environment, paths: &Paths) -> Result<Exit, Failure> {
    let (profile, topic) = wanted(args, environment, paths)?;
    let mut payloads = payloads(args)?;
    let mut signals = Signals::take().map_err(Failure::error)?;
    let limits = Limits {
        max_packet: args.connection.max_packet_size.unwrap_or(256 << 20) as usize,
        ..Limits::default()
    };
    let link = tokio::select! {
        link = Link::connect(profile, paths, limits, args.debug) => link?,
        () = signals.wait() => return Err(Failure::error("stopped before connecting; nothing was published")),
    };
    let mut work = Work {
        link,
        message: Message {
            topic,
            payload: Bytes::new(),
            qos: args.qos,
            retain: args.retain,
            properties: target::publish_properties(&args.connection),
        },
        outstanding: HashMap::new(),
        bytes: 0,
        refused: 0,
    };
    let result = tokio::select! {
        result = work.publish_all(&mut payloads) => result,
        () = signals.wait() => Err(Failure::error(format!(
            "stopped while {} publishes were not yet acknowledged", work.outstanding.len()
        ))),
    };
    work.link.close().await;
    result
}

fn wanted(args: &PubArgs, environment: &Environment, paths: &Paths) -> Result<(Profile, TopicName), Failure> {
    let target = target::resolve_or_local(&args.words, &args.connection, environment, paths)?;
    let mut topics: Vec<TopicName> = args.topic.iter().cloned().collect();
    for text in &target.topics {
        let topic = TopicName::new(text).map_err(|error| Failure::usage(format!("\"{text}\": {error}")))?;
        topics.push(topic);
    }
    if target.profile.read_only {
        let what = format!("{} is read-only; nothing is published", target.profile.name);
        return Err(Failure::error(what));
    }
    let mut topics = topics.into_iter();
    match (topics.next(), topics.next()) {
        (Some(topic), None) => Ok((target.profile, topic)),
        (None, _) => Err(Failure::usage("no topic to publish to; use -t TOPIC")),
        (Some(_), Some(second)) => Err(Failure::usage(format!(
            "one topic only; \"{second}\" is one too many"
        ))),
    }
}

/// Where payloads come from, one at a time.
enum Payloads {
    Repeated {
        payload: Bytes,
        left: u64,
        delay: Duration,
        is_first: bool,
    },
    Lines(mpsc::Receiver<io::Result<Bytes>>),
}

impl Payloads {
    /// The next payload; `None` when there are no more.
    async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        match self {
            Self::Repeated {
                payload,
                left,
                delay,
                is_first,
            } => {
                let remaining = left.checked_sub(1)?;
                if !*is_first {
                    tokio::time::sleep(*delay).await;
                }
                *is_first = false;
                *left = remaining;
                Some(Ok(payload.clone()))
            }
            Self::Lines(lines) => {
                let line = lines.recv().await?;
                Some(line.map_err(|error| Failure::error(format!("cannot read stdin: {error}"))))
            }
        }
    }
}

fn payloads(args: &PubArgs) -> Result<Payloads, Failure> {
    if args.source.lines {
        return Ok(Payloads::Lines(read_lines()));
    }
    Ok(Payloads::Repeated {
        payload: payload(&args.source)?,
        left: args.repeat,
        delay: args.repeat_delay.unwrap_or_default(),
        is_first: true,
    })
}

fn payload(source: &SourceArgs) -> Result<Bytes, Failure> {
    if let Some(message) = &source.message {
        return Ok(message.clone().into());
    }
    if let Some(path) = &source.file {
        return File::open(path)
            .and_then(read_all)
            .map_err(|error| Failure::error(format!("{}: {error}", path.display())));
    }
    if source.stdin_file {
        return read_all(io::stdin().lock())
            .map_err(|error| Failure::error(format!("{}: {error}", Path::new("stdin").display())));
    }
    Ok(Bytes::new())
}

fn read_all(from: impl Read) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    from.take(MAX_REMAINING_LENGTH as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > MAX_REMAINING_LENGTH {
        return Err(io::Error::other(
            "more than the 268,435,455 bytes a packet can have",
        ));
    }
    Ok(bytes.into())
}

/// Reads stdin on a thread of its own: a terminal or a slow pipe must not hold up the connection.
fn read_lines() -> mpsc::Receiver<io::Result<Bytes>> {
    let (lines_tx, lines_rx) = mpsc::channel(LINES);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let line = read_line(&mut stdin);
            let is_last = !matches!(&line, Some(Ok(_)));
            let Some(line) = line else { return };
            // nobody listens any more once the verb has ended
            if lines_tx.blocking_send(line).is_err() || is_last {
                return;
            }
        }
    });
    lines_rx
}

/// A line without its end; a carriage return is part of it, as with mosquitto.
fn read_line(from: &mut impl BufRead) -> Option<io::Result<Bytes>> {
    let mut line = Vec::new();
    let limit = MAX_REMAINING_LENGTH as u64 + 1;
    match from.by_ref().take(limit).read_until(b'\n', &mut line) {
        Ok(0) => return None,
        Ok(_) => {}
        Err(error) => return Some(Err(error)),
    }
    if line.len() > MAX_REMAINING_LENGTH {
        return Some(Err(io::Error::other(
            "a line of more than the 268,435,455 bytes a packet can have",
        )));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Some(Ok(line.into()))
}

struct Work {
    link: Link,
    message: Message,
    /// Payload bytes of each.
    outstanding: HashMap<OperationId, usize>,
    bytes: usize,
    refused: u64,
}

impl Work {
    async fn publish_all(&mut self, payloads: &mut Payloads) -> Result<Exit, Failure> {
        let mut is_over = false;
        while !is_over || !self.outstanding.is_empty() {
            tokio::select! {
                biased;
                batch = self.link.next() => {
                    let batch = batch.ok_or_else(|| Failure::error("the connection ended"))?;
                    self.take(&batch)?;
                }
                payload = payloads.next(), if !is_over && self.has_room() => match payload {
                    Some(payload) => self.publish(payload?).await?,
                    None => is_over = true,
                },
            }
        }
        match self.refused {
            0 => Ok(Exit::Ok),
            count if count > TOLD => Err(Failure::refused(format!("{count} publishes were refused"))),
            _ => Ok(Exit::Refused),
        }
    }

    fn has_room(&self) -> bool {
        self.outstanding.len() < OUTSTANDING && self.bytes < OUTSTANDING_BYTES
    }

    async fn publish(&mut self, payload: Bytes) -> Result<(), Failure> {
        let len = payload.len();
        let message = Box::new(Message {
            payload,
            ..self.message.clone()
        });
        let id = self.link.ask(|id| Command::Publish(id, message)).await?;
        self.outstanding.insert(id, len);
        self.bytes += len;
        Ok(())
    }

    fn take(&mut self, batch: &Batch) -> Result<(), Failure> {
        for record in &batch.records {
            match record {
                Record::Operation(ended) => self.ended(ended)?,
                Record::Status(status) => match &status.state {
                    ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                        return Err(self.lost(&in_words(failure)));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn ended(&mut self, ended: &OperationEnded) -> Result<(), Failure> {
        let outcome = &ended.outcome;
        if *outcome == Outcome::Unknown {
            return Err(self.lost("no acknowledgement"));
        }
        self.bytes -= self.outstanding.remove(&ended.id).unwrap_or(0);
        if let Outcome::Failed { code, reason } = outcome {
            let advice = match outcome.advice(ReasonContext::Other) {
                "" => String::new(),
                advice => format!("; {advice}"),
            };
            let what = format!("publish to {} refused: {reason}{advice}", self.message.topic);
            if code.is_none() {
                return Err(Failure::error(visible(&what)));
            }
            self.refused += 1;
            if self.refused <= TOLD {
                talk::say(&what);
            }
        }
        Ok(())
    }

    fn lost(&self, why: &str) -> Failure {
        let count = self.outstanding.len();
        Failure::error(visible(&format!(
            "connection lost ({why}); {count} publishes were not acknowledged and may or may not have arrived"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_line_feeds_and_the_last_needs_none() {
        let mut input = &b"one\r\n\ntwo"[..];
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut input) {
            lines.push(line.unwrap());
        }
        assert_eq!(lines, [&b"one\r"[..], b"", b"two"]);
    }
}
