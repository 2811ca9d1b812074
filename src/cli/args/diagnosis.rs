//! The arguments of the verbs that find out what is wrong.

use clap::Parser;

use super::{ConnectionArgs, GeneralArgs, values::topic_filter};
use crate::mqtt::TopicFilter;

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
