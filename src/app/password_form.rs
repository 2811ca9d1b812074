//! Asking for a password after a broker has refused without one, or with a wrong one: kept in memory only.

use super::{App, effect::Effect, form::Form, overlay::Overlay};
use crate::{
    config::{PasswordSource, Secret},
    event::{ConnectionState, SourceId},
};

const USER: &str = "User";
const PASSWORD: &str = "Password";

/// The form and the connection it is for.
#[derive(Debug, Clone)]
pub struct PasswordForm {
    source: SourceId,
    /// The fields.
    pub form: Form,
}

/// Whether a connection was refused for its user or password, and these are ours to give.
pub fn is_wanted(app: &App, source: SourceId) -> bool {
    let Some(connection) = app.connection(source) else {
        return false;
    };
    let is_typed = matches!(
        connection.profile.password,
        PasswordSource::None | PasswordSource::Memory(_)
    );
    let state = app.model.connection(source).map(|known| &known.state);
    is_typed && matches!(state, Some(ConnectionState::Refused(failure)) if failure.is_about_credentials())
}

/// Opens the form.
pub fn open(app: &mut App, source: SourceId) {
    let Some(connection) = app.connection(source) else {
        return;
    };
    let user = connection.profile.username.clone().unwrap_or_default();
    let mut form = Form::new(format!("{} asks who connects", connection.profile.name))
        .text(USER, &user, "as the broker knows it")
        .secret(
            PASSWORD,
            "kept in memory until mqttscope ends; e in the connections keeps it in a file",
        );
    form.at = usize::from(!user.is_empty());
    app.open(Overlay::Password(Box::new(PasswordForm { source, form })));
}

/// Takes user and password and connects again.
pub fn submit(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Password(open)) = app.overlays.pop() else {
        return Vec::new();
    };
    let Some(connection) = app.connection(open.source) else {
        return Vec::new();
    };
    let (mut profile, is_saved) = (connection.profile.clone(), connection.is_saved);
    profile.username = open.form.some(USER);
    let password = open.form.get(PASSWORD);
    if !password.is_empty() {
        profile.password = PasswordSource::Memory(Secret::new(password.into_bytes()));
    }
    app.put_connection(Some(open.source), profile, is_saved)
}
