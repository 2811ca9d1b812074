//! The connections pane, its form and its facts.

use mqttscope::{
    app::effect::{Done, Effect},
    config::{PasswordSource, Profile, parse_property},
    event::{Command, ConnectionState, ConnectionStatus, Failure, FailureKind, Phase, Record, SourceId},
    mqtt::{Message, Property, PropertyId, QoS, ReasonCode, TopicName, Will},
};

use crate::screen::{Screen, failure, profile, screen};

/// One connected, one retrying, one refused, one only listed.
fn several() -> Screen {
    let mut prod = profile("prod");
    prod.read_only = true;
    screen()
        .connected("home")
        .receive("home/door", "open")
        .opened("plant")
        .waiting(3, 4.0, "connection refused: nothing listens on 192.0.2.7:1883")
        .opened("lab")
        .refused(
            "not authorized (0x87)",
            "the broker wants other credentials, or its access list refuses this client",
        )
        .saved(prod)
        .keys("<esc>1")
}

#[test]
fn several_connections_each_say_where_they_stand() {
    several().snapshot_at_each_size("connections-several");
}

#[test]
fn refusal_is_told_in_words_with_a_way_out() {
    screen()
        .opened("lab")
        .refused("not authorized (0x87)", "check user name and password (-u, -P)")
        .shows("lab: not authorized (0x87); check user name and password")
        .keys("<esc>")
        .shows("✗ lab")
        .snapshot_at_each_size("connections-refused");
}

#[test]
fn waiting_counts_down_to_the_next_try() {
    let mut screen = screen().opened("plant").waiting(3, 4.0, "connection refused");
    for left in ["try 3 in 4s", "try 3 in 3s", "try 3 in 2s"] {
        screen = screen.shows(left).pass(1.0);
    }
}

#[test]
fn waiting_wakes_the_screen_every_second() {
    let mut screen = screen()
        .opened("plant")
        .waiting(3, 40.0, "connection refused")
        .pass(20.0);
    screen.app.dirty = mqttscope::app::Dirty::Clean;
    let next = screen.app.next_change_us().expect("a countdown is in view");
    assert!(next - screen.now.mono_us <= 1_000_000);
}

#[test]
fn connecting_names_the_step_it_is_in() {
    screen()
        .opened("lab")
        .state(ConnectionState::Connecting {
            attempt: 2,
            phase: Phase::Tcp,
        })
        .shows("TCP try 2");
}

#[test]
fn all_row_shows_every_connection_and_a_connection_only_its_own() {
    let both = screen()
        .connected("home")
        .receive("door/front", "open")
        .connected("plant")
        .receive("press/bar", "118")
        .keys("1g")
        .shows("CONN")
        .shows("door/front")
        .shows("press/bar");
    let home = both
        .keys("j")
        .hides("press/bar")
        .shows("door/front")
        .hides("CONN");
    home.keys("j").shows("press/bar").hides("door/front");
}

#[test]
fn all_row_reads_well() {
    screen()
        .connected("home")
        .house()
        .connected("plant")
        .receive("press/bar", "118")
        .keys("1g3")
        .snapshot_at_each_size("connections-all");
}

#[test]
fn enter_retries_what_was_refused_and_shows_facts_of_what_stands() {
    let mut refused = screen()
        .opened("lab")
        .refused("not authorized (0x87)", "")
        .keys("1<enter>");
    let source = refused.source();
    assert!(
        refused
            .take_effects()
            .contains(&Effect::Send(source, Command::Connect))
    );
    screen().connected("lab").keys("1<enter>").shows("Connection lab");
}

#[test]
fn facts_say_what_the_broker_said() {
    screen()
        .connected_with(profile("lab"), |facts| {
            facts.limits.maximum_packet_size = Some(1 << 20);
            facts.resumption = Some(mqttscope::event::Resumption {
                unknown: 1,
                renewed: 2,
                ..Default::default()
            });
            facts.properties = [
                Property::ServerKeepAlive(30),
                Property::SharedSubscriptionAvailable(0),
                Property::ServerReference("b.example".into()),
            ]
            .into_iter()
            .collect();
            facts.subscriptions[1].1 = Some(ReasonCode::NOT_AUTHORIZED);
        })
        .receive("a", "1")
        .keys("1i")
        .snapshot_at_each_size("connections-facts");
}

