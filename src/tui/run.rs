//! The loop.
//!
//! ```text
//! keys ──▶ update ──▶ effects ──▶ tasks, connections
//!            ▲  │                      │
//!            │  └─ dirty ─▶ draw ─▶ writer (one frame in flight)
//!            └──── batches, answers ───┘
//! ```

use std::{
    future::pending,
    io,
    time::{Duration, Instant},
};

use color_eyre::eyre::{Context, Result};
use crossterm::event::{Event, KeyEventKind};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep_until};

use super::{
    editor,
    effects::{Answer, Effects, Terminal as TerminalEffect},
    keys::Keys,
    log_file::LogFile,
    options::{Options, Summary},
    pace::Pace,
    screen::Screen,
    signals::{self, Leave},
    terminal::{self, Terminal},
    writer::Writer,
};
use crate::{
    app::{
        App, Dirty, Setup,
        effect::{Done, Effect},
        msg::Msg,
        update::update,
    },
    event::{SourceId, UNTOLD},
    source::{self, BatchReceiver, BatchSender, Clock},
    text::{Glyphs, sanitize},
};

/// Batches on their way to the loop: at 512 records each, a third of a second of the busiest broker.
const BATCHES: usize = 64;
/// Batches applied a turn (≤ 4,096 records), so that keys never wait long.
const BATCHES_A_TURN: usize = 8;
/// How long a stalled terminal may hold up the end.
const DRAIN: Duration = Duration::from_millis(300);

/// Runs the TUI until the user quits.
pub fn run(options: Options) -> Result<Summary> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let leave = signals::watch()?;
    terminal::install_panic_hook();
    let terminal = Terminal::enter(options.has_mouse)
        .context("mqttscope needs a terminal; mqttscope sub works without one")?;
    let summary =
        runtime.block_on(async { Box::pin(Loop::start(options, terminal, leave)?.turn_until_quit()).await });
    // A terminal that does not take its last bytes must not hold the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    summary
}

/// Everything the loop owns.
struct Loop {
    app: App,
    clock: Clock,
    effects: Effects,
    answers_rx: mpsc::Receiver<Answer>,
    batches_rx: BatchReceiver,
    /// Kept so that the channel never closes while no connection is open.
    _batches_tx: BatchSender,
    terminal: Terminal,
    /// `None` while an editor owns the terminal.
    keys: Option<Keys>,
    editor: Option<JoinHandle<()>>,
    writer: Writer,
    screen: Screen,
    /// Bytes for the terminal beside the picture (clipboard).
    escapes: Vec<u8>,
    pace: Pace,
    first_frame_us: Option<u64>,
    log: LogFile,
    /// Lines of the journal that are in the file.
    logged: u64,
    leave: Leave,
}

impl Loop {
    fn start(options: Options, terminal: Terminal, leave: Leave) -> Result<Self> {
        let (batches_tx, batches_rx) = source::batches(BATCHES, options.limits.in_flight);
        let clock = options.clock;
        let over_ssh = std::env::var_os("SSH_CONNECTION").is_some();
        let fps = options.fps.unwrap_or(if over_ssh { 10 } else { 30 });
        let (width, height) = crossterm::terminal::size()?;
        let (app, effects) = App::new(setup(&options, width, height));
        let log = LogFile::start(&options.paths.state, app.look.clock.clone());
        let (runner, answers_rx) = Effects::new(options, batches_tx.clone());
        let mut this = Self {
            app,
            clock,
            effects: runner,
            answers_rx,
            batches_rx,
            _batches_tx: batches_tx,
            terminal,
            keys: Some(Keys::new()),
            editor: None,
            writer: Writer::start(io::stdout())?,
            screen: Screen::new(),
            escapes: Vec::new(),
            pace: Pace::new(fps),
            first_frame_us: None,
            log,
            logged: 0,
            leave,
        };
        this.draw();
        this.start_effects(effects);
        Ok(this)
    }

