//! MQTT 5 properties (§2.2.2): an ordered list, as on the wire, so that nothing a peer sent is lost.

use std::fmt;

/// How a property's value is written on the wire (MQTT 5 §2.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyType {
    /// One byte.
    Byte,
    /// Two bytes, big endian.
    TwoByteInteger,
    /// Four bytes, big endian.
    FourByteInteger,
    /// One to four bytes, seven bits each.
    VariableByteInteger,
    /// Two-byte length, UTF-8.
    Utf8String,
    /// Two-byte length, bytes.
    BinaryData,
    /// Two UTF-8 strings.
    Utf8StringPair,
}

macro_rules! properties {
    ($($id:literal $name:ident $text:literal $kind:ident $value:ty;)*) => {
        /// The identifier of a property (MQTT 5 table 2-4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the standard's own")]
        #[repr(u8)]
        pub enum PropertyId { $($name = $id,)* }

        impl PropertyId {
            /// Every property the standard defines, by identifier.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// From the identifier on the wire; `None` for one the standard does not define.
            pub const fn from_u8(id: u8) -> Option<Self> {
                match id { $($id => Some(Self::$name),)* _ => None }
            }

            /// The standard's name, in lower case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How its value is written.
            pub const fn value_type(self) -> PropertyType {
                match self { $(Self::$name => PropertyType::$kind,)* }
            }
        }

        /// One property with its value. Its `Debug` shows no authentication data.
        #[derive(Clone, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the standard's own")]
        pub enum Property { $($name($value),)* }

        impl Property {
            /// Its identifier.
            pub const fn id(&self) -> PropertyId {
                match self { $(Self::$name(_) => PropertyId::$name,)* }
            }
        }

        impl fmt::Debug for Property {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if let Self::AuthenticationData(_) = self {
                    return f.write_str("AuthenticationData(***)");
                }
                match self {
                    $(Self::$name(value) => f.debug_tuple(stringify!($name)).field(value).finish(),)*
                }
            }
        }
    };
}

properties! {
    1 PayloadFormatIndicator "payload format indicator" Byte u8;
    2 MessageExpiryInterval "message expiry interval" FourByteInteger u32;
    3 ContentType "content type" Utf8String String;
    8 ResponseTopic "response topic" Utf8String String;
    9 CorrelationData "correlation data" BinaryData Vec<u8>;
    11 SubscriptionIdentifier "subscription identifier" VariableByteInteger u32;
    17 SessionExpiryInterval "session expiry interval" FourByteInteger u32;
    18 AssignedClientIdentifier "assigned client identifier" Utf8String String;
    19 ServerKeepAlive "server keep alive" TwoByteInteger u16;
    21 AuthenticationMethod "authentication method" Utf8String String;
    22 AuthenticationData "authentication data" BinaryData Vec<u8>;
    23 RequestProblemInformation "request problem information" Byte u8;
    24 WillDelayInterval "will delay interval" FourByteInteger u32;
    25 RequestResponseInformation "request response information" Byte u8;
    26 ResponseInformation "response information" Utf8String String;
    28 ServerReference "server reference" Utf8String String;
    31 ReasonString "reason string" Utf8String String;
    33 ReceiveMaximum "receive maximum" TwoByteInteger u16;
    34 TopicAliasMaximum "topic alias maximum" TwoByteInteger u16;
    35 TopicAlias "topic alias" TwoByteInteger u16;
    36 MaximumQoS "maximum QoS" Byte u8;
    37 RetainAvailable "retain available" Byte u8;
    38 UserProperty "user property" Utf8StringPair (String, String);
    39 MaximumPacketSize "maximum packet size" FourByteInteger u32;
    40 WildcardSubscriptionAvailable "wildcard subscription available" Byte u8;
    41 SubscriptionIdentifierAvailable "subscription identifier available" Byte u8;
    42 SharedSubscriptionAvailable "shared subscription available" Byte u8;
}

impl fmt::Display for PropertyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The properties of one packet (or will), in the order of the wire, repetitions included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties(pub Vec<Property>);