/// A broker that says much: three certificates, twenty subscriptions, eight user properties, one of them endless.
fn talkative() -> Screen {
    let mut profile = profile("lab");
    let one = profile.subscriptions[0].clone();
    profile.subscriptions = (1..=20)
        .map(|number| mqttscope::mqtt::Subscription {
            filter: mqttscope::mqtt::TopicFilter::new(&format!("line/{number}/+")).unwrap(),
            ..one.clone()
        })
        .collect();
    screen().connected_with(profile, |facts| {
        let certificate = |name: &str, days_left| mqttscope::event::Certificate {
            subject: format!("CN={name}"),
            issuer: "CN=Lab CA".into(),
            names: vec!["lab.lan".into(), "broker.lab.lan".into()],
            days_left,
        };
        facts.tls = Some(Box::new(mqttscope::event::TlsFacts {
            version: "TLS 1.3".into(),
            cipher: "TLS13_AES_256_GCM_SHA384".into(),
            alpn: Some("mqtt".into()),
            chain: vec![
                certificate("lab.lan", 300),
                certificate("Lab Intermediate", 12),
                certificate("Lab CA", 3_000),
            ],
            is_insecure: false,
            complaint: None,
        }));
        facts.properties = (1..=8)
            .map(|number| {
                let value = if number == 8 {
                    "wordy ".repeat(20_000)
                } else {
                    "x".into()
                };
                Property::UserProperty((format!("key {number}"), value))
            })
            .collect();
    })
}

#[test]
fn facts_scroll_and_say_how_much_lies_below() {
    let small = || talkative().resize(60, 16).keys("1i");
    small().snapshot("connections-facts-long-first");
    small()
        .keys("<pgdn>jj<down>")
        .snapshot("connections-facts-long-later");
    small()
        .keys("G")
        .shows("messages")
        .hides(" more ")
        .keys("k")
        .shows("1 more")
        .keys("g")
        .shows("mqtt://lab.lan");
    small().wheel(30, 8, 1).hides("mqtt://lab.lan").shows("3 above");
    talkative()
        .keys("1i<pgdn><pgdn><pgdn>")
        .shows("the rest is not shown: 117.2 KiB in all");
}

#[test]
fn facts_that_became_fewer_are_still_in_view() {
    talkative()
        .resize(60, 16)
        .keys("1iG")
        .refused("not authorized (0x87)", "")
        .shows("not authorized (0x87)");
}

#[test]
fn new_connection_is_asked_for_in_a_form() {
    screen()
        .keys("a")
        .snapshot_at_each_size("connections-form")
        .resize(120, 36)
        .keys("lab<tab>pi.lan:1884<tab>dash<tab>s3cret")
        .hides("s3cret")
        .snapshot("connections-form-filled");
}

#[test]
fn form_saves_the_profile_and_opens_it_at_once() {
    let mut screen = screen().keys("alab<tab>pi.lan:1884<tab>dash<tab>s3cret<enter>");
    let effects = screen.take_effects();
    let saved = effects.iter().find_map(|effect| match effect {
        Effect::SaveProfile {
            profile, password, ..
        } => Some((profile, password)),
        _ => None,
    });
    let (saved, password) = saved.expect("a profile is saved");
    assert_eq!(
        (saved.name.as_str(), saved.url.port, saved.username.as_deref()),
        ("lab", 1884, Some("dash"))
    );
    assert!(password.is_none(), "a password goes into a file on request only");
    let opened = effects.iter().find_map(|effect| match effect {
        Effect::Open(_, profile, _) => Some(profile),
        _ => None,
    });
    let opened = opened.expect("it is opened");
    assert!(
        matches!(&opened.password, PasswordSource::Memory(secret) if secret.expose().as_ref() == b"s3cret")
    );
    assert!(!format!("{effects:?}").contains("s3cret"));
}

