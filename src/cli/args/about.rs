//! The arguments of the verbs about the program itself.

use clap::Parser;
use clap_complete::Shell;

use super::GeneralArgs;

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
    override_usage = "mqttscope profiles ls\n       mqttscope profiles show|rm NAME…\n       mqttscope profiles import [--force] FILE…",
    after_help = "import reads MQTTX's JSON export, MQTT Explorer's settings.json, MQTT.fx's mqttfx-config.xml and\n\
        mosquitto's option files. Nothing that is there is replaced without --force; passwords go to files of\n\
        their own, readable by you alone."
)]
pub struct ProfilesArgs {
    /// What to do
    #[arg(value_name = "ls|show|rm|import", value_parser = ["ls", "show", "rm", "import"], hide_possible_values = true)]
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
