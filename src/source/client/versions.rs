//! Which protocol version to try: 5 first, 3.1.1 where the broker does not know it. What worked is kept.

use crate::mqtt::{ProtocolChoice, ProtocolVersion};

/// The versions of one connection.
pub struct Versions {
    choice: ProtocolChoice,
    current: ProtocolVersion,
    /// A connection was made with `current`, or the broker refused 5 by name.
    is_settled: bool,
    /// 3.1.1 was tried because 5 was closed on without CONNACK.
    has_guessed: bool,
}

impl Versions {
    /// Nothing tried yet. An authentication method holds `auto` to 5: before it a password would be sent in clear.
    pub fn new(choice: ProtocolChoice, has_method: bool) -> Self {
        let choice = match choice {
            ProtocolChoice::Auto if has_method => ProtocolChoice::Exactly(ProtocolVersion::V5),
            choice => choice,
        };
        let (current, is_settled) = match choice {
            ProtocolChoice::Auto => (ProtocolVersion::V5, false),
            ProtocolChoice::Exactly(version) => (version, true),
        };
        Self {
            choice,
            current,
            is_settled,
            has_guessed: false,
        }
    }

    /// What to name in the next CONNECT.
    pub fn current(&self) -> ProtocolVersion {
        self.current
    }

    /// CONNACK accepted.
    pub fn on_connected(&mut self) {
        self.is_settled = true;
    }

    /// The broker refused the version; true: an older one is to be tried at once.
    pub fn on_refused(&mut self) -> bool {
        let may_fall_back = self.choice == ProtocolChoice::Auto && self.current == ProtocolVersion::V5;
        if may_fall_back {
            self.current = ProtocolVersion::V311;
            self.is_settled = true;
        }
        may_fall_back
    }

    /// Closed without CONNACK, which may be a version refusal; true: try 3.1.1 at once, which is done once.
    /// After that both versions take turns with each attempt until one works.
    pub fn on_closed_without_connack(&mut self) -> bool {
        if self.is_settled {
            return false;
        }
        self.current = match self.current {
            ProtocolVersion::V5 => ProtocolVersion::V311,
            _ => ProtocolVersion::V5,
        };
        !std::mem::replace(&mut self.has_guessed, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProtocolVersion::{V5, V311};

    #[test]
    fn auto_falls_back_once_and_remembers() {
        let mut versions = Versions::new(ProtocolChoice::Auto, false);
        assert_eq!(versions.current(), V5);
        assert!(versions.on_refused());
        assert_eq!(versions.current(), V311);
        assert!(!versions.on_refused() && !versions.on_closed_without_connack());
        assert_eq!(versions.current(), V311);
    }

    #[test]
    fn a_close_without_connack_is_answered_by_3_1_1_at_once_but_once() {
        let mut versions = Versions::new(ProtocolChoice::Auto, false);
        assert!(versions.on_closed_without_connack());
        assert_eq!(versions.current(), V311);
        assert!(!versions.on_closed_without_connack());
        assert_eq!(versions.current(), V5);
        versions.on_connected();
        assert!(!versions.on_closed_without_connack());
        assert_eq!(versions.current(), V5);
    }

    #[test]
    fn a_version_asked_for_is_kept() {
        for (choice, has_method) in [(ProtocolChoice::Exactly(V5), false), (ProtocolChoice::Auto, true)] {
            let mut versions = Versions::new(choice, has_method);
            assert!(!versions.on_refused() && !versions.on_closed_without_connack());
            assert_eq!(versions.current(), V5);
        }
    }
}
