//! The connection form: a profile being written.

use crossterm::event::KeyEvent;

use super::{
    App,
    connection_fields::{self, GROUP, KEEP, NAME, OWN_FILE, PASSWORD, SAVE, URL},
    effect::Effect,
    form::Form,
    overlay::Overlay,
};
use crate::{
    config::{self, BrokerUrl, PasswordSource, Profile, Secret},
    event::SourceId,
};

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
    let form = connection_fields::form(title, &base, &url, is_saved);
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
    let (editing, is_saved, keeps_file) = (
        open.editing,
        open.form.is_set(SAVE),
        open.form.chosen(KEEP) == OWN_FILE,
    );
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
    /// Takes a key as typing.
    pub fn key(&mut self, event: KeyEvent) {
        self.form.key(event);
        connection_fields::refresh(&mut self.form);
    }

    /// The profile and a typed password, or marks what is wrong.
    fn read(&mut self, taken: &[(SourceId, String)]) -> Option<(Profile, Option<Secret>)> {
        self.form.clear_faults();
        let url = self.form.get(URL).parse::<BrokerUrl>();
        let name = self.name(url.as_ref().ok(), taken);
        self.check_name(&name, taken);
        let url = self.form.checked(URL, url);
        let mut profile = connection_fields::read(&mut self.form, &self.base);
        if self.form.has_faults() {
            return None;
        }
        (profile.name, profile.url) = (name, url?);
        let is_typed = self.form.chosen(KEEP) <= OWN_FILE;
        let password = Some(self.form.get(PASSWORD)).filter(|password| is_typed && !password.is_empty());
        Some((
            profile,
            password.map(|password| Secret::new(password.into_bytes())),
        ))
    }

    /// As typed, or the host's; in its group.
    fn name(&self, url: Option<&BrokerUrl>, taken: &[(SourceId, String)]) -> String {
        let in_group = |name: String| match self.form.some(GROUP) {
            Some(group) => format!("{group}/{name}"),
            None => name,
        };
        match (self.form.some(NAME), url) {
            (Some(name), _) => in_group(name),
            (None, Some(url)) => {
                let name = in_group(url.label().to_owned());
                if self.is_taken(&name, taken) {
                    format!("{name}-{}", url.port)
                } else {
                    name
                }
            }
            (None, None) => String::new(),
        }
    }

    fn is_taken(&self, name: &str, taken: &[(SourceId, String)]) -> bool {
        let is_other = |source: &SourceId| Some(*source) != self.editing;
        taken
            .iter()
            .any(|(source, other)| other == name && is_other(source))
    }

    fn check_name(&mut self, name: &str, taken: &[(SourceId, String)]) {
        let allowed = "letters, digits, - _ . and spaces, no dot or dash in front";
        let group = self.form.get(GROUP);
        if self.is_taken(name, taken) {
            self.form
                .fault(NAME, format!("\"{name}\" is taken; choose another name"));
        } else if !group.is_empty() && !config::is_file_stem(&group) {
            self.form
                .fault(GROUP, format!("the group becomes a folder's name: {allowed}"));
        } else if !name.is_empty() && self.form.is_set(SAVE) && !config::is_profile_name(name) {
            self.form
                .fault(NAME, format!("the name becomes a file's: {allowed}"));
        }
    }
}
