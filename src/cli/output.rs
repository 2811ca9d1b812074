//! What a verb prints, gathered until it is written: the fields of a message in their widths, and what came from
//! the network made visible where a terminal reads it. Knows nothing of when it is written.

use std::cell::OnceCell;

use jiff::{
    Timestamp, Zoned,
    fmt::strtime::{BrokenDownTime, Config, PosixCustom},
    tz::TimeZone,
};

use super::{
    format::{Field, Layout, NotJson},
    json,
    shown::Shown,
};
use crate::text::{self, Glyphs};

/// Gathered bytes.
pub struct Output {
    /// As they will be written.
    pub bytes: Vec<u8>,
    /// A terminal reads it.
    glyphs: Option<Glyphs>,
    times: Times,
}

impl Output {
    /// Nothing yet. With `glyphs` (a terminal reads it) what comes from the network is made visible.
    pub fn new(glyphs: Option<Glyphs>) -> Self {
        Self {
            bytes: Vec::new(),
            glyphs,
            times: Times::default(),
        }
    }

    /// Bytes of the network, as they came or visible.
    pub fn network(&mut self, bytes: &[u8]) {
        match self.glyphs {
            Some(glyphs) => self
                .bytes
                .extend_from_slice(text::sanitize_bytes(bytes, glyphs).as_bytes()),
            None => self.bytes.extend_from_slice(bytes),
        }
    }

    /// A conversion of strftime, in the system's time zone.
    pub fn time(&mut self, conversion: &str, wall_us: i64) {
        let text = self.times.text(conversion, wall_us);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Nanoseconds within the second, nine digits.
    pub fn nanoseconds(&mut self, wall_us: i64) {
        let mut digits = itoa::Buffer::new();
        // A ten digit number without its first digit.
        let with_one = digits.format(1_000_000_000 + wall_us.rem_euclid(1_000_000) * 1000);
        self.bytes
            .extend_from_slice(with_one.get(1..).unwrap_or_default().as_bytes());
    }

    /// A field of a message.
    pub fn field(&mut self, field: Field, layout: Layout, shown: &Shown<'_>) -> Result<(), NotJson> {
        match field {
            Field::Topic => self.text(shown.topic, layout),
            Field::Payload => self.padded(shown.payload, layout),
            Field::Length => self.number(Some(shown.payload_len), layout),
            Field::PacketId => self.number(Some(shown.packet_id), layout),
            Field::Qos => self.bytes.push(b'0' + shown.qos.as_u8()),
            Field::Retain => self.bytes.push(b'0' + u8::from(shown.retain)),
            Field::IsoTime => {
                let iso = self.times.text("%Y-%m-%dT%H:%M:%S%z", shown.wall_us).to_owned();
                self.text(&iso, layout);
            }
            Field::UnixTime => {
                let seconds = shown.wall_us.div_euclid(1_000_000);
                let mut digits = itoa::Buffer::new();
                self.bytes.extend_from_slice(digits.format(seconds).as_bytes());
                self.bytes.push(b'.');
                self.nanoseconds(shown.wall_us);
            }
            Field::HexLower => self.hex(shown.payload, layout, b'a'),
            Field::HexUpper => self.hex(shown.payload, layout, b'A'),
            Field::Json | Field::JsonInline => return self.json(field, shown),
            _ => self.property(field, layout, shown),
        }
        Ok(())
    }

    /// A field that only MQTT 5 has.
    fn property(&mut self, field: Field, layout: Layout, shown: &Shown<'_>) {
        let properties = shown.properties();
        match field {
            Field::ContentType => self.text(properties.content_type().unwrap_or_default(), layout),
            Field::ResponseTopic => self.text(properties.response_topic().unwrap_or_default(), layout),
            Field::TopicAlias => self.number(properties.topic_alias(), layout),
            Field::Expiry => self.number(properties.message_expiry_interval(), layout),
            Field::PayloadFormat => self.number(properties.payload_format_indicator(), layout),
            Field::SubscriptionIdentifier => {
                self.number(properties.subscription_identifiers().next(), layout);
            }
            Field::CorrelationData => self.network(properties.correlation_data().unwrap_or_default()),
            Field::UserProperties => self.user_properties(shown),
            _ => debug_assert!(false, "{field:?} is no property"),
        }
    }

    fn user_properties(&mut self, shown: &Shown<'_>) {
        for (index, (key, value)) in shown.properties().user_properties().enumerate() {
            if index > 0 {
                self.bytes.push(b' ');
            }
            self.network(key.as_bytes());
            self.bytes.push(b':');
            self.network(value.as_bytes());
        }
    }

    /// JSON stays JSON: what a terminal must not see becomes `\uXXXX` inside its strings.
    fn json(&mut self, field: Field, shown: &Shown<'_>) -> Result<(), NotJson> {
        let start = self.bytes.len();
        let time = self.times.text(json::TIME, shown.wall_us);
        if field == Field::Json {
            json::escaped(&mut self.bytes, shown, time);
        } else {
            json::inline(&mut self.bytes, shown, time).ok_or(NotJson)?;
        }
        if self.glyphs.is_some() {
            let raw = self.bytes.split_off(start);
            let visible = json::visible(&String::from_utf8_lossy(&raw));
            self.bytes.extend_from_slice(visible.as_bytes());
        }
        Ok(())
    }

    fn text(&mut self, value: &str, layout: Layout) {
        let cut = match layout.max {
            Some(max) => value
                .char_indices()
                .nth(max)
                .and_then(|(end, _)| value.get(..end))
                .unwrap_or(value),
            None => value,
        };
        let padding = match layout.width {
            0 => 0,
            width => width.saturating_sub(cut.chars().count()),
        };
        self.pad(b' ', if layout.is_left { 0 } else { padding });
        self.network(cut.as_bytes());
        self.pad(b' ', if layout.is_left { padding } else { 0 });
    }

    /// A number that may be absent: then its field is blank (or zeros, as mosquitto has it).
    fn number(&mut self, value: Option<impl itoa::Integer>, layout: Layout) {
        let mut digits = itoa::Buffer::new();
        let digits = value.map_or("", |value| digits.format(value));
        let layout = Layout {
            width: layout.width.max(digits.len()),
            ..layout
        };
        self.padded(digits.as_bytes(), layout);
    }

    /// A width cuts a payload, too: that is what mosquitto does with it.
    fn padded(&mut self, bytes: &[u8], layout: Layout) {
        let kept = match layout.width {
            0 => bytes,
            width => bytes.get(..width).unwrap_or(bytes),
        };
        let padding = layout.width.saturating_sub(kept.len());
        let filler = if layout.has_zeros { b'0' } else { b' ' };
        self.pad(filler, if layout.is_left { 0 } else { padding });
        self.network(kept);
        self.pad(b' ', if layout.is_left { padding } else { 0 });
    }

    /// Two digits a byte; `ten` is the digit behind 9.
    fn hex(&mut self, payload: &[u8], layout: Layout, ten: u8) {
        let kept = match layout.width {
            0 => payload,
            width => payload.get(..width / 2).unwrap_or(payload),
        };
        let padding = layout.width.saturating_sub(2 * kept.len());
        let filler = if layout.has_zeros { b'0' } else { b' ' };
        self.pad(filler, if layout.is_left { 0 } else { padding });
        let start = self.bytes.len();
        self.bytes.resize(start + 2 * kept.len(), 0);
        let (places, _) = self
            .bytes
            .get_mut(start..)
            .unwrap_or_default()
            .as_chunks_mut::<2>();
        for (place, byte) in places.iter_mut().zip(kept) {
            *place = [digit(byte >> 4, ten), digit(byte & 15, ten)];
        }
        self.pad(b' ', if layout.is_left { padding } else { 0 });
    }

    fn pad(&mut self, with: u8, count: usize) {
        self.bytes.resize(self.bytes.len() + count, with);
    }
}

const fn digit(value: u8, ten: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        ten + value - 10
    }
}

