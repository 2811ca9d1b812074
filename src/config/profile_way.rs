//! The keys of a profile's file that say how the broker is reached: `bind`, `proxy`, `[ws_headers]`; read and written.

use std::net::IpAddr;

use toml_edit::{InlineTable, Item, Table, Value, value};

use super::{
    HeaderValue, PasswordSource, Profile, Proxy, Scheme, WsHeader, check_header_name, header::plain_value,
    profile_file::read_password, profile_save::secret, reader::Section,
};

const PROXY_PASSWORD_WAYS: [&str; 3] = [
    "proxy_password_command",
    "proxy_password_env",
    "proxy_password_file",
];
/// How a header's secret value comes.
pub(super) const HEADER_WAYS: [&str; 3] = ["command", "env", "file"];

/// Reads them; `has_url`: whether the profile's URL is the file's own.
pub(super) fn read(top: &Section<'_>, profile: &mut Profile, has_url: bool) {
    profile.bind = top.parsed("bind", |text| {
        text.parse::<IpAddr>()
            .map_err(|_| format!("\"{text}\" is no local address; use an IP address of this machine"))
    });
    profile.proxy = read_proxy(top);
    if let Some(section) = top.section("ws_headers") {
        profile.ws_headers = section
            .keys()
            .filter_map(|name| read_header(&section, name))
            .collect();
    }
    if has_url {
        refuse_idle(top, profile.url.scheme);
    }
}

/// What would be read and do nothing is told.
fn refuse_idle(top: &Section<'_>, scheme: Scheme) {
    let idle: &[&str] = match scheme {
        Scheme::Unix => &["bind", "proxy", "ws_headers"],
        Scheme::Mqtt | Scheme::Mqtts => &["ws_headers"],
        Scheme::Ws | Scheme::Wss => &[],
    };
    for key in idle.iter().filter(|key| top.has(key)) {
        top.fault(
            key,
            format!("{key} has no effect on {}://; take it out", scheme.name()),
        );
    }
}

fn read_proxy(top: &Section<'_>) -> Option<Proxy> {
    let proxy = top.parsed("proxy", parse_proxy);
    let password = read_password(top, PROXY_PASSWORD_WAYS);
    let way = PROXY_PASSWORD_WAYS.into_iter().find(|way| top.has(way));
    let has_user = proxy.as_ref().is_none_or(|proxy| proxy.username.is_some());
    match way {
        Some(way) if !top.has("proxy") => top.fault(way, format!("{way} has no effect without proxy")),
        Some(way) if !has_user => top.fault(
            way,
            "the proxy's password needs its user: proxy = \"http://USER@HOST:PORT\"",
        ),
        _ => {}
    }
    Some(Proxy { password, ..proxy? })
}

fn parse_proxy(text: &str) -> Result<Proxy, String> {
    let proxy: Proxy = text.parse()?;
    if proxy.password == PasswordSource::None {
        return Ok(proxy);
    }
    Err(format!(
        "a password does not belong in this file; use {}",
        PROXY_PASSWORD_WAYS.join(", ")
    ))
}

fn read_header(section: &Section<'_>, name: &str) -> Option<WsHeader> {
    if let Err(error) = check_header_name(name) {
        section.fault(name, error);
        return None;
    }
    let value = if section.has_table(name) {
        let way = section.section(name)?;
        way.only(&HEADER_WAYS);
        let source = read_password(&way, HEADER_WAYS);
        if source == PasswordSource::None {
            section.fault(
                name,
                format!("{name} is to have one of {}", HEADER_WAYS.join(", ")),
            );
        }
        HeaderValue::Secret(source)
    } else {
        section.parsed(name, |text| plain_value(name, text))?
    };
    Some(WsHeader {
        name: name.into(),
        value,
    })
}

/// A key's value as the file would say it; `None` for what need not be said or has no effect.
pub(super) fn item_of(profile: &Profile, key: &str) -> Option<Item> {
    let scheme = profile.url.scheme;
    let proxy = profile.proxy.as_ref().filter(|_| scheme != Scheme::Unix);
    match key {
        "bind" => profile
            .bind
            .filter(|_| scheme != Scheme::Unix)
            .map(|local| value(local.to_string())),
        "proxy" => proxy.map(|proxy| value(proxy.to_string())),
        "ws_headers" => headers(profile).filter(|_| scheme.is_websocket()),
        _ => secret(&proxy?.password, "proxy_password_", key),
    }
}

/// A value given for one run is not written.
fn headers(profile: &Profile) -> Option<Item> {
    let mut table = Table::new();
    for header in &profile.ws_headers {
        let item = match &header.value {
            HeaderValue::Plain(text) => value(text),
            HeaderValue::Secret(source) => {
                let Some((way, item)) = way(source) else { continue };
                value(InlineTable::from_iter([(way, item)]))
            }
        };
        table.insert(&header.name, item);
    }
    (!table.is_empty()).then_some(Item::Table(table))
}

fn way(source: &PasswordSource) -> Option<(&'static str, Value)> {
    HEADER_WAYS.into_iter().find_map(|way| {
        let item = secret(source, "", way)?;
        Some((way, item.into_value().ok()?))
    })
}
