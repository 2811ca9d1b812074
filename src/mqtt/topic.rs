//! Topic names and topic filters (MQTT 5 §4.7), with the matching rules.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use thiserror::Error;

/// The longest UTF-8 string a packet can carry.
const MAX_BYTES: usize = 65_535;

/// Why a text is no topic name or filter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopicError {
    /// MQTT-4.7.3-1.
    #[error("a topic needs at least one character (MQTT-4.7.3-1)")]
    Empty,
    /// MQTT-4.7.3-3.
    #[error("a topic may have 65,535 bytes, this one has {0} (MQTT-4.7.3-3)")]
    TooLong(usize),
    /// MQTT-4.7.3-2.
    #[error("a topic may not contain the null character (MQTT-4.7.3-2)")]
    Null,
    /// MQTT-3.3.2-2.
    #[error("a message is published to one topic: `{0}` is only for subscribing (MQTT-3.3.2-2)")]
    Wildcard(char),
    /// MQTT-4.7.1-1.
    #[error("`#` must be alone in the last level, as in `a/#` (MQTT-4.7.1-1)")]
    MultiLevelNotLast,
    /// MQTT-4.7.1-2.
    #[error("`+` must fill a whole level, as in `a/+/b` (MQTT-4.7.1-2)")]
    SingleLevelNotAlone,
    /// MQTT-4.8.2-1 and -2.
    #[error(
        "a shared subscription is written `$share/GROUP/FILTER`, and GROUP has no `/`, `+` or `#` (MQTT-4.8.2-2)"
    )]
    Share,
}

fn check_text(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(TopicError::TooLong(text.len()));
    }
    if text.contains('\0') {
        return Err(TopicError::Null);
    }
    Ok(())
}

/// A topic a message is published to: no wildcards, 1 to 65,535 bytes. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// Checks a text a user or a packet gives as a topic name.
    pub fn new(text: &str) -> Result<Self, TopicError> {
        check_text(text)?;
        match text.chars().find(|c| matches!(c, '+' | '#')) {
            Some(wildcard) => Err(TopicError::Wildcard(wildcard)),
            None => Ok(Self(text.into())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for TopicName {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for TopicName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A filter a client subscribes with: levels, `+`, `#`, and `$share/GROUP/` in front. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(Arc<str>);

impl TopicFilter {
    /// Checks a text a user or a packet gives as a topic filter.
    pub fn new(text: &str) -> Result<Self, TopicError> {
        check_text(text)?;
        let levels = match text.strip_prefix("$share/") {
            Some(shared) => match shared.split_once('/') {
                Some((group, levels))
                    if !group.is_empty() && !levels.is_empty() && !group.contains(['+', '#']) =>
                {
                    levels
                }
                _ => return Err(TopicError::Share),
            },
            None => text,
        };
        let last = levels.split('/').count() - 1;
        for (index, level) in levels.split('/').enumerate() {
            if level.contains('#') && (level != "#" || index != last) {
                return Err(TopicError::MultiLevelNotLast);
            }
            if level.contains('+') && level != "+" {
                return Err(TopicError::SingleLevelNotAlone);
            }
        }
        Ok(Self(text.into()))
    }

    /// The text, `$share/GROUP/` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The group of a shared subscription.
    pub fn share_group(&self) -> Option<&str> {
        Some(self.0.strip_prefix("$share/")?.split_once('/')?.0)
    }

    /// The filter that topics are matched against: without `$share/GROUP/`.
    pub fn levels(&self) -> &str {
        match self
            .0
            .strip_prefix("$share/")
            .and_then(|shared| shared.split_once('/'))
        {
            Some((_, levels)) => levels,
            None => &self.0,
        }
    }

    /// Whether a message to `topic` is delivered to this subscription.
    pub fn matches(&self, topic: &str) -> bool {
        filter_matches(self.levels(), topic)
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `topic` matches the levels of a valid `filter` (no `$share/`).
///
/// Wildcards in the first level do not match topics that begin with `$` (MQTT-4.7.2-1); `a/#` matches `a`.
pub fn filter_matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topic_levels = topic.split('/');
    for filter_level in filter.split('/') {
        match (filter_level, topic_levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    topic_levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, expected) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/score/wimbledon",
                true,
            ),
            ("sport/#", "sport", true),
            ("#", "a", true),
            ("#", "/a", true),
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("$SYS/#", "$SYS/a", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("a//b", "a//b", true),
            ("a/+/b", "a//b", true),
            ("a/", "a", false),
            ("a", "a/", false),
        ] {
            assert_eq!(filter_matches(filter, topic), expected, "{filter} ~ {topic}");
        }
    }

    #[test]
    fn invalid_filters_and_names_are_told_apart() {
        for (text, error) in [
            ("", TopicError::Empty),
            ("a\0b", TopicError::Null),
            ("a/#/b", TopicError::MultiLevelNotLast),
            ("a#", TopicError::MultiLevelNotLast),
            ("a+/b", TopicError::SingleLevelNotAlone),
            ("$share/g", TopicError::Share),
            ("$share//a", TopicError::Share),
            ("$share/g+/a", TopicError::Share),
        ] {
            assert_eq!(TopicFilter::new(text), Err(error), "{text}");
        }
        assert_eq!(TopicName::new("a/+"), Err(TopicError::Wildcard('+')));
        assert_eq!(
            TopicName::new(&"x".repeat(65_536)),
            Err(TopicError::TooLong(65_536))
        );
        assert!(TopicName::new("/").is_ok() && TopicFilter::new("+/+/#").is_ok());
    }

    #[test]
    fn shared_subscription_is_matched_without_its_group() {
        let filter = TopicFilter::new("$share/workers/jobs/+").unwrap();
        assert_eq!(
            (filter.share_group(), filter.levels()),
            (Some("workers"), "jobs/+")
        );
        assert!(filter.matches("jobs/1") && !filter.matches("jobs/1/2"));
    }

    /// The definition written as recursion over level lists.
    fn naive(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#"], _) => true,
            (["+", rest @ ..], [_, others @ ..]) => naive(rest, others),
            ([level, rest @ ..], [other, others @ ..]) => level == other && naive(rest, others),
            ([], []) => true,
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_naive_matcher(
            filter in prop::collection::vec(prop::sample::select(vec!["+", "a", "b", "", "$x"]), 1..6),
            hash in any::<bool>(),
            topic in prop::collection::vec(prop::sample::select(vec!["a", "b", "", "$x"]), 1..6),
        ) {
            let mut filter = filter;
            if hash { filter.push("#"); }
            let system = topic[0].starts_with('$') && matches!(filter[0], "+" | "#");
            prop_assert_eq!(filter_matches(&filter.join("/"), &topic.join("/")), !system && naive(&filter, &topic));
        }
    }
}