#[test]
fn faulty_fields_are_marked_and_nothing_is_saved() {
    let mut screen = screen()
        .saved(profile("lab"))
        .keys("alab<tab>ftp://pi.lan<enter>")
        .snapshot("connections-form-faults")
        .shows("\"lab\" is taken");
    assert!(screen.take_effects().is_empty());
    // The second fault is said as soon as its field has the keys.
    let mut screen = screen.keys("2<tab>");
    assert!(screen.text().contains("ftp"), "{}", screen.text());
}

#[test]
fn escape_closes_the_form_without_a_connection() {
    let mut screen = screen().keys("alab<tab>pi.lan<esc>").hides("New connection");
    assert!(screen.take_effects().is_empty());
    assert!(screen.app.connections.is_empty());
}

#[test]
fn deleted_profile_comes_back_with_undo() {
    let mut screen = screen().saved(profile("old")).saved(profile("new")).keys("1gx");
    assert_eq!(screen.take_effects(), [Effect::DeleteProfile("old".into())]);
    let mut screen = screen
        .done(Done::ProfileDeleted {
            name: "old".into(),
            text: "url = \"mqtt://old.lan\" # mine\n".into(),
        })
        .shows("old deleted; U brings it back")
        .keys("U")
        .shows("old is back");
    let restored = Effect::RestoreProfile {
        name: "old".into(),
        text: "url = \"mqtt://old.lan\" # mine\n".into(),
    };
    assert_eq!(screen.take_effects(), [restored]);
    assert_eq!(screen.app.connections.len(), 2);
}

#[test]
fn disconnect_is_asked_of_the_worker() {
    let mut screen = screen().connected("lab").keys("1c");
    let source = screen.source();
    assert!(
        screen
            .take_effects()
            .contains(&Effect::Send(source, Command::Disconnect))
    );
    screen.state(ConnectionState::Idle).shows("disconnected");
}

#[test]
fn messages_stay_when_their_connection_is_lost() {
    screen()
        .connected("lab")
        .receive("a/b", "still here")
        .state(ConnectionState::Waiting {
            attempt: 1,
            retry_at_us: 101_000_000,
            failure: failure(FailureKind::Network, "the broker closed the connection", ""),
        })
        .shows("still here")
        .shows("try 1");
}

#[test]
fn reason_and_advice_are_read_whole_in_the_facts() {
    let reason =
        "the broker closed the connection and said in its own words why it did so, at length: quota used up";
    screen()
        .opened("lab")
        .refused(reason, "ask whoever runs the broker for a larger quota, or connect again tomorrow when it is empty again")
        .keys("1i")
        .shows("quota used up")
        .shows("empty again");
}

#[test]
fn a_lost_connection_is_said_over_that_it_stood() {
    screen()
        .connected("lab")
        .state(ConnectionState::Idle)
        .connected("lab")
        .waiting(3, 1.0, "closed by the broker")
        .hides("connected, MQTT")
        .shows("closed by the broker");
}

#[test]
fn unverified_tls_is_marked_all_the_time() {
    let insecure = |facts: &mut mqttscope::event::Facts| {
        facts.tls = Some(Box::new(mqttscope::event::TlsFacts {
            version: "TLS 1.3".into(),
            cipher: "TLS13_AES_256_GCM_SHA384".into(),
            alpn: None,
            chain: vec![mqttscope::event::Certificate {
                subject: "CN=pi.lan".into(),
                issuer: "CN=Lab CA".into(),
                names: vec!["pi.lan".into()],
                days_left: -3,
            }],
            is_insecure: true,
            complaint: Some("the server's certificate has expired 3 days ago".into()),
        }));
    };
    for (width, height) in [(120, 36), (80, 24), (60, 16)] {
        screen()
            .connected_with(profile("lab"), insecure)
            .resize(width, height)
            .shows("INSECURE");
    }
    screen()
        .connected_with(profile("lab"), insecure)
        .keys("1i")
        .shows("not verified: the server's certificate has expired 3 days ago")
        .shows("CN=pi.lan · expired 3 days ago · for pi.lan · by CN=Lab CA");
}

