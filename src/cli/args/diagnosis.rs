//! The arguments of the verbs that find out what is wrong.

use std::time::Duration;

use clap::Parser;

use super::{
    ConnectionArgs, GeneralArgs,
    values::{qos, seconds, topic_filter, topic_name},
};
use crate::{
    mqtt::{QoS, TopicFilter, TopicName},
    text,
};

/// How far a connection gets, stage by stage, and what to try where it stops
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope doctor",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "mqttscope doctor [OPTIONS] [TARGET] [TOPIC…]",
    after_help = "Exit codes: 0 every stage went well, 3 one did not"
)]
pub struct DoctorArgs {
    /// Where to connect [default: localhost], and what to subscribe to [default: what the screen would]
    #[arg(value_name = "TARGET] [TOPIC")]
    pub words: Vec<String>,
    /// Subscribe to FILTER (repeatable)
    #[arg(short = 't', long = "topic", value_name = "FILTER", value_parser = topic_filter)]
    pub topics: Vec<TopicFilter>,
    /// Also publish to a private topic and wait for the message to come back
    #[arg(long)]
    pub echo: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
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

const WILL_TEST_HELP: &str = "\
An observer subscribes to TOPIC; a second client with the will connects and ends in three ways:
  its socket is closed without DISCONNECT, as for a crashed process (FIN)   the will must come
  it says DISCONNECT                                                       none may come
  it says DISCONNECT with reason 0x04 (5 only)                             the will must come
Both have client ids of chance. With -r, what TOPIC had retained before is put back at the end.

Exit codes: 0 all as it should be, 1 a will missing or wrong, 3 could not connect";

/// A second client dies: does its will arrive, when, and unchanged
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope will-test",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "mqttscope will-test [OPTIONS] [TARGET] -t TOPIC -m MESSAGE",
    after_help = WILL_TEST_HELP
)]
pub struct WillTestArgs {
    /// Where to connect [default: localhost]
    #[arg(value_name = "TARGET")]
    pub words: Vec<String>,
    /// The will's topic
    #[arg(short = 't', long, value_parser = topic_name)]
    pub topic: Option<TopicName>,
    /// The will's payload
    #[arg(short, long, allow_hyphen_values = true)]
    pub message: String,
    /// The will's QoS
    #[arg(short, long, default_value = "0", value_parser = qos)]
    pub qos: QoS,
    /// The will is retained
    #[arg(short, long)]
    pub retain: bool,
    /// Ask the broker to wait SECONDS before it publishes the will (5 only)
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = seconds)]
    pub will_delay: u32,
    /// How long to wait for the will beyond its delay
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = text::parse_duration)]
    pub timeout: Duration,
    /// Leave the retained will where it is
    #[arg(long, requires = "retain")]
    pub keep_retained: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    /// Show the control packets of the observer as they come and go, on stderr
    #[arg(short, long)]
    pub debug: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}
