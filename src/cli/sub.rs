//! `sub`: prints messages as they come, as fast as the output takes them.

use std::io::{self, IsTerminal};

use tokio::time::{Instant, sleep_until};

use super::{
    Environment, Exit, Failure,
    args::SubArgs,
    format::Format,
    link::{Link, in_words, visible},
    output::Output,
    shown::Shown,
    signals::Signals,
    stdout::Stdout,
    talk, target,
};
use crate::{
    config::{Paths, Profile},
    event::{Batch, Command, ConnectionState, OperationEnded, OperationKind, Outcome, Record},
    mqtt::{QoS, ReasonCode, ReasonContext, Subscription, SubscriptionOptions, TopicFilter},
    source::Limits,
    text::Glyphs,
    wire::Direction,
};

/// Bytes gathered before they are written even though more messages wait. A batch is not parted.
const CHUNK: usize = 64 * 1024;

/// Runs the verb until it is told to end, its count is reached or its time is over.
pub async fn run(args: &SubArgs, environment: &Environment, paths: &Paths) -> Result<Exit, Failure> {
    let (profile, subscriptions) = wanted(args, environment, paths)?;
    let max_packet = args.connection.max_packet_size.unwrap_or(256 << 20) as usize;
    let limits = Limits {
        // printed, not stored: only the packet limits it
        max_payload: args
            .connection
            .max_payload
            .map_or(max_packet, |bytes| bytes as usize),
        max_packet,
        ..Limits::default()
    };
    let mut signals = Signals::take().map_err(Failure::error)?;
    let connecting = Link::connect(profile, paths, limits, args.debug);
    let mut link = tokio::select! {
        link = connecting => link?,
        () = signals.wait() => return Ok(Exit::Ok),
    };
    link.ask(|id| Command::Subscribe(id, subscriptions.clone()))
        .await?;
    if !args.unsubscribe.is_empty() {
        link.ask(|id| Command::Unsubscribe(id, args.unsubscribe.clone()))
            .await?;
    }
    let mut printer = Printer::new(args, &subscriptions)?;
    let result = follow(&mut link, &mut printer, &mut signals, args).await;
    let (mut stdout, last) = (printer.stdout, printer.output.bytes);
    let written = match &result {
        Ok(End::Complete) => tokio::select! {
            written = stdout.finish(last) => written,
            () = signals.wait() => Ok(()),
        },
        Ok(End::Signal) | Err(_) => stdout.give_up(last).await,
    };
    link.close().await;
    result?;
    written.map(|()| Exit::Ok)
}

/// Why it ends well.
enum End {
    /// The count is reached, or the retained messages are over.
    Complete,
    Signal,
}

/// The broker and the filters the arguments mean.
fn wanted(
    args: &SubArgs,
    environment: &Environment,
    paths: &Paths,
) -> Result<(Profile, Vec<Subscription>), Failure> {
    let target = target::resolve_or_local(&args.words, &args.connection, environment, paths)?;
    let qos = args.qos.unwrap_or_default();
    let filters = target::filters(&args.topics, &target.topics)?;
    let subscriptions: Vec<Subscription> = if !filters.is_empty() {
        filters.into_iter().map(|filter| plain(filter, qos)).collect()
    } else if target.is_profile {
        let of_profile = target.profile.subscriptions.iter();
        of_profile
            .map(|one| plain(one.filter.clone(), args.qos.unwrap_or(one.options.qos)))
            .collect()
    } else {
        return Err(Failure::usage(
            "no topic to subscribe to; use -t FILTER, -t '#' for all",
        ));
    };
    if subscriptions.is_empty() {
        return Err(Failure::usage("the profile subscribes to nothing; use -t FILTER"));
    }
    Ok((target.profile, subscriptions))
}

/// As mosquitto subscribes: a retain flag means "from the store".
fn plain(filter: TopicFilter, qos: QoS) -> Subscription {
    let options = SubscriptionOptions {
        qos,
        ..Default::default()
    };
    Subscription::new(filter, options)
}