// ---- the form's pages ----

/// One that holds something on every page.
fn full() -> Profile {
    let mut profile = profile("plant/press");
    profile.url = "mqtts://press.lan".parse().unwrap();
    profile.username = Some("dash".into());
    profile.password = PasswordSource::Command(vec!["pass".into(), "show".into(), "mqtt press".into()]);
    profile.tls.ca = Some("~/ca.pem".into());
    let expiry = parse_property(PropertyId::SessionExpiryInterval, "1h").unwrap();
    let site = parse_property(PropertyId::UserProperty, "site = lab").unwrap();
    profile.properties.connect = [expiry, site].into_iter().collect();
    let delay = parse_property(PropertyId::WillDelayInterval, "30s").unwrap();
    profile.will = Some(Will {
        message: Message {
            topic: TopicName::new("clients/dash").unwrap(),
            payload: "gone".into(),
            qos: QoS::AtLeastOnce,
            retain: true,
            properties: [delay].into_iter().collect(),
        },
    });
    profile
}

fn saved_profile(screen: &mut Screen) -> Profile {
    let saved = screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::SaveProfile { profile, .. } => Some(*profile),
        _ => None,
    });
    saved.expect("a profile is saved")
}

#[test]
fn every_page_of_the_form_reads_well() {
    let page = |keys: &str| screen().saved(full()).keys("1e").keys(keys);
    page("").snapshot_at_each_size("connections-form-basic");
    page("<pgdn>").snapshot_at_each_size("connections-form-tls");
    page("<pgdn><pgdn>").snapshot_at_each_size("connections-form-session");
    page("<pgdn><pgdn><pgdn>").snapshot_at_each_size("connections-form-topics");
    page("<pgup><pgup>").snapshot_at_each_size("connections-form-will");
    page("<pgup>").snapshot_at_each_size("connections-form-advanced");
}

#[test]
fn form_changes_what_was_changed_and_keeps_the_rest() {
    let mut screen = screen().saved(full()).keys("1e<c-s>");
    assert_eq!(saved_profile(&mut screen), full());
    // Session: keep alive, clean start off, session expiry never
    let mut screen = crate::screen::screen()
        .saved(full())
        .keys("1e<pgdn><pgdn>1m<tab><space><tab>never<c-s>");
    let saved = saved_profile(&mut screen);
    assert_eq!((saved.keep_alive, saved.clean_start), (60, false));
    assert_eq!(saved.properties.connect.session_expiry_interval(), Some(u32::MAX));
    assert_eq!(saved.properties.connect.user_properties().count(), 1);
    assert_eq!(saved.will, full().will);
}

#[test]
fn authentication_method_is_set_in_the_form_and_needs_version_5() {
    let keys = "1e<tab><tab><tab><tab><tab>";
    let mut screen = screen()
        .saved(full())
        .keys(keys)
        .shows("proves the password instead of sending it")
        .keys("SCRAM-SHA-256<c-s>");
    let saved = saved_profile(&mut screen);
    assert_eq!(saved.authentication_method.as_deref(), Some("SCRAM-SHA-256"));
    // the protocol is two fields further on: 3.1.1
    crate::screen::screen()
        .saved(full())
        .keys(keys)
        .keys("X<tab><tab>3<c-s>")
        .shows("needs MQTT 5, and the protocol is 3.1.1");
}

