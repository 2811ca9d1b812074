//! What the program has to say: one line at a time in the status line, gone after a while; errors stay
//! until a key is pressed.

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Done, or nothing to do.
    Info,
    /// To be looked at.
    Warn,
    /// Did not work.
    Error,
}

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// In words; may hold a peer's text: not sanitised.
    pub text: String,
    /// When it goes, mono µs; set at the first look at the clock.
    until_us: Option<u64>,
}

/// How long a notice stays, microseconds.
const STAYS_US: u64 = 5_000_000;

/// The line of notices.
#[derive(Debug, Default)]
pub struct Notices {
    current: Option<Notice>,
    /// Said since the journal last looked.
    said: Vec<(Level, String)>,
}

impl Notices {
    /// Says that something is done.
    pub fn info(&mut self, text: impl Into<String>) {
        self.say(Level::Info, text.into());
    }

    /// Says that something is well again: a warning of its trouble, still shown, would now be wrong.
    pub fn mended(&mut self, text: impl Into<String>) {
        self.current.take_if(|shown| shown.level < Level::Error);
        self.info(text);
    }

    /// Says that something wants a look.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.say(Level::Warn, text.into());
    }

    /// Says that something did not work.
    pub fn error(&mut self, text: impl Into<String>) {
        self.say(Level::Error, text.into());
    }

    /// Writes into the log only.
    pub fn log(&mut self, text: impl Into<String>) {
        self.said.push((Level::Info, text.into()));
    }

    /// What was said since the last call, shown or not.
    pub fn take_said(&mut self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.said)
    }

    fn say(&mut self, level: Level, text: String) {
        self.said.push((level, text.clone()));
        // An error that nobody has seen yet is not covered by small talk.
        if self
            .current
            .as_ref()
            .is_none_or(|shown| shown.level <= level || level != Level::Info)
        {
            self.current = Some(Notice {
                level,
                text,
                until_us: None,
            });
        }
    }

    /// What is said now.
    pub const fn current(&self) -> Option<&Notice> {
        self.current.as_ref()
    }

    /// A key was pressed: what was said has been seen.
    pub fn seen(&mut self) {
        self.current = None;
    }

    /// Lets time pass; whether something changed.
    pub fn tick(&mut self, now_us: u64) -> bool {
        let Some(notice) = &mut self.current else {
            return false;
        };
        match notice.until_us {
            None if notice.level < Level::Error => notice.until_us = Some(now_us + STAYS_US),
            Some(until) if now_us >= until => {
                self.current = None;
                return true;
            }
            _ => {}
        }
        false
    }

    /// When the line changes by time alone.
    pub fn next_change_us(&self) -> Option<u64> {
        self.current.as_ref()?.until_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mended_is_said_over_its_warning() {
        let mut notices = Notices::default();
        notices.warn("refused");
        notices.info("copied");
        assert_eq!(notices.current().map(|n| n.text.as_str()), Some("refused"));
        notices.mended("connected");
        assert_eq!(notices.current().map(|n| n.text.as_str()), Some("connected"));
    }

    #[test]
    fn notice_goes_after_a_while_and_an_error_stays() {
        let mut notices = Notices::default();
        notices.info("copied");
        assert!(!notices.tick(10));
        assert_eq!(notices.next_change_us(), Some(10 + STAYS_US));
        assert!(notices.tick(10 + STAYS_US));
        assert!(notices.current().is_none());
        notices.error("no such file");
        notices.info("copied");
        notices.tick(10);
        assert_eq!(
            notices.current().map(|n| (n.level, n.text.as_str())),
            Some((Level::Error, "no such file"))
        );
        assert_eq!(notices.next_change_us(), None);
    }
}