async fn follow(
    link: &mut Link,
    printer: &mut Printer<'_>,
    signals: &mut Signals,
    args: &SubArgs,
) -> Result<End, Failure> {
    let deadline = args.timeout.map(|time| Instant::now() + time);
    loop {
        printer.pass_on(link.is_idle());
        let batch = tokio::select! {
            biased;
            () = signals.wait() => return Ok(End::Signal),
            () = until(deadline) => {
                let seconds = args.timeout.unwrap_or_default().as_secs_f64();
                return Err(Failure::timed_out(format!("timed out after {seconds} s (-W)")));
            }
            written = printer.stdout.written(), if printer.stdout.is_writing() => {
                written?;
                continue;
            }
            batch = link.next(), if !printer.is_full() => batch,
        };
        let Some(batch) = batch else {
            return Err(Failure::error("the connection ended"));
        };
        if printer.batch(link, &batch)? {
            return Ok(End::Complete);
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Turns batches into output.
struct Printer<'a> {
    args: &'a SubArgs,
    subscriptions: &'a [Subscription],
    output: Output,
    stdout: Stdout,
    printed: u64,
    /// The connection was lost and has not come back.
    is_away: bool,
}

impl<'a> Printer<'a> {
    fn new(args: &'a SubArgs, subscriptions: &'a [Subscription]) -> Result<Self, Failure> {
        let glyphs = if args.ascii {
            Glyphs::Ascii
        } else {
            Glyphs::Unicode
        };
        Ok(Self {
            args,
            subscriptions,
            output: Output::new(io::stdout().is_terminal().then_some(glyphs)),
            stdout: Stdout::start().map_err(Failure::error)?,
            printed: 0,
            is_away: false,
        })
    }

    /// Hands over what is gathered if it is enough for a write, or if nothing more comes at the moment.
    fn pass_on(&mut self, is_idle: bool) {
        if is_idle || self.output.bytes.len() >= CHUNK {
            self.stdout.write(&mut self.output.bytes);
        }
    }

    /// Whether nothing more can be gathered until what is in flight is written.
    fn is_full(&self) -> bool {
        self.stdout.is_writing() && self.output.bytes.len() >= CHUNK
    }

    /// Takes a batch; `true` ends the verb.
    fn batch(&mut self, link: &Link, batch: &Batch) -> Result<bool, Failure> {
        for record in &batch.records {
            match record {
                Record::Publish(publish)
                    if publish.direction == Direction::ServerToClient && !publish.is_repeat =>
                {
                    if let Some(shown) = Shown::of_record(batch, publish)
                        && self.message(&shown)
                    {
                        return Ok(true);
                    }
                }
                Record::Status(status) => self.state(link, &status.state)?,
                Record::Operation(ended) => self.operation(ended)?,
                Record::Dropped { messages, bytes } => {
                    talk::say(&format!("{messages} messages ({bytes} bytes) were dropped here"));
                }
                Record::Publish(_) | Record::Packet(_) | Record::Untold => {}
            }
        }
        Ok(false)
    }

    /// `true` ends the verb.
    fn message(&mut self, shown: &Shown<'_>) -> bool {
        if self.args.retained_only && !shown.retain {
            return true;
        }
        let is_stale = self.args.no_retained && shown.retain;
        if is_stale
            || self
                .args
                .filter_out
                .iter()
                .any(|filter| filter.matches(shown.topic))
        {
            return false;
        }
        self.print(shown);
        self.printed += 1;
        self.args.count == Some(self.printed)
    }

    fn print(&mut self, shown: &Shown<'_>) {
        if shown.is_cut() {
            let (kept, all) = (shown.payload.len(), shown.payload_len);
            talk::say(&format!(
                "a payload on {} is cut to {kept} of {all} bytes (--max-payload)",
                shown.topic
            ));
        }
        if let Some(format) = &self.args.format {
            if self.formatted(format, shown).is_err() {
                talk::say(&format!(
                    "the payload on {} is not valid JSON, so %J cannot print it",
                    shown.topic
                ));
                return;
            }
        } else {
            if self.args.verbose {
                self.output.network(shown.topic.as_bytes());
                self.output.bytes.push(b' ');
            }
            self.output.network(shown.payload);
        }
        if !self.args.no_newline {
            self.output.bytes.push(b'\n');
        }
    }

    fn formatted(&mut self, format: &Format, shown: &Shown<'_>) -> Result<(), super::format::NotJson> {
        let before = self.output.bytes.len();
        format
            .write(&mut self.output, shown)
            .inspect_err(|_| self.output.bytes.truncate(before))
    }

    /// A connection that was lost is waited for, and told when it is back; one that is refused ends the verb.
    fn state(&mut self, link: &Link, state: &ConnectionState) -> Result<(), Failure> {
        match state {
            ConnectionState::Waiting { failure, .. } => {
                self.is_away = true;
                talk::say(&format!("connection lost, trying again: {}", in_words(failure)));
                Ok(())
            }
            ConnectionState::Connected(facts) if std::mem::take(&mut self.is_away) => {
                let session = facts.resumption_in_words().unwrap_or_default();
                talk::say(&format!("connected again, {session}"));
                Ok(())
            }
            ConnectionState::Refused(failure) => Err(link.not_connected(failure)),
            ConnectionState::Idle | ConnectionState::Connecting { .. } | ConnectionState::Connected(_) => {
                Ok(())
            }
        }
    }

    fn operation(&self, ended: &OperationEnded) -> Result<(), Failure> {
        match (&ended.outcome, ended.kind) {
            (Outcome::Acked(codes), OperationKind::Subscribe) => self.granted(codes),
            (Outcome::Failed { reason, .. }, _) => Err(Failure::refused(visible(reason))),
            // asked again after reconnecting
            (Outcome::Acked(_) | Outcome::Sent | Outcome::Unknown, _) => Ok(()),
        }
    }

    /// Names each refused filter; if nothing is left to wait for, the verb fails.
    fn granted(&self, codes: &[ReasonCode]) -> Result<(), Failure> {
        let context = ReasonContext::Suback(crate::mqtt::ProtocolVersion::V5);
        let refused: Vec<String> = self
            .subscriptions
            .iter()
            .zip(codes)
            .filter(|(_, code)| code.is_failure(context))
            .map(|(one, code)| {
                format!(
                    "subscription to {} refused: {}",
                    one.filter,
                    code.display(context)
                )
            })
            .collect();
        if refused.len() == self.subscriptions.len() {
            return Err(Failure::refused(visible(&refused.join("; "))));
        }
        for line in &refused {
            talk::say(line);
        }
        Ok(())
    }
}