#[test]
fn way_to_the_broker_is_set_in_the_form_and_told_in_the_facts() {
    let keys = "1e<pgup><tab><tab><tab><tab>";
    let mut screen = screen()
        .saved(full())
        .keys(keys)
        .keys("http://me@proxy.lan:3128<tab>192.0.2.7<tab>X-Tenant: lab<c-s>");
    let saved = saved_profile(&mut screen);
    assert_eq!(
        saved.proxy.as_ref().map(ToString::to_string).as_deref(),
        Some("http://me@proxy.lan:3128")
    );
    assert_eq!(saved.bind, Some("192.0.2.7".parse().unwrap()));
    assert_eq!(saved.ws_headers[0].line().as_deref(), Some("X-Tenant: lab"));
    let facts = crate::screen::screen().connected_with(saved, |_| {}).keys("1i");
    facts
        .shows("http://me@proxy.lan:3128")
        .shows("192.0.2.7")
        .shows("X-Tenant")
        .hides("X-Tenant: lab");
    let wrong = |typed: &str| {
        crate::screen::screen()
            .saved(full())
            .keys(keys)
            .keys(typed)
            .keys("<c-s>")
    };
    wrong("http://me:hunter2@proxy.lan:1").shows("a password does not belong here");
    wrong("<tab>here").shows("\"here\" is no local address");
    wrong("<tab><tab>Authorization: x").shows("a credential does not belong in this file");
}

#[test]
fn rate_guard_is_a_switch_of_the_form() {
    let mut screen = screen()
        .saved(full())
        .keys("1e<pgup><tab><tab><tab>")
        .shows("drop QoS 0 and count it")
        .keys(" <c-s>");
    let saved = saved_profile(&mut screen);
    assert!(saved.rate_guard && !saved.lenient);
}

#[test]
fn lines_of_the_form_take_enter_and_are_checked_one_by_one() {
    let open = || screen().saved(profile("lab")).keys("1e<pgdn><pgdn><pgdn>");
    let mut screen = open().keys("<enter>home/# [qos 1, id 7]<c-s>");
    let saved = saved_profile(&mut screen);
    assert_eq!(saved.subscriptions.len(), 3);
    assert_eq!(
        saved.subscriptions[2]
            .properties
            .subscription_identifiers()
            .next(),
        Some(7)
    );
    let mut screen = open()
        .keys("<enter>bad#<pgup><pgup><c-s>")
        .shows("bad#: `#` must be alone in the last level")
        .shows("✗Topics");
    assert!(screen.take_effects().is_empty());
}

#[test]
fn fault_on_another_page_is_gone_to() {
    screen()
        .saved(profile("lab"))
        .keys("1e<pgdn>")
        .paste("")
        .keys("<tab><tab>me.pem<pgup><c-s>")
        .shows("certificate and key belong together")
        .shows("✗TLS");
}

#[test]
fn password_can_come_from_a_command_and_its_field_says_what_it_names() {
    let mut screen = screen()
        .saved(profile("lab"))
        .keys("1e<tab><tab><tab><tab><left>")
        .shows("Password from")
        .keys("<tab>pass show \"a b\"<c-s>");
    assert_eq!(
        saved_profile(&mut screen).password,
        PasswordSource::Command(vec!["pass".into(), "show".into(), "a b".into()])
    );
}

#[test]
fn groups_are_listed_together_below_their_name() {
    let mut screen = screen();
    for name in ["plant/press", "home", "attic/lamp", "plant/oven"] {
        screen = screen.saved(profile(name));
    }
    let screen = screen.keys("1g").snapshot_at_each_size("connections-groups");
    // over the group's name to the next connection
    let mut screen = screen.resize(120, 36).keys("jje<c-s>");
    assert_eq!(saved_profile(&mut screen).name, "plant/press");
}

#[test]
fn group_is_part_of_the_saved_name_and_cannot_leave_its_folder() {
    let to_group = "<tab><tab><tab><tab><tab><tab><tab>";
    let open = || screen().keys("alab<tab>pi.lan").keys(to_group);
    assert_eq!(saved_profile(&mut open().keys("plant<c-s>")).name, "plant/lab");
    let mut bad = open()
        .keys("../plant<c-s>")
        .shows("the group becomes a folder's name");
    assert!(bad.take_effects().is_empty());
}

// ---- the password prompt and the test ----

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
