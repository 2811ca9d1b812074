//! A live connection as the headless verbs use it: connected once or given up, then one batch at a time.

use super::{
    Failure, prompt,
    talk::{PacketTalk, say},
};
use crate::{
    config::{self, PasswordSource, Paths, Profile},
    event::{self, Batch, Command, ConnectionState, OperationId, Record, SourceId, UNTOLD},
    source::{self, BatchReceiver, ClientHandle, Clock, Limits, Parting, net, spawn},
};

/// Batches that may wait, as everywhere: 64 of 512 records.
const BATCHES: usize = 64;

/// A connection and what it sends.
pub struct Link {
    handle: ClientHandle,
    batches: BatchReceiver,
    talk: Option<PacketTalk>,
    broker: String,
    clock: Clock,
    operations: u64,
    /// The batch that told of the connection: a resumed session's messages may be in it.
    first: Option<Batch>,
}

impl Link {
    /// Connects, or says why not. Subscriptions of the profile are not made: verbs say what they want.
    pub async fn connect(
        profile: Profile,
        paths: &Paths,
        limits: Limits,
        is_debug: bool,
    ) -> Result<Self, Failure> {
        let (link, _) = Self::connect_first(profile, paths, limits, is_debug).await?;
        Ok(link)
    }

    /// The same for the first of several connections: with the profile that made it, which has the password that
    /// was asked for.
    pub async fn connect_first(
        profile: Profile,
        paths: &Paths,
        limits: Limits,
        is_debug: bool,
    ) -> Result<(Self, Profile), Failure> {
        let profile = unlock(profile, paths).await?;
        let mut link = Self::open(profile.clone(), paths, limits, is_debug).await?;
        let Some(refusal) = link.until_connected().await? else {
            return Ok((link, profile));
        };
        let Some(asking) = with_password(profile, &refusal).await? else {
            return Err(link.not_connected(&refusal));
        };
        link.close().await;
        let mut link = Self::open(asking.clone(), paths, limits, is_debug).await?;
        match link.until_connected().await? {
            Some(refusal) => Err(link.not_connected(&refusal)),
            None => Ok((link, asking)),
        }
    }

    /// Begins to connect; how that goes is told by the batches.
    pub async fn open(
        mut profile: Profile,
        paths: &Paths,
        limits: Limits,
        is_debug: bool,
    ) -> Result<Self, Failure> {
        profile = unlock(profile, paths).await?;
        let password = match &profile.password {
            PasswordSource::Memory(secret) => Some(secret.clone()),
            _ => None,
        };
        profile.subscriptions.clear();
        let broker = profile.url.to_string();
        let (batches_tx, batches) = source::batches(BATCHES, limits.in_flight);
        let clock = Clock::start();
        let handle = spawn(SourceId(0), profile, password, limits, clock, batches_tx);
        Ok(Self {
            handle,
            batches,
            talk: is_debug.then(PacketTalk::default),
            broker,
            clock,
            operations: 0,
            first: None,
        })
    }

