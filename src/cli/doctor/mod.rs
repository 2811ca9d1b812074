//! `doctor`: how far a connection gets, stage by stage, each timed, and what to try where it stops.
//!
//! The stages up to CONNECT are the connection's own phases: one added there shows up here by itself.

mod echo;
pub mod report;

use std::{io::Write, time::Duration};

use tokio::time::timeout;

use self::report::Report;
use super::{Environment, Exit, Failure, args::DoctorArgs, link, link::Link, signals::Signals, target};
use crate::{
    config::{Paths, Profile},
    event::{
        self, Batch, Command, ConnectionState, Facts, FailureKind, OperationEnded, OperationId, Outcome,
        Record, Stage, Stages,
    },
    mqtt::{Properties, ProtocolVersion, ReasonCode, ReasonContext, RetainHandling, Subscription},
    source::Limits,
};

/// How long an answer of the broker may take once the connection is up.
const ANSWER: Duration = Duration::from_secs(10);

/// Goes through all stages and prints what was found.
pub async fn run(args: &DoctorArgs, environment: &Environment, paths: &Paths) -> Result<Exit, Failure> {
    let (profile, subscriptions) = wanted(args, environment, paths)?;
    let mut signals = Signals::take().map_err(Failure::error)?;
    let is_read_only = profile.read_only;
    let is_anonymous = profile.username.is_none();
    let broker = profile.url.to_string();
    let link = Link::open(profile.clone(), paths, Limits::default(), args.debug).await?;
    let mut examination = Examination {
        link,
        profile,
        paths,
        is_debug: args.debug,
        is_anonymous,
        report: Report {
            broker,
            ok: false,
            stages: Vec::new(),
            notes: notes(environment),
            facts: Vec::new(),
        },
    };
    tokio::select! {
        examined = examination.all(&subscriptions, args.echo, is_read_only) => examined?,
        () = signals.wait() => return Err(Failure::error("stopped before the end of the examination")),
    }
    let Examination { link, report, .. } = examination;
    link.close().await;
    let text = if args.json {
        report.json() + "\n"
    } else {
        report.text()
    };
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::output(&error))?;
    Ok(if report.ok { Exit::Ok } else { Exit::Refused })
}

/// The broker, and what the screen would subscribe to there unless other topics are named. Retained
/// messages are not asked for: nobody reads them here.
fn wanted(
    args: &DoctorArgs,
    environment: &Environment,
    paths: &Paths,
) -> Result<(Profile, Vec<Subscription>), Failure> {
    let target = target::resolve_or_local(&args.words, &args.connection, environment, paths)?;
    let mut profile = target.profile;
    let filters = target::filters(&args.topics, &target.topics)?;
    target::subscribe(&mut profile, filters, None);
    let mut subscriptions = profile.subscriptions.clone();
    for subscription in &mut subscriptions {
        subscription.options.retain_handling = RetainHandling::DoNotSend;
        // one request for all of them: an identifier of theirs would change nothing that is looked at
        subscription.properties = Properties::NONE;
    }
    Ok((profile, subscriptions))
}

fn notes(environment: &Environment) -> Vec<String> {
    let variables = environment.connection_variables();
    if variables.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "the environment has {}, which count where no flag, URL or profile says otherwise",
        variables.join(", ")
    )]
}

struct Examination<'a> {
    link: Link,
    /// What the link was opened with, for a second try.
    profile: Profile,
    paths: &'a Paths,
    is_debug: bool,
    /// No user name is sent.
    is_anonymous: bool,
    report: Report,
}

/// What a request to the broker came to.
enum Answer {
    Ended(OperationEnded),
    Lost(event::Failure),
    Silent,
}

