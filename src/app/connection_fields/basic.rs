//! The first page: name, broker, user, where the password comes from.

use crate::{
    app::form::Form,
    config::{PasswordSource, Profile},
    mqtt::{ProtocolChoice, ProtocolVersion},
    text,
};

pub const NAME: &str = "Name";
pub const GROUP: &str = "Group";
pub const URL: &str = "URL";
const USER: &str = "User";
pub const PASSWORD: &str = "Password";
pub const KEEP: &str = "Password is kept";
const SOURCE: &str = "Password from";
const METHOD: &str = "Authentication";
const CLIENT_ID: &str = "Client id";
const PROTOCOL: &str = "Protocol";
const READ_ONLY: &str = "Read only";
pub const SAVE: &str = "Save as profile";

const PROTOCOLS: [ProtocolChoice; 4] = [
    ProtocolChoice::Auto,
    ProtocolChoice::Exactly(ProtocolVersion::V5),
    ProtocolChoice::Exactly(ProtocolVersion::V311),
    ProtocolChoice::Exactly(ProtocolVersion::V31),
];

/// Where a password comes from: the first two are for one that is typed.
const KEEPS: &[&str] = &["in memory", "own 0600 file", "file", "variable", "command"];
/// The choice that keeps a typed password in a file of its own.
pub const OWN_FILE: usize = 1;

/// Adds the page.
pub fn add(form: Form, profile: &Profile, url: &str, is_saved: bool) -> Form {
    let protocol = PROTOCOLS.iter().position(|choice| *choice == profile.protocol);
    let (from, source) = parts(&profile.password);
    form.page("Basic")
        .text(NAME, profile.short_name(), "as listed; empty: the host")
        .text(
            URL,
            url,
            "mqtt://HOST:PORT, or HOST, or HOST:PORT; mqtts:// and wss:// with TLS",
        )
        .text(
            USER,
            profile.username.as_deref().unwrap_or_default(),
            "empty: none",
        )
        .secret(
            PASSWORD,
            "empty: as before, or asked for; never written into the profile",
        )
        .choice(
            KEEP,
            KEEPS,
            from.map_or(0, |from| from + OWN_FILE + 1),
            "a typed one in memory or in a file of its own; or where to get it at each start",
        )
        .text(
            SOURCE,
            &source,
            "path of a file, name of a variable, or command with arguments; its first line counts",
        )
        .text(
            METHOD,
            profile.authentication_method.as_deref().unwrap_or_default(),
            "a method of MQTT 5: SCRAM-SHA-256 proves the password instead of sending it; empty: none",
        )
        .text(
            CLIENT_ID,
            &profile.client_id,
            "{host} and {rand4} are filled in; never a device's own id",
        )
        .choice(
            PROTOCOL,
            &["auto", "5", "3.1.1", "3.1"],
            protocol.unwrap_or(0),
            "auto: 5, and 3.1.1 where the broker does not know it",
        )
        .text(
            GROUP,
            profile.group().unwrap_or_default(),
            "a folder for profiles that belong together; empty: none",
        )
        .flag(READ_ONLY, profile.read_only, "no publishing over this connection")
        .flag(
            SAVE,
            is_saved,
            "write it to profiles/NAME.toml, or profiles/GROUP/NAME.toml",
        )
}

/// A typed password and where it comes from are shown one at a time.
pub fn refresh(form: &mut Form) {
    let is_typed = form.chosen(KEEP) <= OWN_FILE;
    form.hide(PASSWORD, !is_typed);
    form.hide(SOURCE, is_typed);
}

/// Takes the page's values; name, group, URL and a typed password are not among them.
pub fn read(form: &mut Form, base: &Profile, profile: &mut Profile) {
    profile.username = form.some(USER);
    profile.client_id = form.get(CLIENT_ID);
    profile.protocol = PROTOCOLS.get(form.chosen(PROTOCOL)).copied().unwrap_or_default();
    profile.read_only = form.is_set(READ_ONLY);
    if form.is_changed(KEEP) || form.is_changed(SOURCE) {
        let kept = match &base.password {
            PasswordSource::Memory(secret) => PasswordSource::Memory(secret.clone()),
            _ => PasswordSource::None,
        };
        let from = form.chosen(KEEP).checked_sub(OWN_FILE + 1);
        profile.password = from.map_or(kept, |from| source(form, SOURCE, from));
    }
    read_method(form, profile);
}

/// The kind of a source that is not typed, from 0, and what it names.
pub fn parts(source: &PasswordSource) -> (Option<usize>, String) {
    match source {
        PasswordSource::None | PasswordSource::Memory(_) => (None, String::new()),
        PasswordSource::File(path) => (Some(0), path.display().to_string()),
        PasswordSource::Env(name) => (Some(1), name.clone()),
        PasswordSource::Command(words) => (Some(2), text::join_words(words.iter().map(String::as_str))),
    }
}

/// The other way round; marks what is wrong.
pub fn source(form: &mut Form, label: &str, kind: usize) -> PasswordSource {
    let Some(named) = form.some(label) else {
        let what = ["names no file", "names no variable", "names no command"];
        form.fault(label, what.get(kind).copied().unwrap_or_default());
        return PasswordSource::None;
    };
    match kind {
        0 => PasswordSource::File(named.into()),
        1 => PasswordSource::Env(named),
        _ => match text::split_words(&named) {
            Some(words) => PasswordSource::Command(words),
            None => {
                form.fault(label, "a quote is not closed");
                PasswordSource::None
            }
        },
    }
}

/// The method of enhanced authentication; its data goes with it.
fn read_method(form: &mut Form, profile: &mut Profile) {
    profile.authentication_method = form.some(METHOD);
    if profile.authentication_method.is_none() {
        profile.authentication_data = PasswordSource::None;
        return;
    }
    if let ProtocolChoice::Exactly(version) = profile.protocol
        && version < ProtocolVersion::V5
    {
        form.fault(METHOD, format!("needs MQTT 5, and the protocol is {version}"));
    }
}
