//! SUBSCRIBE, UNSUBSCRIBE and their acknowledgements (MQTT 5 §3.8-3.11).

use super::{Sink, Walk, properties::Place};
use crate::{
    mqtt::{QoS, ReasonCode, RetainHandling, SubscriptionOptions, TopicError, TopicFilter},
    wire::{PacketType, Suback, Subscribe, SubscribeFilter, Unsubscribe},
};

const TOPIC_FILTER_INVALID: ReasonCode = ReasonCode(0x8F);

impl<S: Sink> Walk<'_, S> {
    /// `None` also where a filter asks for QoS 3 or retain handling 3, which no value can hold.
    pub(super) fn subscribe(&mut self) -> Option<Subscribe> {
        let packet_id = self.packet_id(self.statement("MQTT-2.2.1-3", "MQTT-2.3.1-1"))?;
        let properties = self.properties("properties", Place::Subscribe);
        self.check_any_filter(self.statement("MQTT-3.8.3-2", "MQTT-3.8.3-3"));
        let mut filters = Vec::new();
        let mut is_whole = true;
        while self.at < self.end {
            match self.group("subscription", Self::subscription) {
                Some(filter) => filters.push(filter),
                None => is_whole = false,
            }
        }
        is_whole.then_some(Subscribe {
            packet_id,
            filters,
            properties,
        })
    }

    fn subscription(&mut self) -> Option<SubscribeFilter> {
        let filter = self.filter()?;
        let offset = self.at;
        let options = self.group("subscription options", Self::options);
        let is_shared = filter.starts_with("$share/");
        if is_shared && options.is_some_and(|options| options.no_local) {
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                "a shared subscription must not set No Local (MQTT-3.8.3-4)".to_owned()
            });
        }
        Some(SubscribeFilter {
            filter,
            options: options?,
        })
    }

    fn options(&mut self) -> Option<SubscriptionOptions> {
        let offset = self.at;
        let byte = self.bit_field("subscription options")?;
        let statement = self.statement("MQTT-3.8.3-5", "MQTT-3.8.3-4");
        let reserved = self.bits("reserved", byte, if self.is_v5() { 0xc0 } else { 0xfc });
        if reserved != 0 {
            self.violation_since_311(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("the reserved bits of the subscription options must be 0 ({statement})")
            });
        }
        let mut options = SubscriptionOptions::default();
        let mut is_whole = true;
        if self.is_v5() {
            let handling = RetainHandling::from_bits(self.bits("retain handling", byte, 0x30));
            is_whole = handling.is_some();
            options.retain_handling = handling.unwrap_or_default();
            if !is_whole {
                self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                    "retain handling must not be 3 (MQTT 5 §3.8.3.1)".to_owned()
                });
            }
            options.retain_as_published = self.flag("retain as published", byte, 0x08);
            options.no_local = self.flag("no local", byte, 0x04);
        }
        if let Some(qos) = QoS::from_bits(self.bits("maximum QoS", byte, 0x03)) {
            options.qos = qos;
        } else {
            is_whole = false;
            let section = self.statement("MQTT 5 §3.8.3.1", "MQTT-3.8.3-4");
            self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("the QoS of a subscription must not be 3 ({section})")
            });
        }
        is_whole.then_some(options)
    }

    fn filter(&mut self) -> Option<String> {
        let offset = self.at;
        let filter = self.text("topic filter")?;
        match TopicFilter::new(&filter) {
            // The text itself has already been complained of.
            Ok(_) | Err(TopicError::Null | TopicError::TooLong(_)) => {}
            // Shared subscriptions came with 5; before, `$share` is a level like others.
            Err(TopicError::Share) if !self.is_v5() => {}
            Err(error) => self.violation(offset, TOPIC_FILTER_INVALID, || error.to_string()),
        }
        Some(filter)
    }

    fn check_any_filter(&mut self, statement: &'static str) {
        if self.at == self.end {
            self.violation(self.at, ReasonCode::PROTOCOL_ERROR, || {
                format!("at least one topic filter is needed ({statement})")
            });
        }
    }

    pub(super) fn unsubscribe(&mut self) -> Option<Unsubscribe> {
        let packet_id = self.packet_id(self.statement("MQTT-2.2.1-3", "MQTT-2.3.1-1"))?;
        let properties = self.properties("properties", Place::Unsubscribe);
        self.check_any_filter("MQTT-3.10.3-2");
        let mut filters = Vec::new();
        while self.at < self.end {
            filters.push(self.filter()?);
        }
        Some(Unsubscribe {
            packet_id,
            filters,
            properties,
        })
    }

    /// SUBACK or UNSUBACK: a code a filter; UNSUBACK has none before 5.
    pub(super) fn suback(&mut self, packet_type: PacketType) -> Option<Suback> {
        let packet_id = self.packet_id(self.statement("MQTT-2.2.1-6", "MQTT-2.3.1-7"))?;
        let properties = self.properties("properties", Place::Ack);
        let mut codes = Vec::new();
        if self.is_v5() || packet_type == PacketType::Suback {
            self.check_any_code(packet_type);
            while self.at < self.end {
                codes.push(self.reason(packet_type)?);
            }
        }
        Some(Suback {
            packet_id,
            codes,
            properties,
        })
    }

    fn check_any_code(&mut self, packet_type: PacketType) {
        if self.at == self.end {
            let statement = match packet_type {
                PacketType::Unsuback => "MQTT-3.11.3-1",
                _ => self.statement("MQTT-3.8.4-6", "MQTT-3.8.4-5"),
            };
            self.violation(self.at, ReasonCode::PROTOCOL_ERROR, || {
                format!("{} carries no code ({statement})", packet_type.name())
            });
        }
    }
}
