//! The last page: waits between tries, leniency, load, the way to the broker, what is said at the end.

use super::session::each;
use crate::{
    app::{
        form::Form,
        property_fields::{self, PropertyField},
    },
    config::{self, PasswordSource, Profile, Proxy, WsHeader},
    mqtt::PropertyId,
};

const PROXY: &str = "Proxy";
const BIND: &str = "From address";
const HEADERS: &str = "WebSocket headers";
const RECONNECT_MIN: &str = "First wait";
const RECONNECT_MAX: &str = "Longest wait";
const LENIENT: &str = "Lenient";
const RATE_GUARD: &str = "Rate guard";

const OF_DISCONNECT: &[PropertyField] = &[
    (
        "Session ends after",
        PropertyId::SessionExpiryInterval,
        "said with DISCONNECT: 0s ends the session at once (MQTT 5)",
    ),
    (
        "Reason at the end",
        PropertyId::ReasonString,
        "said with DISCONNECT, for the broker's log (MQTT 5)",
    ),
    (
        "Sent at the end",
        PropertyId::UserProperty,
        "user properties of DISCONNECT: NAME = VALUE, one a line",
    ),
];

/// Adds the page.
pub fn add(form: Form, profile: &Profile) -> Form {
    let form = form
        .page("Advanced")
        .text(
            RECONNECT_MIN,
            &config::wait_text(profile.reconnect.min),
            "before the second try; doubled after each",
        )
        .text(
            RECONNECT_MAX,
            &config::wait_text(profile.reconnect.max),
            "never longer between two tries",
        )
        .flag(
            LENIENT,
            profile.lenient,
            "go on after protocol violations where the framing allows",
        )
        .flag(
            RATE_GUARD,
            profile.rate_guard,
            "when the screen cannot keep up: drop QoS 0 and count it, rather than read more slowly",
        )
        .text(
            PROXY,
            &profile
                .proxy
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            "http://USER@HOST:PORT, socks5:// (names are looked up here) or socks5h:// (there)",
        )
        .text(
            BIND,
            &profile.bind.map(|local| local.to_string()).unwrap_or_default(),
            "an IP address of this machine to connect from; empty: any",
        )
        .lines(
            HEADERS,
            &profile
                .ws_headers
                .iter()
                .filter_map(WsHeader::line)
                .collect::<Vec<_>>(),
            "NAME: VALUE, one a line, for ws:// and wss://; those with a secret stay as the file has them",
        );
    property_fields::add(form, OF_DISCONNECT, &profile.properties.disconnect)
}

/// Takes its values; marks what is wrong.
pub fn read(form: &mut Form, profile: &mut Profile) {
    let (min, max) = (
        config::wait(&form.get(RECONNECT_MIN)),
        config::wait(&form.get(RECONNECT_MAX)),
    );
    let (min, max) = (form.checked(RECONNECT_MIN, min), form.checked(RECONNECT_MAX, max));
    if let (Some(min), Some(max)) = (min, max) {
        if min > max {
            form.fault(RECONNECT_MIN, "is longer than the longest wait");
        }
        profile.reconnect = config::Backoff { min, max };
    }
    profile.lenient = form.is_set(LENIENT);
    profile.rate_guard = form.is_set(RATE_GUARD);
    read_way(form, profile);
    profile.properties.disconnect =
        property_fields::read(form, OF_DISCONNECT, &profile.properties.disconnect);
}

/// How the broker is reached. The proxy's password is not shown: it stays with its user.
fn read_way(form: &mut Form, profile: &mut Profile) {
    if form.is_changed(PROXY) {
        let before = profile.proxy.take();
        if let Some(text) = form.some(PROXY) {
            let read = parse_proxy(&text, before);
            profile.proxy = form.checked(PROXY, read);
        }
    }
    let local = form.some(BIND).map(|text| {
        let what = format!("\"{text}\" is no local address; use an IP address of this machine");
        text.parse().map_err(|_| what)
    });
    profile.bind = local.and_then(|read: Result<_, String>| form.checked(BIND, read));
    if form.is_changed(HEADERS) {
        let read = each(form, HEADERS, WsHeader::parse_line);
        profile.ws_headers.retain(|header| header.line().is_none());
        profile.ws_headers.splice(0..0, read);
    }
}

fn parse_proxy(text: &str, before: Option<Proxy>) -> Result<Proxy, String> {
    let mut proxy: Proxy = text.parse()?;
    if proxy.password != PasswordSource::None {
        let what =
            "a password does not belong here; use proxy_password_command, _env or _file in the profile";
        return Err(what.into());
    }
    if let Some(before) =
        before.filter(|before| proxy.username.is_some() && before.username == proxy.username)
    {
        proxy.password = before.password;
    }
    Ok(proxy)
}
