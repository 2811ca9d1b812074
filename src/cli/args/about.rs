//! The arguments of the verbs about the program itself.

use clap::Parser;
use clap_complete::Shell;

use super::{
    ConnectionArgs, GeneralArgs,
    values::{qos, topic_filter},
};
use crate::mqtt::{QoS, TopicFilter};

/// Print what completes mqttscope's words in a shell
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope completions",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct CompletionsArgs {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// Print the manual page, in the format of man
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope man",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct ManArgs {
    /// The verb [default: all in short]
    #[arg(value_name = "VERB")]
    pub verb: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// Print what a report of a fault should say
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope version",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100
)]
pub struct VersionArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// The connections that are kept, and those other programs keep
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope profiles",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "mqttscope profiles ls\n       mqttscope profiles show|edit|rm|export NAME…\n       \
        mqttscope profiles add NAME TARGET [OPTIONS]\n       mqttscope profiles test NAME [OPTIONS]\n       \
        mqttscope profiles import [--force] FILE…",
    after_help = "A NAME is that of a file in profiles/, or GROUP/NAME for one in a folder there.\n\n\
        add keeps what sub and pub would connect to with the same flags; test is doctor for a profile; both have\n\
        a --help of their own. edit lets $EDITOR change a copy that replaces the profile once it is valid. rm keeps\n\
        the text in the state folder. export prints JSON that MQTTX imports, without secrets.\n\n\
        import reads MQTTX's JSON export, MQTT Explorer's settings.json, MQTT.fx's mqttfx-config.xml and\n\
        mosquitto's option files. Nothing that is there is replaced without --force; passwords go to files of\n\
        their own, readable by you alone."
)]
pub struct ProfilesArgs {
    /// What to do
    #[arg(value_name = "ls|show|add|edit|rm|test|import|export", value_parser = ["ls", "show", "add", "edit", "rm", "test", "import", "export"], hide_possible_values = true)]
    pub what: String,
    /// Profiles, or files to import from
    #[arg(value_name = "NAME|FILE")]
    pub names: Vec<String>,
    /// Replace profiles of the same name
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}

/// Keep a connection as a profile
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope profiles add",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    override_usage = "mqttscope profiles add [OPTIONS] NAME [TARGET] [TOPIC…]",
    after_help = "A password goes to a file of its own, readable by you alone; rather use --pw-command."
)]
pub struct AddArgs {
    /// The profile's name, or GROUP/NAME
    pub name: String,
    /// Where to connect [default: localhost], and what to subscribe to instead of everything
    #[arg(value_name = "TARGET] [TOPIC")]
    pub words: Vec<String>,
    /// Subscribe to FILTER instead of everything (repeatable)
    #[arg(short = 't', long = "topic", value_name = "FILTER", value_parser = topic_filter)]
    pub topics: Vec<TopicFilter>,
    /// QoS of the subscriptions [default: 0]
    #[arg(short, long, value_parser = qos)]
    pub qos: Option<QoS>,
    /// Replace a profile of that name
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub connection: ConnectionArgs,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}
