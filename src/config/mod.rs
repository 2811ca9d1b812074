//! Files → checked values: profiles, settings, themes, key bindings and where they lie.
//!
//! All faults of a file are told at once, each with its place. Nothing here connects or draws.

mod check;
mod draft;
mod export;
mod fault;
mod files;
mod found;
mod header;
mod import;
mod init;
mod keys;
mod password;
mod paths;
mod profile;
mod profile_file;
mod profile_save;
mod profile_way;
mod property;
mod property_file;
mod proxy;
mod reader;
mod schema;
mod settings;
mod theme;
mod tls;
mod url;

pub use check::check;
pub use draft::{discard_draft, draft_path, keep_deleted, replace_profile, write_draft};
pub use export::export_mqttx;
pub use fault::{Fault, Faults};
pub use files::{is_file_stem, is_profile_name};
pub use found::importable;
pub use header::{HeaderValue, WsHeader, check_header_name};
pub use import::{CertificateFile, Imported, is_export, read_connections};
pub use init::{Initial, init};
pub use keys::{BoundKey, KeyBindings};
pub use password::{
    certificate_path, has_further_secrets, resolve_password, resolve_secrets, save_certificate, save_password,
};
pub use paths::Paths;
pub use profile::{Backoff, DecodeRule, PacketProperties, PasswordSource, Profile, Secret};
pub use profile_file::{SHIPPED_PROFILES, keep_alive, load_profile, profile_names, read_profile, wait};
pub use profile_save::{
    NO_PROFILE_NAME, delete_profile, rename_profile, restore_profile, save_profile, wait_text,
};
pub use property::{Place, parse_property, property_text, session_expiry};
pub use proxy::{Proxy, ProxyKind};
pub use schema::{SCHEMAS, schema};
pub use settings::{Settings, max_memory, max_packet_size};
pub use theme::{Appearance, Color, Meaning, SHIPPED_THEMES, Theme, theme_names};
pub use tls::{TlsOptions, TlsVersion};
pub use url::{BrokerUrl, ConnectUrl, Scheme, UrlError};
