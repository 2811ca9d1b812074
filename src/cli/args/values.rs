//! Values of flags, checked; clap puts flag and value in front of each error.

use crate::mqtt::{QoS, TopicFilter, TopicName};

/// A TCP port to connect to.
pub fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| "use 1 to 65535".into())
}

/// How many, at least one.
pub fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count != 0);
    count.ok_or_else(|| "use a whole number from 1".into())
}

/// Frames a second.
pub fn fps(text: &str) -> Result<u8, String> {
    let fps = text.parse().ok().filter(|fps| (1..=120).contains(fps));
    fps.ok_or_else(|| "use 1 to 120".into())
}

/// Seconds as CONNECT carries them.
pub fn keep_alive(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "use 0 (off) to 65535 seconds".into())
}

/// Seconds a session outlives its connection; the largest number means for ever.
pub fn session_expiry(text: &str) -> Result<u32, String> {
    crate::config::session_expiry(text).map_err(|_| "use 0 to 4294967294 seconds, 1h, or -1 for ever".into())
}

/// A command line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

/// A command with its arguments.
pub fn command(text: &str) -> Result<Words, String> {
    let words = crate::text::split_words(text).ok_or("a quote is not closed")?;
    if words.is_empty() {
        return Err("names no command".into());
    }
    Ok(Words(words))
}

/// Whole seconds as a property of four bytes carries them.
pub fn seconds(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "use 0 to 4294967295 whole seconds".into())
}

/// Quality of service.
pub fn qos(text: &str) -> Result<QoS, String> {
    let bits = text.parse().ok();
    bits.and_then(QoS::from_bits)
        .ok_or_else(|| "use 0, 1 or 2".into())
}

/// A topic filter.
pub fn topic_filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::new(text).map_err(|error| error.to_string())
}

/// A topic to publish to.
pub fn topic_name(text: &str) -> Result<TopicName, String> {
    TopicName::new(text).map_err(|error| error.to_string())
}
