//! What effects came to.

use super::{
    App, connection_test, connections,
    effect::{Done, Effect},
    publish,
};
use crate::config::PasswordSource;

pub fn on_done(app: &mut App, done: Done) -> Vec<Effect> {
    match done {
        Done::Copied(words) | Done::Note(words) => app.notices.info(words),
        Done::Failed(words) => app.notices.error(words),
        Done::NotOpened(source, words) => {
            if !connection_test::not_opened(app, source, &words) {
                let name = app.connection_name(source).to_owned();
                app.notices.error(format!("{name}: {words}"));
            }
        }
        Done::Refused(id, words) => {
            app.notices.error(words.clone());
            if let Some(id) = id {
                app.pending_filters.remove(&id);
                app.composer.refused(id, words);
                app.unknowns.refused(id);
            }
        }
        Done::ProfileSaved(profile, path) => {
            if let Some(connection) = app
                .connections
                .iter_mut()
                .find(|connection| connection.profile.name == profile.name)
            {
                connection.is_saved = true;
                if matches!(profile.password, PasswordSource::File(_)) {
                    // kept in a file of its own now; the form is to know
                    connection.profile.password = profile.password.clone();
                }
            }
            app.notices.info(format!("saved: {}", path.display()));
        }
        Done::Discovered(url) => connections::discovered(app, url),
        Done::ProfileDeleted { name, text } => connections::deleted(app, &name, text),
        Done::Edited(text) => publish::edited(app, text),
        Done::FileRead(path, bytes) => publish::file_read(app, &path, &bytes),
        Done::ThemeLoaded(name, theme) => {
            app.notices.info(format!("theme: {}", theme.name));
            app.look.theme_name = name;
            app.look.theme = *theme;
        }
        Done::MouseSet(is_captured) => {
            app.look.has_mouse = is_captured;
            app.notices.info(if is_captured {
                "the mouse works here"
            } else {
                "the mouse selects text; M takes it back"
            });
        }
        Done::Resumed { width, height } => {
            app.size = ratatui::layout::Size::new(width, height);
            app.settle();
        }
    }
    Vec::new()
}
