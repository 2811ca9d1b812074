//! The command line as clap reads it: mosquitto's flag names and meanings first, so `-h` is the host.
//!
//! Only shapes and words; what they mean together is [`super::target`]'s and the verbs' business.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, builder::TypedValueParser};

use crate::{
    config::{self, Secret},
    mqtt::{ProtocolChoice, QoS, TopicFilter, TopicName},
    text,
};

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
    /// User name
    #[arg(short, long, value_name = "NAME", allow_hyphen_values = true, help_heading = CONNECTION)]
    pub username: Option<String>,
    /// Password; others can see it in the process list, so rather use a profile or `MQTTSCOPE_PASSWORD`
    #[arg(short = 'P', long = "pw", value_name = "PASSWORD", value_parser = clap::builder::StringValueParser::new().map(Secret::new), allow_hyphen_values = true, help_heading = CONNECTION)]
    pub password: Option<Secret>,
    /// Client id [default: a random one]
    #[arg(short, long, value_name = "ID", help_heading = CONNECTION)]
    pub id: Option<String>,
    /// Seconds between signs of life; 0 is off [default: 30]
    #[arg(short, long, value_name = "SECONDS", value_parser = keep_alive, help_heading = CONNECTION)]
    pub keepalive: Option<u16>,
    /// 5, 311, 31 or auto: 5 first, 3.1.1 where the broker does not know it [default: auto]
    #[arg(short = 'V', long, value_name = "VERSION", value_parser = str::parse::<ProtocolChoice>, help_heading = CONNECTION)]
    pub protocol_version: Option<ProtocolChoice>,
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

const TUI_HELP: &str = "\
TARGET is a profile, @PROFILE, mqtt://USER:PASSWORD@HOST:PORT/TOPIC or HOST[:PORT]; without one the
connections screen opens. With -h, -L or a broker in the environment every word is a TOPIC.

Verbs, each with its own --help:
  demo          a broker, simulated devices and the TUI; nothing else needed
  broker        the embedded broker alone
  sub           print messages
  pub           publish
  config        path | check

Exit codes: 0 ok, 1 error, 2 usage, 3 could not connect or was refused, 27 time-out";

