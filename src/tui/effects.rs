//! Runs effects. What takes time runs as a task and comes back through a channel; nothing here waits.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::{net::TcpStream, sync::mpsc, time::timeout};

use super::{clipboard, options::Options};
use crate::{
    app::effect::{Done, Effect},
    config::{self, Profile, Secret, Theme},
    event::{Command, SourceId},
    source::{self, BatchSender, ClientHandle, NotTaken, Parting},
};

/// Answers on their way back: one a key press at most, and keys are slower than the loop.
const ANSWERS: usize = 256;

/// A broker on this machine answers at once or is not there.
const DISCOVERY: Duration = Duration::from_millis(500);

/// What must be done by the loop itself, because it owns the terminal.
#[derive(Debug)]
pub enum Terminal {
    /// Draw everything anew.
    Redraw,
    /// Stop until `fg`.
    Suspend,
    /// Capture the mouse, or not.
    Mouse(bool),
    /// Give the terminal to an editor for this text.
    Edit(String),
}

/// An answer: to the app, or bytes to the terminal.
#[derive(Debug)]
pub enum Answer {
    /// To the app.
    Done(Done),
    /// Bytes that the terminal is to get with the next frame (OSC 52).
    Escape(Vec<u8>),
    /// The password of a profile is known: connect.
    Opened(SourceId, Box<Profile>, Option<Secret>),
}

/// The running connections and the way back for answers.
pub struct Effects {
    clients: HashMap<SourceId, ClientHandle>,
    /// To be open: what is closed while its password is fetched is not opened any more.
    wanted: HashSet<SourceId>,
    batches_tx: BatchSender,
    answers_tx: mpsc::Sender<Answer>,
    options: Options,
}

impl Effects {
    /// With no connection yet; answers come out of the receiver.
    pub fn new(options: Options, batches_tx: BatchSender) -> (Self, mpsc::Receiver<Answer>) {
        let (answers_tx, answers_rx) = mpsc::channel(ANSWERS);
        (
            Self {
                clients: HashMap::new(),
                wanted: HashSet::new(),
                batches_tx,
                answers_tx,
                options,
            },
            answers_rx,
        )
    }

    /// Runs one; what only the loop can do is returned.
    pub fn run(&mut self, effect: Effect) -> Option<Terminal> {
        match effect {
            Effect::Redraw => return Some(Terminal::Redraw),
            Effect::Suspend => return Some(Terminal::Suspend),
            Effect::SetMouse(is_captured) => return Some(Terminal::Mouse(is_captured)),
            Effect::Edit(text) => return Some(Terminal::Edit(text)),
            Effect::Send(source, command) => self.send(source, command),
            Effect::Open(source, profile, password) => self.open(source, profile, password),
            Effect::Close(source) => self.close(source),
            Effect::Discover(url) => self.task(async move {
                let reached = TcpStream::connect((url.host.as_str(), url.port));
                match timeout(DISCOVERY, reached).await {
                    Ok(Ok(_)) => vec![Answer::Done(Done::Discovered(url))],
                    _ => Vec::new(),
                }
            }),
            Effect::Copy(bytes) => self.task(async move {
                match clipboard::copy(&bytes).await {
                    Ok(copied) => {
                        let escape = copied.escape.map(Answer::Escape);
                        escape
                            .into_iter()
                            .chain([Answer::Done(Done::Copied(copied.words))])
                            .collect()
                    }
                    Err(error) => vec![Answer::Done(Done::Failed(error))],
                }
            }),
            Effect::ReadFile(path) => self.blocking(move || match std::fs::read(&path) {
                Ok(bytes) => Done::FileRead(path, bytes),
                Err(error) => Done::Failed(format!("{}: {error}", path.display())),
            }),
            Effect::LoadTheme(name) => {
                let folder = self.options.paths.config.clone();
                self.blocking(move || match Theme::load(&folder, &name) {
                    Ok(theme) => Done::ThemeLoaded(name, Box::new(theme)),
                    Err(faults) => Done::Failed(faults.to_string()),
                });
            }
            Effect::SaveProfile {
                profile,
                renamed_from,
                password,
            } => self.save_profile(profile, renamed_from, password),
            Effect::DeleteProfile(name) => {
                let paths = self.options.paths.clone();
                self.blocking(move || match config::delete_profile(&paths, &name) {
                    Ok(text) => Done::ProfileDeleted { name, text },
                    Err(faults) => Done::Failed(faults.to_string()),
                });
            }
            Effect::RestoreProfile { name, text } => {
                let paths = self.options.paths.clone();
                self.blocking(move || match config::restore_profile(&paths, &name, &text) {
                    Ok(()) => Done::Note(format!("{} written again", paths.profile(&name).display())),
                    Err(faults) => Done::Failed(faults.to_string()),
                });
            }
        }
        None
    }