macro_rules! accessors {
    ($($(#[$doc:meta])* $method:ident $name:ident $out:ty, $value:ident => $read:expr;)*) => {
        $($(#[$doc])* pub fn $method(&self) -> Option<$out> {
            self.0.iter().find_map(|property| match property { Property::$name($value) => Some::<$out>($read), _ => None })
        })*
    };
}

impl Properties {
    /// No properties, as a constant.
    pub const NONE: Self = Self(Vec::new());

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one behind the others.
    pub fn push(&mut self, property: Property) {
        self.0.push(property);
    }

    /// Adds one in place of any of its kind; user properties, which may repeat, are added to.
    pub fn set(&mut self, property: Property) {
        if property.id() != PropertyId::UserProperty {
            self.0.retain(|before| before.id() != property.id());
        }
        self.0.push(property);
    }

    /// The first of its kind.
    pub fn get(&self, id: PropertyId) -> Option<&Property> {
        self.0.iter().find(|property| property.id() == id)
    }

    /// The user properties, in order.
    pub fn user_properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|property| match property {
            Property::UserProperty((key, value)) => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// The subscription identifiers, in order (a PUBLISH may carry several, MQTT-3.3.4-4).
    pub fn subscription_identifiers(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter_map(|property| match property {
            Property::SubscriptionIdentifier(id) => Some(*id),
            _ => None,
        })
    }

    accessors! {
        /// Seconds a message may wait in the server.
        message_expiry_interval MessageExpiryInterval u32, v => *v;
        /// 1: the payload is UTF-8.
        payload_format_indicator PayloadFormatIndicator u8, v => *v;
        /// The payload's media type.
        content_type ContentType &str, v => v;
        /// Where a reply goes.
        response_topic ResponseTopic &str, v => v;
        /// What a reply repeats.
        correlation_data CorrelationData &[u8], v => v;
        /// Seconds the session outlives the connection.
        session_expiry_interval SessionExpiryInterval u32, v => *v;
        /// The id the server chose.
        assigned_client_identifier AssignedClientIdentifier &str, v => v;
        /// How client and server prove themselves.
        authentication_method AuthenticationMethod &str, v => v;
        /// A step of that method: a secret.
        authentication_data AuthenticationData &[u8], v => v;
        /// Where a client's responses may go, in the server's own words.
        response_information ResponseInformation &str, v => v;
        /// Seconds; replaces the client's keep alive.
        server_keep_alive ServerKeepAlive u16, v => *v;
        /// Seconds between the loss of a client and its will.
        will_delay_interval WillDelayInterval u32, v => *v;
        /// Another server to use.
        server_reference ServerReference &str, v => v;
        /// A diagnosis in words.
        reason_string ReasonString &str, v => v;
        /// How many QoS 1 and 2 publishes may be unacknowledged.
        receive_maximum ReceiveMaximum u16, v => *v;
        /// The highest topic alias the sender accepts.
        topic_alias_maximum TopicAliasMaximum u16, v => *v;
        /// 0: reason strings and user properties only where they are part of the message or the end.
        request_problem_information RequestProblemInformation u8, v => *v;
        /// The number that stands for a topic.
        topic_alias TopicAlias u16, v => *v;
        /// The highest QoS the server takes.
        maximum_qos MaximumQoS u8, v => *v;
        /// 0: the server keeps no retained messages.
        retain_available RetainAvailable u8, v => *v;
        /// The largest packet the sender accepts, bytes.
        maximum_packet_size MaximumPacketSize u32, v => *v;
        /// 0: the server takes no `+` and `#`.
        wildcard_subscription_available WildcardSubscriptionAvailable u8, v => *v;
        /// 0: the server takes no subscription identifiers.
        subscription_identifier_available SubscriptionIdentifierAvailable u8, v => *v;
        /// 0: the server takes no `$share/`.
        shared_subscription_available SharedSubscriptionAvailable u8, v => *v;
    }
}

impl FromIterator<Property> for Properties {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        Self(properties.into_iter().collect())
    }
}
