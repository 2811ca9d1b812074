//! The arguments of the embedded broker.

use std::{net::IpAddr, path::PathBuf};

use clap::{Parser, builder::TypedValueParser};

use super::GeneralArgs;
use crate::config::Secret;

const HELP: &str = "\
Sessions are kept while the broker runs (clean start, session expiry, messages of QoS 1 and 2
for clients that are away), with will delay, shared subscriptions, subscription identifiers and
message expiry. It keeps nothing on disk, and has no TLS, WebSocket, access lists or bridges:
for those use mosquitto.";

/// The embedded broker alone: MQTT 3.1, 3.1.1 and 5
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mqttscope broker",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    after_help = HELP
)]
pub struct BrokerArgs {
    /// Port; 0 takes a free one
    #[arg(short, long, default_value_t = 1883)]
    pub port: u16,
    /// Address to listen on; others than the loopback let in who can reach it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// Let only NAME in, with the password of a flag below or of `MQTTSCOPE_BROKER_PASSWORD`
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Its password; others can see it in the process list, so rather use a file or the environment
    #[arg(long, value_name = "PASSWORD", value_parser = clap::builder::StringValueParser::new().map(Secret::new), allow_hyphen_values = true, requires = "user")]
    pub password: Option<Secret>,
    /// Its password is the first line of FILE, which only its owner may read
    #[arg(long, value_name = "FILE", requires = "user", conflicts_with = "password")]
    pub password_file: Option<PathBuf>,
    /// Let in the users of FILE, which only its owner may read: NAME:PASSWORD a line
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub general: GeneralArgs,
}
