//! The protocol's nouns, spelled as the OASIS standard spells them: versions, quality of service,
//! topic names and filters, reason codes, properties, application messages.
//!
//! Pure values: nothing here knows bytes on a wire (`wire`), sockets (`source`) or screens (`ui`).

mod message;
mod properties;
mod qos;
mod reason;
mod topic;
mod version;

pub use message::{Message, RetainHandling, Subscription, SubscriptionOptions, Will};
pub use properties::{Properties, Property, PropertyId, PropertyType};
pub use qos::QoS;
pub use reason::{ReasonCode, ReasonContext};
pub use topic::{TopicError, TopicFilter, TopicName, filter_matches};
pub use version::{ProtocolChoice, ProtocolVersion};
