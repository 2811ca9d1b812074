//! The command line as clap reads it: mosquitto's flag names and meanings first, so `-h` is the host.
//!
//! Only shapes and words; what they mean together is [`super::target`]'s and the verbs' business.

mod about;
mod broker;
mod diagnosis;
mod property;
mod transport;
mod values;
mod verbs;

use std::path::PathBuf;

use clap::{ArgAction, Args, builder::TypedValueParser};

use crate::{
    config::{self, Secret},
    mqtt::{ProtocolChoice, QoS, TopicName},
    text,
};
pub use about::{AddArgs, CompletionsArgs, ManArgs, ProfilesArgs, VersionArgs};
pub use broker::BrokerArgs;
pub use diagnosis::{DoctorArgs, WillTestArgs};
pub use property::{PacketProperty, SEPARATOR, words_of};
pub use transport::{Preset, TlsArgs, WayArgs, WebSocketArgs};
use values::{Words, command, fps, keep_alive, port, qos, session_expiry, topic_name};
pub use verbs::{ConfigArgs, DemoArgs, PubArgs, SourceArgs, SubArgs, TuiArgs};

const CONNECTION: &str = "Connection";
const LIMITS: &str = "Limits";
const SCREEN: &str = "Screen";
const GENERAL: &str = "General";

/// Flags of every verb.
#[derive(Debug, Clone, Args, Default)]
pub struct GeneralArgs {
    /// Take profiles, themes, settings and keys from DIR
    #[arg(long, value_name = "DIR", env = "MQTTSCOPE_CONFIG", hide_env = true, help_heading = GENERAL)]
    pub config: Option<PathBuf>,
    /// Print help (also a bare -h)
    #[arg(short = '?', long, action = ArgAction::Help, help_heading = GENERAL)]
    help: Option<bool>,
    /// Print the version
    #[arg(long, action = ArgAction::Version, help_heading = GENERAL)]
    version: Option<bool>,
}