impl Examination<'_> {
    /// The error is of the question for a password alone; what fails at the broker is in the report.
    async fn all(
        &mut self,
        subscriptions: &[Subscription],
        is_echo: bool,
        is_read_only: bool,
    ) -> Result<(), Failure> {
        let Some(facts) = self.connect().await? else {
            return Ok(());
        };
        self.report.facts = report::facts(&facts);
        if !subscriptions.is_empty() && !self.subscribe(subscriptions, facts.version).await {
            return Ok(());
        }
        if is_echo && !self.echo(&facts, is_read_only).await {
            return Ok(());
        }
        self.report.ok = true;
        Ok(())
    }

    /// Every phase up to CONNACK. A user for whom nothing says a password is asked for it where the broker refused
    /// him, once, and all is gone through again.
    async fn connect(&mut self) -> Result<Option<Facts>, Failure> {
        let refusal = match self.until_connected().await {
            Ok(facts) => return Ok(Some(facts)),
            Err(refusal) => refusal,
        };
        let asking = match &refusal {
            Some(refusal) => link::with_password(self.profile.clone(), refusal).await?,
            None => None,
        };
        let Some(asking) = asking else {
            self.advise(refusal.as_ref());
            return Ok(None);
        };
        let link = Link::open(asking, self.paths, Limits::default(), self.is_debug).await?;
        std::mem::replace(&mut self.link, link).close().await;
        let note = "the broker refused the user without a password; this is with the one that was typed";
        self.report.notes.push(note.into());
        match self.until_connected().await {
            Ok(facts) => Ok(Some(facts)),
            Err(refusal) => {
                self.advise(refusal.as_ref());
                Ok(None)
            }
        }
    }

    /// As far as CONNACK, the stages into the report; the error is why it did not come, if anything said so.
    async fn until_connected(&mut self) -> Result<Facts, Option<event::Failure>> {
        let mut stages = Stages::default();
        while let Some(batch) = self.link.next().await {
            for record in &batch.records {
                let Record::Status(status) = record else { continue };
                let now = batch.time.mono_us + u64::from(status.after_us);
                match &status.state {
                    ConnectionState::Connecting { phase, .. } => {
                        if stages.begin(*phase, now) {
                            let note = "MQTT 5 was not taken, so 3.1.1 was tried (-V says which to use)";
                            self.report.notes.push(note.into());
                        }
                    }
                    ConnectionState::Connected(facts) => {
                        stages.connected(facts);
                        self.report.stages = stages.list;
                        self.report.notes.extend(facts.warnings.iter().cloned());
                        self.report.notes.extend(unverified(facts));
                        return Ok((**facts).clone());
                    }
                    ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                        stages.failed(failure, now);
                        self.report.stages = stages.list;
                        return Err(Some(failure.clone()));
                    }
                    ConnectionState::Idle => {}
                }
            }
        }
        Err(None)
    }

    /// A refusal of nobody is most often one of somebody who did not say his name.
    fn advise(&mut self, failure: Option<&event::Failure>) {
        if let (true, true, Some(last)) = (
            self.is_anonymous,
            failure.is_some_and(event::Failure::is_about_credentials),
            self.report.stages.last_mut(),
        ) {
            last.advice =
                "no user name was sent, and this broker seems to want one: -u NAME, or a profile".into();
        }
    }

    async fn subscribe(&mut self, subscriptions: &[Subscription], version: ProtocolVersion) -> bool {
        let began = self.link.now_us();
        let asked = self
            .link
            .ask(|id| Command::Subscribe(id, subscriptions.to_vec()))
            .await;
        let answer = match asked {
            Ok(id) => self.answer(id).await,
            Err(_) => Answer::Silent,
        };
        let stage = match answer {
            Answer::Ended(ended) => subscribed(subscriptions, &ended, version),
            Answer::Lost(failure) => Stage::failed("SUBACK", self.link.now_us() - began, &failure),
            Answer::Silent => Stage::failed("SUBACK", self.link.now_us() - began, &silent("SUBACK")),
        };
        let is_ok = stage.ok;
        self.report.stages.push(stage);
        is_ok
    }

    /// Waits for the end of a request.
    async fn answer(&mut self, id: OperationId) -> Answer {
        let link = &mut self.link;
        let wait = async {
            while let Some(batch) = link.next().await {
                if let Some(answer) = answer_in(&batch, id) {
                    return answer;
                }
            }
            Answer::Silent
        };
        timeout(ANSWER, wait).await.unwrap_or(Answer::Silent)
    }
}

/// What verification would have refused.
fn unverified(facts: &Facts) -> Option<String> {
    let complaint = facts.tls.as_ref()?.complaint.as_ref()?;
    Some(format!(
        "the certificate was not verified (--insecure): {complaint}"
    ))
}

fn answer_in(batch: &Batch, id: OperationId) -> Option<Answer> {
    batch.records.iter().find_map(|record| match record {
        Record::Operation(ended) if ended.id == id && ended.outcome != Outcome::Unknown => {
            Some(Answer::Ended((**ended).clone()))
        }
        Record::Status(status) => match &status.state {
            ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                Some(Answer::Lost(failure.clone()))
            }
            _ => None,
        },
        _ => None,
    })
}

fn silent(packet: &str) -> event::Failure {
    event::Failure {
        kind: FailureKind::Network,
        phase: None,
        code: None,
        what: format!("no {packet} within {} s", ANSWER.as_secs()),
        advice: "the broker took the request and does not answer: look into its log".into(),
    }
}

/// Each filter with what it was granted; failed where nothing is left.
fn subscribed(subscriptions: &[Subscription], ended: &OperationEnded, version: ProtocolVersion) -> Stage {
    let context = ReasonContext::Suback(version);
    let took = ended.took.as_micros() as u64;
    let codes: &[ReasonCode] = match &ended.outcome {
        Outcome::Acked(codes) => codes,
        Outcome::Failed { code, reason } => {
            let filters: Vec<&str> = subscriptions.iter().map(|one| one.filter.as_str()).collect();
            return Stage {
                ok: false,
                advice: ended.outcome.advice(context).into(),
                code: code.map(|code| code.0),
                ..Stage::passed(
                    "SUBACK",
                    took,
                    format!("{} refused: {reason}", filters.join(", ")),
                )
            };
        }
        Outcome::Sent | Outcome::Unknown => &[],
    };
    let is_failure = |code: &&ReasonCode| code.is_failure(context);
    let list: Vec<String> = subscriptions
        .iter()
        .zip(codes)
        .map(|(one, code)| {
            if is_failure(&code) {
                format!("{} refused: {}", one.filter, code.display(context))
            } else {
                format!("{} QoS {}", one.filter, code.0)
            }
        })
        .collect();
    let refusal = codes.iter().find(is_failure);
    Stage {
        ok: !codes.iter().all(|code| code.is_failure(context)),
        advice: refusal.map_or("", |code| code.advice(context)).into(),
        code: refusal.map(|code| code.0),
        ..Stage::passed("SUBACK", took, list.join(", "))
    }
}
