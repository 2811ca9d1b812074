//! SUBSCRIBE and UNSUBSCRIBE of one client (MQTT 5 §3.8 to §3.11): each filter is answered by itself.

use super::{
    connection::{Connection, Ending},
    exchange::Request,
    link::TOPIC_FILTER_INVALID,
};
use crate::{
    mqtt::{ProtocolVersion, ReasonCode, Subscription, TopicFilter},
    wire::{Packet, Suback, Subscribe, Unsubscribe},
};

impl Connection {
    pub(super) async fn on_subscribe(&mut self, subscribe: Subscribe) -> Result<(), Ending> {
        let checked: Vec<_> = subscribe
            .filters
            .iter()
            .map(|wanted| {
                check_filter(&wanted.filter).map(|filter| Subscription::new(filter, wanted.options))
            })
            .collect();
        let (session, subscriptions) = (self.key, checked.iter().flatten().cloned().collect());
        let identifier = subscribe.properties.subscription_identifiers().next();
        let granted = self
            .ask(|codes| Request::Subscribe {
                session,
                subscriptions,
                identifier,
                codes,
            })
            .await?;
        let mut granted = granted.into_iter();
        let codes = checked
            .into_iter()
            .map(|checked| match checked {
                Ok(_) => granted.next().unwrap_or(ReasonCode::UNSPECIFIED),
                Err(code) => code,
            })
            .map(|code| self.suback_code(code))
            .collect();
        self.link.queue(&Packet::Suback(Suback {
            packet_id: subscribe.packet_id,
            codes,
            ..Suback::default()
        }));
        Ok(())
    }

    /// Before MQTT 5 there is one code for every failure.
    fn suback_code(&self, code: ReasonCode) -> ReasonCode {
        match self.link.version {
            ProtocolVersion::V5 => code,
            _ if code.0 >= 0x80 => ReasonCode::UNSPECIFIED,
            _ => code,
        }
    }

    pub(super) async fn on_unsubscribe(&mut self, unsubscribe: Unsubscribe) -> Result<(), Ending> {
        let (session, filters) = (self.key, unsubscribe.filters);
        let codes = self
            .ask(|codes| Request::Unsubscribe {
                session,
                filters,
                codes,
            })
            .await?;
        self.link.queue(&Packet::Unsuback(Suback {
            packet_id: unsubscribe.packet_id,
            codes,
            ..Suback::default()
        }));
        Ok(())
    }
}

fn check_filter(text: &str) -> Result<TopicFilter, ReasonCode> {
    TopicFilter::new(text).map_err(|_| TOPIC_FILTER_INVALID)
}