/// Which broker, as whom.
#[derive(Debug, Clone, Args, Default)]
pub struct ConnectionArgs {
    /// The broker's host name or address [default: localhost]
    #[arg(short = 'h', long, value_name = "HOST", help_heading = CONNECTION)]
    pub host: Option<String>,
    /// The broker's port [default: 1883]
    #[arg(short, long, value_parser = port, help_heading = CONNECTION)]
    pub port: Option<u16>,
    /// Everything at once: mqtt://USER:PASSWORD@HOST:PORT/TOPIC
    #[arg(short = 'L', long, conflicts_with = "host", help_heading = CONNECTION)]
    pub url: Option<String>,
    /// Other ways to the broker.
    #[command(flatten)]
    pub way: WayArgs,
    /// User name
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true, help_heading = CONNECTION)]
    pub username: Option<String>,
    /// Password; others can see it in the process list, so rather use a profile or `MQTTSCOPE_PASSWORD`
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", value_parser = clap::builder::StringValueParser::new().map(Secret::new), allow_hyphen_values = true, help_heading = CONNECTION)]
    pub password: Option<Secret>,
    /// The password is the first line of FILE
    #[arg(long, value_name = "FILE", conflicts_with = "password", help_heading = CONNECTION)]
    pub pw_file: Option<PathBuf>,
    /// The password is the first line COMMAND prints; its words are split as a shell does
    #[arg(long, value_name = "COMMAND", value_parser = command, conflicts_with_all = ["password", "pw_file"], help_heading = CONNECTION)]
    pub pw_command: Option<Words>,
    /// Client id [default: a random one]
    #[arg(short, long, value_name = "ID", help_heading = CONNECTION)]
    pub id: Option<String>,
    /// Client id made of PREFIX and the process id
    #[arg(short = 'I', long, value_name = "PREFIX", conflicts_with = "id", help_heading = CONNECTION)]
    pub id_prefix: Option<String>,
    /// Seconds between signs of life; 0 is off [default: 30]
    #[arg(short, long, value_name = "SECONDS", value_parser = keep_alive, help_heading = CONNECTION)]
    pub keepalive: Option<u16>,
    /// 5, 311, 31 or auto: 5 first, 3.1.1 where the broker does not know it [default: auto]
    #[arg(short = 'V', long, value_name = "VERSION", value_parser = str::parse::<ProtocolChoice>, help_heading = CONNECTION)]
    pub protocol_version: Option<ProtocolChoice>,
    /// How TLS is spoken.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// How a WebSocket is asked for.
    #[command(flatten)]
    pub websocket: WebSocketArgs,
    /// Resume the session the broker has for this client id (needs -i), and let it be kept
    #[arg(short = 'c', long, help_heading = CONNECTION)]
    pub disable_clean_session: bool,
    /// How long the broker keeps the session (5 only); -1 for ever [default: 0, with -c for ever]
    #[arg(short = 'x', long, value_name = "SECONDS", value_parser = session_expiry, allow_hyphen_values = true, help_heading = CONNECTION)]
    pub session_expiry_interval: Option<u32>,
    /// MQTT 5 property of connect, publish, subscribe, unsubscribe, disconnect or will (repeatable)
    #[arg(short = 'D', long = "property", value_name = "COMMAND PROPERTY VALUE", value_parser = property::property, allow_hyphen_values = true, help_heading = CONNECTION)]
    pub properties: Vec<PacketProperty>,
    /// Read flags from FILE, one with its value a line, as mosquitto does; those given here win
    #[arg(short = 'o', long, value_name = "FILE", help_heading = CONNECTION)]
    pub options_file: Option<PathBuf>,
    /// Topic of the will
    #[arg(long, value_name = "TOPIC", value_parser = topic_name, help_heading = CONNECTION)]
    pub will_topic: Option<TopicName>,
    /// Payload of the will
    #[arg(long, value_name = "PAYLOAD", requires = "will_topic", allow_hyphen_values = true, help_heading = CONNECTION)]
    pub will_payload: Option<String>,
    /// QoS of the will
    #[arg(long, value_name = "QOS", requires = "will_topic", value_parser = qos, help_heading = CONNECTION)]
    pub will_qos: Option<QoS>,
    /// The will is retained
    #[arg(long, requires = "will_topic", help_heading = CONNECTION)]
    pub will_retain: bool,
    /// Never publish
    #[arg(long, help_heading = CONNECTION)]
    pub read_only: bool,
    /// Largest packet taken [default: 256M]
    #[arg(long, value_name = "SIZE", value_parser = config::max_packet_size, env = "MQTTSCOPE_MAX_PACKET_SIZE", hide_env = true, help_heading = LIMITS)]
    pub max_packet_size: Option<u32>,
    /// Largest payload kept whole; of longer ones the head [default: 16M, in sub no limit]
    #[arg(long, value_name = "SIZE", value_parser = text::parse_size, env = "MQTTSCOPE_MAX_PAYLOAD", hide_env = true, help_heading = LIMITS)]
    pub max_payload: Option<u64>,
}

/// How the screen looks and what it may take.
#[derive(Debug, Clone, Args, Default)]
pub struct ScreenArgs {
    /// Memory for messages [default: a quarter of RAM, 256M at most]
    #[arg(long, value_name = "SIZE", value_parser = config::max_memory, env = "MQTTSCOPE_MAX_MEMORY", hide_env = true, help_heading = LIMITS)]
    pub max_memory: Option<u64>,
    /// Frames a second under traffic, 1 to 120 [default: 30, over SSH 10]
    #[arg(long, value_name = "N", value_parser = fps, env = "MQTTSCOPE_FPS", hide_env = true, help_heading = SCREEN)]
    pub fps: Option<u8>,
    /// Theme [default: terminal]
    #[arg(long, value_name = "NAME", env = "MQTTSCOPE_THEME", hide_env = true, help_heading = SCREEN)]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, help_heading = SCREEN)]
    pub ascii: bool,
    /// No colours (also `NO_COLOR`)
    #[arg(long, help_heading = SCREEN)]
    pub no_color: bool,
    /// Leave the mouse to the terminal
    #[arg(long, help_heading = SCREEN)]
    pub no_mouse: bool,
    /// When ending, write what was received, drawn and measured to FILE
    #[arg(long, value_name = "FILE", help_heading = SCREEN)]
    pub summary_json: Option<PathBuf>,
}
