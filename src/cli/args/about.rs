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
