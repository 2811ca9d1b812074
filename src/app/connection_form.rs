//! The connection form: a profile being written.

use super::{App, effect::Effect, form::Form, overlay::Overlay};
use crate::{
    config::{BrokerUrl, PasswordSource, Profile, Secret},
    event::SourceId,
    mqtt::{ProtocolChoice, ProtocolVersion},
};

const NAME: &str = "Name";
const URL: &str = "URL";
const USER: &str = "User";
const PASSWORD: &str = "Password";
const KEEP: &str = "Keep password";
const CLIENT_ID: &str = "Client id";
const PROTOCOL: &str = "Protocol";
const READ_ONLY: &str = "Read only";
const SAVE: &str = "Save as profile";

const PROTOCOLS: [ProtocolChoice; 4] = [
    ProtocolChoice::Auto,
    ProtocolChoice::Exactly(ProtocolVersion::V5),
    ProtocolChoice::Exactly(ProtocolVersion::V311),
    ProtocolChoice::Exactly(ProtocolVersion::V31),
];

/// The form, and what it started from.
#[derive(Debug)]
pub struct ConnectionForm {
    /// The fields.
    pub form: Form,
    /// The connection being changed; `None`: a new one.
    editing: Option<SourceId>,
    /// What the form does not show stays as it is here.
    base: Profile,
}

/// Opens an empty form.
pub fn add(app: &mut App) {
    show(
        app,
        "New connection",
        Profile::new("", BrokerUrl::localhost()),
        None,
        true,
    );
}

/// Opens the form with the selected connection's profile.
pub fn edit(app: &mut App) {
    if let Some((source, profile, is_saved)) = selected(app) {
        show(app, "Edit connection", profile, Some(source), is_saved);
    }
}

/// Opens the form with a copy of the selected connection's profile.
pub fn duplicate(app: &mut App) {
    if let Some((_, mut profile, _)) = selected(app) {
        profile.name.push_str("-copy");
        show(app, "New connection", profile, None, true);
    }
}

fn selected(app: &App) -> Option<(SourceId, Profile, bool)> {
    let connection = app.connection(app.scope()?)?;
    Some((connection.source, connection.profile.clone(), connection.is_saved))
}

fn show(app: &mut App, title: &str, base: Profile, editing: Option<SourceId>, is_saved: bool) {
    let url = if base.name.is_empty() && editing.is_none() {
        String::new()
    } else {
        base.url.to_string()
    };
    let protocol = PROTOCOLS
        .iter()
        .position(|choice| *choice == base.protocol)
        .unwrap_or(0);
    let form = Form::new(title)
        .text(NAME, &base.name, "as listed; empty: the host")
        .text(URL, &url, "mqtt://HOST:PORT, or HOST, or HOST:PORT")
        .text(USER, base.username.as_deref().unwrap_or_default(), "empty: none")
        .secret(
            PASSWORD,
            "empty: as before, or none; never written into the profile",
        )
        .choice(
            KEEP,
            &["in memory", "in a 0600 file"],
            0,
            "where a typed password is kept",
        )
        .text(
            CLIENT_ID,
            &base.client_id,
            "{host} and {rand4} are filled in; never a device's own id",
        )
        .choice(
            PROTOCOL,
            &["auto", "5", "3.1.1", "3.1"],
            protocol,
            "auto: 5, and 3.1.1 where the broker does not know it",
        )
        .flag(READ_ONLY, base.read_only, "no publishing over this connection")
        .flag(SAVE, is_saved, "write it to profiles/NAME.toml");
    app.open(Overlay::Connection(Box::new(ConnectionForm {
        form,
        editing,
        base,
    })));
}

/// Checks the form, opens the connection and saves the profile; faults stay in the form.
pub fn submit(app: &mut App) -> Vec<Effect> {
    let taken: Vec<(SourceId, String)> = app
        .connections
        .iter()
        .map(|c| (c.source, c.profile.name.clone()))
        .collect();
    let Some(Overlay::Connection(open)) = app.overlays.last_mut() else {
        return Vec::new();
    };
    let Some((mut profile, password)) = open.read(&taken) else {
        return Vec::new();
    };
    let (editing, is_saved, keeps_file) = (open.editing, open.form.is_set(SAVE), open.form.chosen(KEEP) == 1);
    let renamed_from = editing
        .map(|_| open.base.name.clone())
        .filter(|old| *old != profile.name);
    app.overlays.pop();
    let mut effects = Vec::new();
    if let Some(secret) = &password {
        profile.password = PasswordSource::Memory(secret.clone());
    }
    if is_saved {
        let password = password.filter(|_| keeps_file);
        effects.push(Effect::SaveProfile {
            profile: Box::new(profile.clone()),
            renamed_from,
            password,
        });
    }
    effects.extend(app.put_connection(editing, profile, is_saved));
    effects
}

impl ConnectionForm {
    /// The profile and a typed password, or marks what is wrong.
    fn read(&mut self, taken: &[(SourceId, String)]) -> Option<(Profile, Option<Secret>)> {
        self.form.clear_faults();
        let url = self.form.get(URL).parse::<BrokerUrl>();
        let is_taken = |name: &str| {
            taken
                .iter()
                .any(|(source, other)| other == name && Some(*source) != self.editing)
        };
        let name = match (self.form.get(NAME), &url) {
            (name, Ok(url)) if name.is_empty() && is_taken(&url.host) => format!("{}-{}", url.host, url.port),
            (name, Ok(url)) if name.is_empty() => url.host.clone(),
            (name, _) => name,
        };
        self.check_name(&name, taken);
        let url = match url {
            Ok(url) => Some(url),
            Err(error) => {
                self.form.fault(URL, error.to_string());
                None
            }
        };
        if self.form.has_faults() {
            return None;
        }
        let user = self.form.get(USER);
        let password = self.form.get(PASSWORD);
        let mut profile = Profile {
            name,
            url: url?,
            ..self.base.clone()
        };
        profile.username = (!user.is_empty()).then_some(user);
        profile.client_id = self.form.get(CLIENT_ID);
        profile.protocol = PROTOCOLS
            .get(self.form.chosen(PROTOCOL))
            .copied()
            .unwrap_or_default();
        profile.read_only = self.form.is_set(READ_ONLY);
        let password = (!password.is_empty()).then(|| Secret::new(password.into_bytes()));
        Some((profile, password))
    }

    fn check_name(&mut self, name: &str, taken: &[(SourceId, String)]) {
        if taken
            .iter()
            .any(|(source, other)| other == name && Some(*source) != self.editing)
        {
            self.form
                .fault(NAME, format!("\"{name}\" is taken; choose another name"));
        } else if self.form.is_set(SAVE) && (name.contains(['/', '\\', '\0']) || name.starts_with('.')) {
            self.form
                .fault(NAME, "the name becomes a file's: no slash, no dot in front");
        }
    }
}
