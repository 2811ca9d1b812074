//! The form of a connection, page by page.

use mqttscope::{
    app::effect::Effect,
    config::{PasswordSource, Profile, parse_property},
    mqtt::{Message, PropertyId, QoS, TopicName, Will},
};

use crate::screen::{Screen, profile, screen};

/// One that holds something on every page.
pub fn full() -> Profile {
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

pub fn saved_profile(screen: &mut Screen) -> Profile {
    let saved = screen.take_effects().into_iter().find_map(|effect| match effect {
        Effect::SaveProfile { profile, .. } => Some(*profile),
        _ => None,
    });
    saved.expect("a profile is saved")
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
fn group_is_part_of_the_saved_name_and_cannot_leave_its_folder() {
    let to_group = "<tab><tab><tab><tab><tab><tab><tab>";
    let open = || screen().keys("alab<tab>pi.lan").keys(to_group);
    assert_eq!(saved_profile(&mut open().keys("plant<c-s>")).name, "plant/lab");
    let mut bad = open()
        .keys("../plant<c-s>")
        .shows("the group becomes a folder's name");
    assert!(bad.take_effects().is_empty());
}
