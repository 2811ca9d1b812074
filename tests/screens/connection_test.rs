//! Asking for a password, and the test of a connection.

use mqttscope::{
    app::effect::{Done, Effect},
    config::PasswordSource,
    event::{Command, ConnectionState, ConnectionStatus, Failure, FailureKind, Phase, Record, SourceId},
    mqtt::ReasonCode,
};

use crate::{
    connection_form::full,
    screen::{Screen, failure, profile, screen},
};

fn no_password(code: u8) -> ConnectionState {
    ConnectionState::Refused(Failure {
        code: Some(ReasonCode(code)),
        phase: Some(Phase::Connect),
        ..failure(
            FailureKind::Refused,
            "bad user name or password (0x86)",
            "check them",
        )
    })
}

#[test]
fn refused_user_is_asked_for_a_password_kept_in_memory_only() {
    let mut lab = profile("lab");
    lab.username = Some("dash".into());
    let mut screen = screen()
        .opened_with(lab)
        .state(no_password(0x86))
        .shows("Enter on it asks for user and password")
        .keys("<esc>1<enter>")
        .snapshot_at_each_size("connections-password")
        .keys("s3cret")
        .hides("s3cret");
    screen.take_effects();
    let mut screen = screen.keys("<enter>");
    let effects = screen.take_effects();
    let opened = effects.iter().find_map(|effect| match effect {
        Effect::Open(_, profile, _) => Some(profile),
        _ => None,
    });
    assert!(
        matches!(&opened.unwrap().password, PasswordSource::Memory(secret) if secret.expose().as_ref() == b"s3cret")
    );
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::SaveProfile { .. }))
    );
    assert!(!format!("{effects:?}").contains("s3cret"));
}

#[test]
fn password_of_a_command_is_not_asked_for() {
    let mut lab = profile("lab");
    lab.password = PasswordSource::Env("X".into());
    let mut screen = screen()
        .opened_with(lab)
        .state(no_password(0x87))
        .keys("<esc>1<enter>");
    let source = screen.source();
    assert!(
        screen
            .take_effects()
            .contains(&Effect::Send(source, Command::Connect))
    );
}

/// A test of `lab` that has begun, and the source it uses.
fn tested() -> (Screen, SourceId) {
    let mut lab = profile("lab");
    lab.will = full().will;
    let mut screen = screen().saved(lab).keys("1v");
    let opened = screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Open(source, profile, _) => Some((source, profile)),
        _ => None,
    });
    let (source, profile) = opened.expect("a connection is opened");
    assert_eq!(profile.will, None);
    assert_eq!(profile.client_id, "mqttscope-test-{rand4}");
    (screen, source)
}

fn said(screen: Screen, source: SourceId, state: ConnectionState) -> Screen {
    let record = Record::Status(Box::new(ConnectionStatus { after_us: 0, state }));
    screen.records_of(source, vec![record])
}

#[test]
fn test_goes_through_the_stages_and_ends_its_connection() {
    let (screen, source) = tested();
    let connecting = |phase| ConnectionState::Connecting { attempt: 1, phase };
    let screen = said(screen, source, connecting(Phase::Dns));
    let screen = said(screen.pass(0.01), source, connecting(Phase::Tcp)).shows("TCP");
    let mut facts = crate::screen::facts(&profile("lab"));
    facts.subscriptions[1].1 = Some(ReasonCode::NOT_AUTHORIZED);
    let mut screen = said(screen, source, ConnectionState::Connected(Box::new(facts)))
        .shows("all stages passed")
        .snapshot_at_each_size("connections-test");
    assert_eq!(screen.take_effects(), [Effect::Close(source)]);
    assert_eq!(screen.app.connections.len(), 1, "the test is not listed");
}

#[test]
fn test_that_does_not_fit_shows_its_end() {
    let (screen, source) = tested();
    screen
        .resize(60, 16)
        .done(Done::NotOpened(
            source,
            "a command said very much. ".repeat(40) + "the end",
        ))
        .shows("the end")
        .shows(" above ");
}

#[test]
fn test_that_fails_says_where_and_one_that_is_closed_ends() {
    let (screen, source) = tested();
    let screen = said(
        screen,
        source,
        ConnectionState::Connecting {
            attempt: 1,
            phase: Phase::Connect,
        },
    );
    let mut screen = said(screen, source, no_password(0x86))
        .shows("bad user name or password (0x86)")
        .shows("check them")
        .snapshot("connections-test-refused");
    assert_eq!(screen.take_effects(), [Effect::Close(source)]);
    let (screen, source) = tested();
    let mut screen = screen.keys("<esc>").hides("Test of lab");
    assert_eq!(screen.take_effects(), [Effect::Close(source)]);
    let (screen, source) = tested();
    screen
        .done(Done::NotOpened(source, "password_env: X is not set".into()))
        .shows("PROFILE")
        .shows("password_env: X is not set");
}