/// The MQTT debugger for the terminal
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    after_help = TUI_HELP,
    override_usage = "mqttscope [OPTIONS] [TARGET] [TOPIC…]\n       mqttscope demo|broker|sub|pub|config …"
)]
pub struct TuiArgs {
    /// Where to connect, and what to subscribe to instead of everything
    #[arg(value_name = "TARGET] [TOPIC")]
    pub words: Vec<String>,
    /// Subscribe to FILTER instead of everything (repeatable)
    #[arg(short = 't', long = "topic", value_name = "FILTER", value_parser = topic_filter, help_heading = CONNECTION)]
    pub topics: Vec<TopicFilter>,
    /// QoS of the subscriptions [default: 0]
    #[arg(short, long, value_parser = qos, help_heading = CONNECTION)]
    pub qos: Option<QoS>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// A broker, simulated devices and the TUI: nothing else needed
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope demo",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct DemoArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// The embedded broker alone: MQTT 3.1, 3.1.1 and 5, no TLS, no passwords
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope broker",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct BrokerArgs {
    /// Port; 0 takes a free one
    #[arg(short, long, default_value_t = 1883)]
    pub port: u16,
    /// Address to listen on; others than the loopback let anybody in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

const SUB_HELP: &str = "\
FORMAT
  %t topic           %p payload        %x %X payload in hex     %l its length
  %q QoS             %r retain         %m packet id             %U Unix time    %I ISO time
  %j JSON            %J JSON with the payload inline            %% @@ \\\\ themselves
  %A topic alias     %C content type   %D correlation data      %E expiry       %F format
  %P user properties %R response topic %S subscription identifier               (MQTT 5)
  %10t %-10t %05l    widths            %.10t  cut               \\n \\t \\0 \\e  characters
  @Y @m @d @H @M @S @N …  parts of the time, as strftime has them";

/// Print messages
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope sub",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    after_help = SUB_HELP,
    override_usage = "mqttscope sub [OPTIONS] [TARGET] [TOPIC…]"
)]
pub struct SubArgs {
    /// Where to connect [default: localhost], and what to subscribe to
    #[arg(value_name = "TARGET] [TOPIC")]
    pub words: Vec<String>,
    /// Subscribe to FILTER (repeatable)
    #[arg(short = 't', long = "topic", value_name = "FILTER", value_parser = topic_filter)]
    pub topics: Vec<TopicFilter>,
    /// Do not print messages whose topic matches FILTER (repeatable)
    #[arg(short = 'T', long = "filter-out", value_name = "FILTER", value_parser = topic_filter)]
    pub filter_out: Vec<TopicFilter>,
    /// Unsubscribe from FILTER after subscribing (repeatable)
    #[arg(short = 'U', long = "unsubscribe", value_name = "FILTER", value_parser = topic_filter)]
    pub unsubscribe: Vec<TopicFilter>,
    /// QoS of the subscriptions [default: 0]
    #[arg(short, long, value_parser = qos)]
    pub qos: Option<QoS>,
    /// Print the topic before each payload
    #[arg(short, long)]
    pub verbose: bool,
    /// Print each message as FORMAT says
    #[arg(short = 'F', value_name = "FORMAT", allow_hyphen_values = true, value_parser = super::format::Format::compile)]
    pub format: Option<super::format::Format>,
    /// No end of line behind a message
    #[arg(short = 'N')]
    pub no_newline: bool,
    /// End after COUNT messages
    #[arg(short = 'C', value_name = "COUNT", value_parser = count)]
    pub count: Option<u64>,
    /// End after SECONDS, with exit code 27
    #[arg(short = 'W', value_name = "SECONDS", value_parser = text::parse_duration)]
    pub timeout: Option<std::time::Duration>,
    /// Do not print retained messages
    #[arg(short = 'R', conflicts_with = "retained_only")]
    pub no_retained: bool,
    /// Print retained messages only; the first other one ends it
    #[arg(long)]
    pub retained_only: bool,
    /// Escape with ASCII characters only, where the output is a terminal
    #[arg(long)]
    pub ascii: bool,
    /// Show the control packets as they come and go, on stderr
    #[arg(short, long)]
    pub debug: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// Publish
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope pub",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "mqttscope pub [OPTIONS] [TARGET] -t TOPIC -m MESSAGE|-f FILE|-s|-l|-n"
)]
pub struct PubArgs {
    /// Where to connect [default: localhost]
    #[arg(value_name = "TARGET")]
    pub words: Vec<String>,
    /// The topic
    #[arg(short = 't', long, value_parser = topic_name)]
    pub topic: Option<TopicName>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub source: SourceArgs,
    /// Retain it: the broker keeps it as the topic's last value
    #[arg(short, long)]
    pub retain: bool,
    /// QoS
    #[arg(short, long, default_value = "0", value_parser = qos)]
    pub qos: QoS,
    /// Publish it N times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count, conflicts_with = "lines")]
    pub repeat: u64,
    /// Wait SECONDS between the times
    #[arg(long, value_name = "SECONDS", value_parser = text::parse_duration)]
    pub repeat_delay: Option<std::time::Duration>,
    /// Show the control packets as they come and go, on stderr
    #[arg(short, long)]
    pub debug: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// Where the payload comes from: exactly one.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct SourceArgs {
    /// The payload
    #[arg(short, long, allow_hyphen_values = true)]
    pub message: Option<String>,
    /// The payload is the content of FILE
    #[arg(short, long)]
    pub file: Option<PathBuf>,
    /// The payload is all of stdin
    #[arg(short = 's', long)]
    pub stdin_file: bool,
    /// Each line of stdin is a payload
    #[arg(short = 'l', long = "stdin-line")]
    pub lines: bool,
    /// An empty payload; with -r it clears the retained message
    #[arg(short, long)]
    pub null_message: bool,
}

/// Where files lie, and whether they are right
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope config",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct ConfigArgs {
    /// path: print the folder; check: tell all faults of all files, exit 1 if there are any
    #[arg(value_name = "path|check", value_parser = ["path", "check"], hide_possible_values = true)]
    pub what: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| "use 1 to 65535".into())
}

fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count != 0);
    count.ok_or_else(|| "use a whole number from 1".into())
}

fn fps(text: &str) -> Result<u8, String> {
    let fps = text.parse().ok().filter(|fps| (1..=120).contains(fps));
    fps.ok_or_else(|| "use 1 to 120".into())
}

fn keep_alive(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "use 0 (off) to 65535 seconds".into())
}

fn qos(text: &str) -> Result<QoS, String> {
    let bits = text.parse().ok();
    bits.and_then(QoS::from_bits)
        .ok_or_else(|| "use 0, 1 or 2".into())
}

fn topic_filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::new(text).map_err(|error| error.to_string())
}

fn topic_name(text: &str) -> Result<TopicName, String> {
    TopicName::new(text).map_err(|error| error.to_string())
}
