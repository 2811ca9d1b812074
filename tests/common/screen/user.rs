//! What a user does: keys, the mouse, waiting.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mqttscope::app::{effect::Done, msg::Msg};

use super::{Screen, micros};

impl Screen {
    /// Presses keys: characters, and `<enter> <esc> <tab> <s-tab> <space> <up> <c-s> <pgdn> <lt>` …
    pub fn keys(mut self, keys: &str) -> Self {
        for event in parse_keys(keys) {
            self = self.msg(Msg::Key(event));
        }
        self
    }

    pub fn paste(self, text: &str) -> Self {
        self.msg(Msg::Paste(text.into()))
    }

    pub fn click(self, x: u16, y: u16) -> Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), x, y).mouse(
            MouseEventKind::Up(MouseButton::Left),
            x,
            y,
        )
    }

    /// Drags with the left button.
    pub fn drag(self, from: (u16, u16), to: (u16, u16)) -> Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1)
            .mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1)
            .mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1)
    }

    /// Turns the wheel by notches, down if positive.
    pub fn wheel(mut self, x: u16, y: u16, notches: i32) -> Self {
        let kind = if notches > 0 {
            MouseEventKind::ScrollDown
        } else {
            MouseEventKind::ScrollUp
        };
        for _ in 0..notches.abs() {
            self = self.mouse(kind, x, y);
        }
        self
    }

    fn mouse(self, kind: MouseEventKind, column: u16, row: u16) -> Self {
        // A picture was drawn before the user pointed at it.
        drop(self.picture_of_now());
        self.msg(Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    }

    pub fn resize(self, width: u16, height: u16) -> Self {
        self.msg(Msg::Resize(width, height))
    }

    /// Time passes, and the loop wakes up at its end.
    pub fn pass(mut self, seconds: f64) -> Self {
        let micros = micros(seconds);
        self.now.mono_us += micros;
        self.now.wall_us += micros as i64;
        self.msg(Msg::Tick)
    }

    pub fn done(self, done: Done) -> Self {
        self.msg(Msg::Done(done))
    }

    /// What goes on by itself (finding, a filter over older messages) goes on to its end.
    pub fn searched(mut self) -> Self {
        while self.app.is_searching() {
            self = self.msg(Msg::Search);
        }
        self
    }
}

/// `jj<enter><c-s>` → key presses.
fn parse_keys(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (event, len) = match rest.strip_prefix('<').and_then(|inside| inside.split_once('>')) {
            Some((name, _)) => (named_key(name), name.len() + 2),
            None => (
                KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE),
                first.len_utf8(),
            ),
        };
        events.push(event);
        rest = &rest[len..];
    }
    events
}

fn named_key(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    if let Some(char) = name.strip_prefix("c-") {
        return KeyEvent::new(KeyCode::Char(char.chars().next().unwrap()), KeyModifiers::CONTROL);
    }
    plain(match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "s-tab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "lt" => KeyCode::Char('<'),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "bs" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        other => panic!("no key <{other}>"),
    })
}