    async fn turn_until_quit(mut self) -> Result<Summary> {
        let mut batches = Vec::with_capacity(BATCHES_A_TURN);
        while !self.app.quit {
            let draw_at = self.draw_at();
            let change_at = self.app.next_change_us().map(|at| self.clock.instant(at));
            let is_free = self.writer.is_free();
            let is_searching = self.app.is_searching();
            tokio::select! { biased;
                () = self.leave.asked() => self.go_at_once().await,
                event = next_event(&mut self.keys) => match event {
                    Some(Ok(event)) => self.on_event(event),
                    Some(Err(_)) | None => break, // the terminal is gone
                },
                () = at(draw_at), if is_free => self.draw(),
                () = self.writer.freed(), if !is_free => {}
                Some(answer) = self.answers_rx.recv() => self.on_answer(answer),
                count = self.batches_rx.recv_many(&mut batches, BATCHES_A_TURN) => {
                    debug_assert!(count > 0, "the loop keeps a sender");
                    self.pace.batch_came();
                    self.update(Msg::Batches(std::mem::take(&mut batches)));
                }
                () = at(change_at) => self.update(Msg::Tick),
                () = std::future::ready(()), if is_searching => self.update(Msg::Search),
            }
        }
        Ok(self.finish().await)
    }

    fn update(&mut self, msg: Msg) {
        let effects = update(&mut self.app, msg, self.clock.now());
        for entry in self.app.journal.since(self.logged) {
            self.log.write(entry);
        }
        self.logged = self.app.journal.written();
        self.start_effects(effects);
    }