/// Parts of one moment in words. A time zone and strftime cost more than all the rest of a message, and the
/// messages of one read share their time: what was written for it is kept.
#[derive(Default)]
struct Times {
    zone: OnceCell<TimeZone>,
    wall_us: i64,
    zoned: OnceCell<Zoned>,
    /// A conversion and what it gives.
    texts: Vec<(String, String)>,
}

impl Times {
    fn text(&mut self, conversion: &str, wall_us: i64) -> &str {
        if self.wall_us != wall_us {
            self.wall_us = wall_us;
            self.zoned.take();
            self.texts.clear();
        }
        let known = self.texts.iter().position(|(known, _)| known == conversion);
        let index = known.unwrap_or_else(|| {
            let zone = self.zone.get_or_init(text::system_zone);
            let zoned = self.zoned.get_or_init(|| {
                let timestamp = Timestamp::from_microsecond(wall_us).unwrap_or_default();
                timestamp.to_zoned(zone.clone())
            });
            let text = in_words(conversion, zoned).unwrap_or_default();
            self.texts.push((conversion.to_owned(), text));
            self.texts.len() - 1
        });
        self.texts.get(index).map_or("", |(_, text)| text)
    }
}

fn in_words(conversion: &str, zoned: &Zoned) -> Option<String> {
    let config = Config::new().custom(PosixCustom::new());
    BrokenDownTime::from(zoned)
        .to_string_with_config(&config, conversion)
        .ok()
}

/// Whether strftime knows it.
pub fn is_part_of_time(conversion: &str) -> bool {
    in_words(conversion, &Zoned::default()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_follows_the_messages() {
        let mut output = Output::new(None);
        for wall_us in [0, 0, 61_000_000, 61_000_001, 0] {
            output.time("%M:%S", wall_us);
            output.time("%f", wall_us);
            output.nanoseconds(wall_us);
            output.bytes.push(b' ');
        }
        assert_eq!(
            String::from_utf8_lossy(&output.bytes),
            "00:000000000000 00:000000000000 01:010000000000 01:01000001000001000 00:000000000000 "
        );
    }
}
