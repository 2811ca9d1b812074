//! The connections pane and its facts.

use mqttscope::{
    app::effect::{Done, Effect},
    event::{Command, ConnectionState, FailureKind, Phase},
    mqtt::{Property, ReasonCode},
};

use crate::{
    connection_form::saved_profile,
    screen::{Screen, failure, profile, screen},
};

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
