//! The page of TLS.

use super::basic::{parts, source};
use crate::{
    app::form::Form,
    config::{PasswordSource, TlsOptions, TlsVersion},
};

const CA: &str = "CA file";
const CA_PATH: &str = "CA folder";
const CERT: &str = "Certificate";
const KEY: &str = "Private key";
const KEY_KEEP: &str = "Key's password";
const KEY_SOURCE: &str = "Key's password from";
const SNI: &str = "Server name (SNI)";
const ALPN: &str = "ALPN";
const MIN_VERSION: &str = "Oldest TLS version";
const INSECURE: &str = "Insecure";
const KEY_KEEPS: &[&str] = &["none", "file", "variable", "command"];

/// Adds the page.
pub fn add(form: Form, tls: &TlsOptions) -> Form {
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref()
            .map_or_else(String::new, |path| path.display().to_string())
    };
    let (from, source) = parts(&tls.key_password);
    form.page("TLS")
        .text(
            CA,
            &path(&tls.ca),
            "PEM; trusted instead of the system's. This page counts for mqtts:// and wss://",
        )
        .text(CA_PATH, &path(&tls.ca_path), "a folder of PEM files")
        .text(CERT, &path(&tls.cert), "the client's certificate, PEM")
        .text(KEY, &path(&tls.key), "the client's private key, PEM")
        .choice(
            KEY_KEEP,
            KEY_KEEPS,
            from.map_or(0, |from| from + 1),
            "where to get the password of an encrypted key",
        )
        .text(
            KEY_SOURCE,
            &source,
            "path of a file, name of a variable, or command with arguments",
        )
        .text(
            SNI,
            tls.sni.as_deref().unwrap_or_default(),
            "asked for and verified instead of the URL's host",
        )
        .text(
            ALPN,
            &tls.alpn.join(" "),
            "application protocols, as mqtt or x-amzn-mqtt-ca",
        )
        .choice(
            MIN_VERSION,
            &["1.2", "1.3"],
            usize::from(tls.min_version == TlsVersion::V13),
            "nothing older is taken",
        )
        .flag(
            INSECURE,
            tls.is_insecure,
            "whoever answers is taken for the broker; marked in red all the time",
        )
}

/// Where the key's password comes from is shown once there is one.
pub fn refresh(form: &mut Form) {
    form.hide(KEY_SOURCE, form.chosen(KEY_KEEP) == 0);
}

/// Takes the page's values; marks what is wrong.
pub fn read(form: &mut Form, tls: &mut TlsOptions) {
    let path = |form: &Form, label| form.some(label).map(Into::into);
    tls.ca = path(form, CA);
    tls.ca_path = path(form, CA_PATH);
    (tls.cert, tls.key) = (path(form, CERT), path(form, KEY));
    match (&tls.cert, &tls.key) {
        (Some(_), None) => form.fault(KEY, "certificate and key belong together"),
        (None, Some(_)) => form.fault(CERT, "certificate and key belong together"),
        _ => {}
    }
    if form.is_changed(KEY_KEEP) || form.is_changed(KEY_SOURCE) {
        let from = form.chosen(KEY_KEEP).checked_sub(1);
        tls.key_password = from.map_or(PasswordSource::None, |from| source(form, KEY_SOURCE, from));
    }
    tls.sni = form.some(SNI);
    tls.alpn = form
        .get(ALPN)
        .split([' ', ','])
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect();
    tls.min_version = if form.chosen(MIN_VERSION) == 1 {
        TlsVersion::V13
    } else {
        TlsVersion::V12
    };
    tls.is_insecure = form.is_set(INSECURE);
}
