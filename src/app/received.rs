//! Traffic arriving: into the model, and what a person should be told of it.

use super::{App, action::Action, composer, connection_test, password_form, subscribe};
use crate::{
    event::{Batch, ConnectionState, FailureKind, OperationEnded, OperationKind, Outcome, SourceId, UNTOLD},
    model::{Notice, NoticeKind},
    mqtt::ProtocolVersion,
};

pub fn receive(app: &mut App, batches: Vec<Batch>) {
    for batch in batches {
        if connection_test::take(app, &batch) {
            continue;
        }
        for notice in app.model.apply(batch, app.now.mono_us) {
            on_notice(app, notice);
        }
    }
}

fn on_notice(app: &mut App, notice: Notice) {
    match notice.what {
        NoticeKind::OperationEnded(ended) => on_operation(app, notice.source, &ended),
        NoticeKind::StateChanged { before, now } => on_state(app, notice.source, &before, &now),
        NoticeKind::Violation {
            packet_type, anomaly, ..
        } => {
            let name = app.connection_name(notice.source).to_owned();
            let packet = packet_type.map_or("packet", |packet_type| packet_type.name());
            app.notices
                .warn(format!("{name}: {packet} breaks the protocol: {}", anomaly.what));
        }
        NoticeKind::Untold => {
            let name = app.connection_name(notice.source).to_owned();
            app.notices.warn(format!("{name}: {UNTOLD}"));
        }
        NoticeKind::Dropped { messages, .. } => {
            let name = app.connection_name(notice.source).to_owned();
            app.notices
                .warn(format!("{name}: {messages} messages dropped under load"));
        }
    }
}

fn on_operation(app: &mut App, source: SourceId, ended: &OperationEnded) {
    let version = match app.model.connection(source).map(|connection| &connection.state) {
        Some(ConnectionState::Connected(facts)) => facts.version,
        _ => ProtocolVersion::V5,
    };
    match ended.kind {
        OperationKind::Publish => {
            app.composer
                .ended(ended.id, &ended.outcome, ended.took.as_millis());
            let (words, is_ok) = composer::describe(&ended.outcome, ended.took.as_millis());
            app.unknowns.ended(ended.id, &ended.outcome);
            if ended.outcome == Outcome::Unknown {
                say_unknown(app, source);
            } else if !is_ok && !app.composer.is_open {
                app.notices.error(words);
            }
        }
        OperationKind::Subscribe | OperationKind::Unsubscribe => {
            if let Some(filters) = app.pending_filters.remove(&ended.id) {
                let is_subscribe = ended.kind == OperationKind::Subscribe;
                subscribe::ended(app, &filters, &ended.outcome, is_subscribe, version);
            }
        }
    }
}

/// Names the key behind which publishes whose end is unknown can be sent again.
fn say_unknown(app: &mut App, source: SourceId) {
    let name = app.connection_name(source).to_owned();
    let count = app.unknowns.kept().len();
    let what = if count == 1 {
        "1 publish".into()
    } else {
        format!("{count} publishes")
    };
    let key = app.keys.keys(Action::UnknownPublishes).next();
    let lists = key.map_or_else(String::new, |key| format!("{key} lists "));
    app.notices.error(format!(
        "{lists}{what} of {name} that ended unknown, and may have arrived"
    ));
}

fn on_state(app: &mut App, source: SourceId, before: &ConnectionState, now: &ConnectionState) {
    let name = app.connection_name(source).to_owned();
    if is_same_news(before, now) {
        return;
    }
    match now {
        ConnectionState::Refused(failure) => {
            let advice = if failure.advice.is_empty() {
                String::new()
            } else {
                format!("; {}", failure.advice)
            };
            let advice = if password_form::is_wanted(app, source) {
                "; Enter on it asks for user and password"
            } else {
                advice.as_str()
            };
            app.notices.error(format!("{name}: {}{advice}", failure.what));
        }
        ConnectionState::Waiting {
            attempt: 2, failure, ..
        } => app.notices.warn(format!("{name}: {}", failure.what)),
        // What was said of the connection while it stood is over.
        ConnectionState::Waiting { failure, .. }
            if failure.kind == FailureKind::Violation || matches!(before, ConnectionState::Connected(_)) =>
        {
            app.notices.warn(format!("{name}: {}", failure.what));
        }
        ConnectionState::Connected(facts) => {
            let session = match facts.resumption_in_words() {
                Some(words) => format!("; {words}"),
                None => String::new(),
            };
            app.notices
                .mended(format!("{name}: connected, MQTT {}{session}", facts.version));
        }
        ConnectionState::Waiting { attempt, failure, .. } => {
            app.notices
                .log(format!("{name}: {}; try {attempt} comes", failure.what));
        }
        ConnectionState::Idle => app.notices.log(format!("{name}: disconnected")),
        ConnectionState::Connecting { attempt: 1, .. } => app.notices.log(format!("{name}: connecting")),
        ConnectionState::Connecting { .. } => {}
    }
}

/// Facts are told again after each SUBACK, a wait after each look at it: no news for people.
fn is_same_news(before: &ConnectionState, now: &ConnectionState) -> bool {
    use ConnectionState::{Connected, Connecting, Waiting};
    match (before, now) {
        (Connected(_), Connected(_)) => true,
        (Waiting { attempt: was, .. }, Waiting { attempt: is, .. }) => was == is,
        (Connecting { attempt: was, .. }, Connecting { attempt: is, .. }) => was == is,
        _ => false,
    }
}