    /// Waits for CONNACK; `Some`: why it did not come or refused.
    async fn until_connected(&mut self) -> Result<Option<event::Failure>, Failure> {
        while let Some(batch) = self.next().await {
            for record in &batch.records {
                if let Record::Status(status) = record {
                    match &status.state {
                        ConnectionState::Connected(_) => {
                            self.first = Some(batch);
                            return Ok(None);
                        }
                        ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
                            return Ok(Some(failure.clone()));
                        }
                        ConnectionState::Idle | ConnectionState::Connecting { .. } => {}
                    }
                }
            }
        }
        Err(Failure::error("the connection ended without a word"))
    }

    /// In words, with the broker's address and what to try.
    pub fn not_connected(&self, failure: &event::Failure) -> Failure {
        Failure::refused(visible(&format!("{}: {}", self.broker, in_words(failure))))
    }

    /// The next batch; `None` when the connection is over. Safe to drop while it waits.
    pub async fn next(&mut self) -> Option<Batch> {
        if let Some(batch) = self.first.take() {
            return Some(batch);
        }
        let batch = self.batches.recv().await?;
        if let Some(talk) = &mut self.talk {
            talk.batch(&batch);
        }
        Some(batch)
    }

    /// Now, on the clock of the batches.
    pub fn now_us(&self) -> u64 {
        self.clock.now_us()
    }

    /// Whether nothing waits to be taken.
    pub fn is_idle(&self) -> bool {
        self.first.is_none() && self.batches.is_empty()
    }

    /// Asks for something under a new id.
    pub async fn ask(
        &mut self,
        command: impl FnOnce(OperationId) -> Command,
    ) -> Result<OperationId, Failure> {
        self.operations += 1;
        let id = OperationId(self.operations);
        self.handle.send(command(id)).await.map_err(Failure::error)?;
        Ok(id)
    }

    /// Closes the socket without DISCONNECT.
    pub async fn kill(self) {
        self.handle.kill().await;
    }

    /// Says DISCONNECT with which the broker publishes the will, and ends.
    pub async fn close_with_will(self) -> Result<(), Failure> {
        let leave = Command::DisconnectWithWill;
        self.handle.send(leave).await.map_err(Failure::error)?;
        self.close().await;
        Ok(())
    }

    /// Says DISCONNECT and ends.
    pub async fn close(self) {
        let Self {
            handle,
            mut batches,
            mut talk,
            ..
        } = self;
        if handle.shutdown().await == Parting::Untold {
            say(UNTOLD);
        }
        while let (Some(talk), Ok(batch)) = (&mut talk, batches.try_recv()) {
            talk.batch(&batch);
        }
    }
}

/// The profile with a password that was asked for: where the broker refused a user for whom nothing says one.
/// `None`: it was refused for something else, or there is nobody to ask.
pub async fn with_password(
    mut profile: Profile,
    refusal: &event::Failure,
) -> Result<Option<Profile>, Failure> {
    let Some(user) = profile.username.as_deref() else {
        return Ok(None);
    };
    if profile.password != PasswordSource::None || !refusal.is_about_credentials() {
        return Ok(None);
    }
    let question = format!("password of {user} at {}", profile.url);
    let typed = prompt::secret(&question).await?;
    Ok(typed.map(|secret| {
        profile.password = PasswordSource::Memory(secret);
        profile
    }))
}

/// Fetches every secret a connection needs, and asks where only the user knows it. Needs nothing more then:
/// the profile can connect several times.
async fn unlock(mut profile: Profile, paths: &Paths) -> Result<Profile, Failure> {
    let folders = paths.clone();
    let resolving = tokio::task::spawn_blocking(move || {
        config::resolve_secrets(&folders, &mut profile).map(|password| (profile, password))
    });
    let (mut profile, password) = resolving.await.map_err(Failure::error)?.map_err(Failure::error)?;
    profile.password = password.map_or(PasswordSource::None, PasswordSource::Memory);
    ask_for_key(&mut profile).await?;
    ask_for_proxy(&mut profile).await?;
    Ok(profile)
}

/// The password of an encrypted key, where nothing else says it. Without a terminal the connection's own failure
/// tells what to set.
async fn ask_for_key(profile: &mut Profile) -> Result<(), Failure> {
    let key = if profile.url.scheme.is_tls() {
        net::key_that_wants_password(&profile.tls)
    } else {
        None
    };
    if let Some(path) = key
        && let Some(secret) = prompt::secret(&format!("password of the key {}", path.display())).await?
    {
        profile.tls.key_password = PasswordSource::Memory(secret);
    }
    Ok(())
}

/// The password of a proxy's user, likewise.
async fn ask_for_proxy(profile: &mut Profile) -> Result<(), Failure> {
    if let Some(proxy) = &mut profile.proxy
        && proxy.username.is_some()
        && proxy.password == PasswordSource::None
        && let Some(secret) = prompt::secret(&format!("password for the proxy {proxy}")).await?
    {
        proxy.password = PasswordSource::Memory(secret);
    }
    Ok(())
}

/// `DNS: no such host; check the name`.
pub fn in_words(failure: &event::Failure) -> String {
    let phase = failure
        .phase
        .map_or_else(String::new, |phase| format!("{}: ", phase.name()));
    let advice = if failure.advice.is_empty() {
        String::new()
    } else {
        format!("; {}", failure.advice)
    };
    format!("{phase}{}{advice}", failure.what)
}

/// What a peer said, safe for stderr.
pub fn visible(text: &str) -> String {
    crate::text::sanitize(text, crate::text::Glyphs::Unicode).into_owned()
}