    fn on_event(&mut self, event: Event) {
        let msg = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                self.pace.key_came();
                Msg::Key(key)
            }
            Event::Mouse(mouse) => Msg::Mouse(mouse),
            Event::Paste(text) => Msg::Paste(text),
            Event::Resize(width, height) => Msg::Resize(width, height),
            Event::Key(_) | Event::FocusGained | Event::FocusLost => return,
        };
        self.update(msg);
    }

    fn on_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Done(done) => {
                if matches!(done, Done::Edited(_) | Done::Failed(_))
                    && self.editor.take_if(|task| task.is_finished()).is_some()
                {
                    self.take_terminal_back();
                }
                self.update(Msg::Done(done));
            }
            Answer::Escape(bytes) => {
                self.escapes.extend(bytes);
                self.app.dirty = self.app.dirty.max(Dirty::Key);
            }
            Answer::Opened(source, profile, password) => self.effects.opened(source, *profile, password),
        }
    }

    fn start_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match self.effects.run(effect) {
                None => {}
                Some(TerminalEffect::Redraw) => self.screen.invalidate(),
                Some(TerminalEffect::Suspend) => self.suspend(),
                Some(TerminalEffect::Mouse(is_captured)) => self.set_mouse(is_captured),
                Some(TerminalEffect::Edit(text)) => self.edit(text),
            }
        }
    }

    /// When the next frame is due: at once for a key; for traffic not more often than eyes can follow.
    fn draw_at(&self) -> Option<Instant> {
        if self.editor.is_some() {
            return None;
        }
        match self.app.dirty {
            Dirty::Clean => None,
            Dirty::Key => Some(Instant::now()),
            Dirty::Traffic => Some(
                self.pace
                    .traffic_due(self.app.received(), self.writer.last_write()),
            ),
        }
    }

    fn draw(&mut self) {
        let mut frame = self.writer.buffer();
        frame.append(&mut self.escapes);
        self.app.before_draw(self.clock.now());
        self.screen.draw(&self.app, &mut frame);
        self.app.dirty = Dirty::Clean;
        if !frame.is_empty() {
            self.writer.send(frame);
        }
        self.pace.drawn(self.app.received());
        self.first_frame_us.get_or_insert_with(|| self.clock.now_us());
    }

    fn set_mouse(&mut self, is_captured: bool) {
        use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
        let queued = if is_captured {
            crossterm::queue!(self.escapes, EnableMouseCapture)
        } else {
            crossterm::queue!(self.escapes, DisableMouseCapture)
        };
        debug_assert!(queued.is_ok(), "writing into memory cannot fail");
        self.terminal.set_mouse(is_captured);
        self.update(Msg::Done(Done::MouseSet(is_captured)));
    }

    /// Gives the terminal to an editor; batches go on being applied meanwhile.
    fn edit(&mut self, text: String) {
        self.keys = None;
        terminal::restore();
        let answers = self.effects.answers();
        self.editor = Some(tokio::spawn(async move {
            let done = match editor::edit(&text).await {
                Ok(text) => Done::Edited(text),
                Err(error) => Done::Failed(error),
            };
            let _ = answers.send(Answer::Done(done)).await;
        }));
    }

    fn suspend(&mut self) {
        #[cfg(unix)]
        {
            self.keys = None;
            terminal::restore();
            // Returns when the shell says `fg`.
            let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
            self.take_terminal_back();
        }
    }

    fn take_terminal_back(&mut self) {
        let _ = self.terminal.resume();
        self.keys = Some(Keys::new());
        self.screen.invalidate();
        let (width, height) = crossterm::terminal::size().unwrap_or((80, 24));
        self.update(Msg::Done(Done::Resumed { width, height }));
    }

    /// What nobody can look up any more: brokers that were not told, publishes whose end is unknown.
    fn last_notes(&self, untold: &[SourceId]) -> Vec<String> {
        let told = |source: &SourceId| {
            let name = sanitize(self.app.connection_name(*source), Glyphs::Unicode);
            format!("{name}: {UNTOLD}")
        };
        let unknown = match self.app.unknowns.kept().len() {
            0 => None,
            1 => Some("1 publish ended unknown, and may have arrived".to_owned()),
            count => Some(format!("{count} publishes ended unknown, and may have arrived")),
        };
        untold.iter().map(told).chain(unknown).collect()
    }

    /// A signal ends the program: brokers are told, then the thread that watches for signals does the rest.
    async fn go_at_once(&mut self) {
        let untold = self.effects.shutdown().await;
        self.leave.done(self.last_notes(&untold));
        pending::<()>().await;
    }

    async fn finish(mut self) -> Summary {
        let untold = self.effects.shutdown().await;
        let mut late = Vec::new();
        while let Ok(batch) = self.batches_rx.try_recv() {
            late.push(batch);
        }
        if !late.is_empty() {
            self.update(Msg::Batches(late));
        }
        self.writer.drain(DRAIN).await;
        let notes = self.last_notes(&untold);
        let totals = self.app.model.totals();
        let stored = self.app.model.received_in_log();
        Summary {
            received: totals.rx_messages,
            stored,
            evicted: totals.rx_messages - stored,
            dropped: totals.dropped_messages,
            notes,
            sent: totals.tx_messages,
            ran_ms: self.clock.now_us() / 1000,
            frames: self.writer.frames(),
            terminal_bytes: self.writer.bytes(),
            slowest_key_us: self.pace.slowest_key().as_micros() as u64,
            first_frame_us: self.first_frame_us.unwrap_or_default(),
        }
    }
}

fn setup(options: &Options, width: u16, height: u16) -> Setup {
    // Who has profiles has been here before.
    let home = std::env::home_dir().filter(|_| options.profiles.is_empty() && options.targets.is_empty());
    Setup {
        importable: home
            .map(|home| crate::config::importable(&home))
            .unwrap_or_default(),
        width,
        height,
        now: options.clock.now(),
        profiles: options.profiles.clone(),
        targets: options.targets.clone(),
        notes: options.notes.clone(),
        themes: crate::config::theme_names(&options.paths.config),
        theme_name: options.theme_name.clone(),
        theme: options.theme.clone(),
        keys: options.keys.clone(),
        max_memory: options.max_memory,
        has_mouse: options.has_mouse,
        glyphs: options.glyphs,
        has_color: options.has_color,
    }
}

async fn next_event(keys: &mut Option<Keys>) -> Option<io::Result<Event>> {
    match keys {
        Some(keys) => keys.next().await,
        None => pending().await,
    }
}

/// A moment that is past is now: no timer is set for it, which would wake the thread that watches the timers.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) if instant <= Instant::now() => {}
        Some(instant) => sleep_until(instant.into()).await,
        None => pending().await,
    }
}
