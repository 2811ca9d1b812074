//! The arguments of each verb.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser};

use super::{
    CONNECTION, ConnectionArgs, GeneralArgs, ScreenArgs,
    values::{count, qos, topic_filter, topic_name},
};
use crate::{
    cli::format::Format,
    mqtt::{QoS, TopicFilter, TopicName},
    text,
};

const TUI_HELP: &str = "\
TARGET is a profile, @PROFILE, mqtt://USER:PASSWORD@HOST:PORT/TOPIC or HOST[:PORT]; without one the
connections screen opens. With -h, -L or a broker in the environment every word is a TOPIC.

Verbs, each with its own --help:
  demo          a broker, simulated devices and the TUI; nothing else needed
  broker        the embedded broker alone
  sub           print messages
  pub           publish
  doctor        how far a connection gets, stage by stage, and what to try
  will-test     a second client dies: does its will arrive, and when
  profiles      ls | show | add | edit | rm | test | import | export
  config        path | check | init | schema
  completions   for bash, zsh, fish, elvish or powershell
  man           the manual page, of a verb with its name behind
  version       what a report of a fault should say

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
    override_usage = "mqttscope [OPTIONS] [TARGET] [TOPIC…]\n       mqttscope demo|broker|sub|pub|doctor|will-test|profiles|config …"
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
    #[arg(short = 'F', value_name = "FORMAT", allow_hyphen_values = true, value_parser = Format::compile)]
    pub format: Option<Format>,
    /// No end of line behind a message
    #[arg(short = 'N')]
    pub no_newline: bool,
    /// End after COUNT messages
    #[arg(short = 'C', value_name = "COUNT", value_parser = count)]
    pub count: Option<u64>,
    /// End after SECONDS, with exit code 27
    #[arg(short = 'W', value_name = "SECONDS", value_parser = text::parse_duration)]
    pub timeout: Option<Duration>,
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
    pub repeat_delay: Option<Duration>,
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
    /// path: print the folder; check: tell all faults of all files, exit 1 if there are any;
    /// init: write commented first files where there are none;
    /// schema: print the JSON Schema of a profile, config.toml, a theme or keys.toml
    #[arg(value_name = "path|check|init|schema", value_parser = ["path", "check", "init", "schema"], hide_possible_values = true)]
    pub what: String,
    /// Of schema: profile, config, theme or keys [default: profile]
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}
