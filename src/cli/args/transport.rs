//! Flags that say how the bytes travel, with mosquitto's names where it has them.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, ValueEnum, builder::TypedValueParser};

use crate::config::{Proxy, Secret, TlsVersion, WsHeader, check_header_name};

const TLS: &str = "TLS";
const WEBSOCKET: &str = "WebSocket";

/// A set of settings under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// AWS `IoT` Core: TLS, port 443, ALPN x-amzn-mqtt-ca
    Aws,
}

/// How TLS is spoken. Any of them but the key log makes `mqtt://` `mqtts://`.
#[derive(Debug, Clone, Args, Default)]
pub struct TlsArgs {
    /// Trust the certificate authorities of this PEM file [default: the system's]
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    pub cafile: Option<PathBuf>,
    /// Trust those of every PEM file in DIR
    #[arg(long, value_name = "DIR", help_heading = TLS)]
    pub capath: Option<PathBuf>,
    /// Our certificate for the broker, PEM
    #[arg(long, value_name = "FILE", requires = "key", help_heading = TLS)]
    pub cert: Option<PathBuf>,
    /// Our private key, PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = TLS)]
    pub key: Option<PathBuf>,
    /// The key's password; others can see it in the process list, so rather use a profile
    #[arg(long, value_name = "PASSWORD", requires = "key", value_parser = clap::builder::StringValueParser::new().map(Secret::new), allow_hyphen_values = true, help_heading = TLS)]
    pub key_password: Option<Secret>,
    /// The server's name to ask for and verify [default: the host]
    #[arg(long, value_name = "NAME", help_heading = TLS)]
    pub sni: Option<String>,
    /// Application protocol to offer; may be repeated
    #[arg(long, value_name = "PROTOCOL", help_heading = TLS)]
    pub tls_alpn: Vec<String>,
    /// Oldest version taken: 1.2 or 1.3 [default: 1.2]
    #[arg(long, value_name = "VERSION", value_parser = str::parse::<TlsVersion>, help_heading = TLS)]
    pub tls_version: Option<TlsVersion>,
    /// Do not verify the broker's certificate: anybody may pose as it
    #[arg(long, help_heading = TLS)]
    pub insecure: bool,
    /// Append each session's secrets to FILE for Wireshark (also `SSLKEYLOGFILE`)
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    pub tls_keylog: Option<PathBuf>,
    /// Settings for one service: aws
    #[arg(long, value_name = "NAME", value_enum, hide_possible_values = true, help_heading = TLS)]
    pub preset: Option<Preset>,
}

/// How a WebSocket is asked for. They count where the URL is `ws://` or `wss://`.
#[derive(Debug, Clone, Args, Default)]
pub struct WebSocketArgs {
    /// Path of the WebSocket [default: /mqtt]
    #[arg(long, value_name = "PATH", help_heading = WEBSOCKET)]
    pub ws_path: Option<String>,
    /// Header to send with the request; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = header, help_heading = WEBSOCKET)]
    pub ws_header: Vec<WsHeader>,
}

/// A header's name and value, of which none can end the line.
fn header(text: &str) -> Result<WsHeader, String> {
    let way_out = || "write NAME=VALUE".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(way_out)?;
    if check_header_name(name).is_err() || value.chars().any(char::is_control) {
        return Err(way_out());
    }
    Ok(WsHeader::secret(name, Secret::new(value.to_owned())))
}

/// Other ways to the broker than straight by TCP.
#[derive(Debug, Clone, Args, Default)]
pub struct WayArgs {
    /// The broker's Unix socket
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port", "url"], help_heading = super::CONNECTION)]
    pub unix: Option<String>,
    /// Connect from this local address
    #[arg(short = 'A', long, value_name = "ADDRESS", help_heading = super::CONNECTION)]
    pub bind: Option<IpAddr>,
    /// Go through a proxy: http://, socks5:// or socks5h://[USER@]HOST:PORT; its password rather stands in a profile
    #[arg(long, value_name = "URL", value_parser = str::parse::<Proxy>, help_heading = super::CONNECTION)]
    pub proxy: Option<Proxy>,
}