    fn send(&mut self, source: SourceId, command: Command) {
        let Some(client) = self.clients.get(&source) else {
            self.answer(Done::Refused(
                operation(&command),
                "not connected: press Enter on the connection".into(),
            ));
            return;
        };
        if let Err(error) = client.try_send(command) {
            let words = error.to_string();
            let (NotTaken::Busy(command) | NotTaken::Ended(command)) = error;
            self.answer(Done::Refused(operation(&command), words));
        }
    }

    fn open(&mut self, source: SourceId, mut profile: Box<Profile>, password: Option<Secret>) {
        self.wanted.insert(source);
        let paths = self.options.paths.clone();
        let answers = self.answers_tx.clone();
        let is_known = password.is_some() || profile.password == config::PasswordSource::None;
        if is_known && !config::has_further_secrets(&profile) {
            self.opened(source, *profile, password);
            return;
        }
        if let Some(secret) = password {
            profile.password = config::PasswordSource::Memory(secret);
        }
        tokio::task::spawn_blocking(move || {
            let answer = match config::resolve_secrets(&paths, &mut profile) {
                Ok(password) => Answer::Opened(source, profile, password),
                Err(error) => Answer::Done(Done::NotOpened(source, error)),
            };
            let _ = answers.blocking_send(answer);
        });
    }

    /// Starts the worker: the password is known.
    pub fn opened(&mut self, id: SourceId, profile: Profile, password: Option<Secret>) {
        if !self.wanted.contains(&id) {
            return;
        }
        let (limits, clock) = (self.options.limits, self.options.clock);
        let client = source::spawn(id, profile, password, limits, clock, self.batches_tx.clone());
        if let Some(old) = self.clients.insert(id, client) {
            tokio::spawn(old.shutdown());
        }
    }

    fn close(&mut self, source: SourceId) {
        self.wanted.remove(&source);
        if let Some(client) = self.clients.remove(&source) {
            tokio::spawn(client.shutdown());
        }
    }

    fn save_profile(
        &self,
        mut profile: Box<Profile>,
        renamed_from: Option<String>,
        password: Option<Secret>,
    ) {
        let paths = self.options.paths.clone();
        self.blocking(move || {
            let saved = (|| {
                if let Some(old) = &renamed_from {
                    config::rename_profile(&paths, old, &profile.name)?;
                }
                if let Some(secret) = &password {
                    profile.password = config::save_password(&paths, &profile.name, secret)?;
                }
                config::save_profile(&paths, &profile)
            })();
            let path = paths.profile(&profile.name);
            match saved {
                Ok(()) => Done::ProfileSaved(profile, path),
                Err(faults) => Done::Failed(format!("not saved: {faults}")),
            }
        });
    }

    /// Says DISCONNECT everywhere and waits, each at most 300 ms; gives the connections whose brokers were not told.
    pub async fn shutdown(&mut self) -> Vec<SourceId> {
        let ends: Vec<_> = self
            .clients
            .drain()
            .map(|(source, client)| (source, tokio::spawn(client.shutdown())))
            .collect();
        let mut untold = Vec::new();
        for (source, end) in ends {
            if matches!(end.await, Ok(Parting::Untold)) {
                untold.push(source);
            }
        }
        untold
    }

    fn answer(&self, done: Done) {
        // Full only if 256 answers wait for a loop that takes them one a turn; then the words are not missed.
        let _ = self.answers_tx.try_send(Answer::Done(done));
    }

    fn blocking(&self, work: impl FnOnce() -> Done + Send + 'static) {
        let answers = self.answers_tx.clone();
        tokio::task::spawn_blocking(move || {
            let _ = answers.blocking_send(Answer::Done(work()));
        });
    }

    fn task(&self, work: impl Future<Output = Vec<Answer>> + Send + 'static) {
        let answers = self.answers_tx.clone();
        tokio::spawn(async move {
            for answer in work.await {
                let _ = answers.send(answer).await;
            }
        });
    }

    /// The way back, for what the loop starts itself.
    pub fn answers(&self) -> mpsc::Sender<Answer> {
        self.answers_tx.clone()
    }
}

fn operation(command: &Command) -> Option<crate::event::OperationId> {
    match command {
        Command::Publish(id, _) | Command::Subscribe(id, _) | Command::Unsubscribe(id, _) => Some(*id),
        Command::Watch(_) | Command::Connect | Command::Disconnect | Command::DisconnectWithWill => None,
    }
}
