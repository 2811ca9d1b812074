//! The last page: waits between tries, leniency, what is said at the end.

use crate::{
    app::{
        form::Form,
        property_fields::{self, PropertyField},
    },
    config::{self, Profile},
    mqtt::PropertyId,
};

const RECONNECT_MIN: &str = "First wait";
const RECONNECT_MAX: &str = "Longest wait";
const LENIENT: &str = "Lenient";

const OF_DISCONNECT: &[PropertyField] = &[
    (
        "Session ends after",
        PropertyId::SessionExpiryInterval,
        "said with DISCONNECT: 0s ends the session at once (MQTT 5)",
    ),
    (
        "Reason at the end",
        PropertyId::ReasonString,
        "said with DISCONNECT, for the broker's log (MQTT 5)",
    ),
    (
        "Sent at the end",
        PropertyId::UserProperty,
        "user properties of DISCONNECT: NAME = VALUE, one a line",
    ),
];

/// Adds the page.
pub fn add(form: Form, profile: &Profile) -> Form {
    let form = form
        .page("Advanced")
        .text(
            RECONNECT_MIN,
            &config::wait_text(profile.reconnect.min),
            "before the second try; doubled after each",
        )
        .text(
            RECONNECT_MAX,
            &config::wait_text(profile.reconnect.max),
            "never longer between two tries",
        )
        .flag(
            LENIENT,
            profile.lenient,
            "go on after protocol violations where the framing allows",
        );
    property_fields::add(form, OF_DISCONNECT, &profile.properties.disconnect)
}

/// Takes its values; marks what is wrong.
pub fn read(form: &mut Form, profile: &mut Profile) {
    let (min, max) = (
        config::wait(&form.get(RECONNECT_MIN)),
        config::wait(&form.get(RECONNECT_MAX)),
    );
    let (min, max) = (form.checked(RECONNECT_MIN, min), form.checked(RECONNECT_MAX, max));
    if let (Some(min), Some(max)) = (min, max) {
        if min > max {
            form.fault(RECONNECT_MIN, "is longer than the longest wait");
        }
        profile.reconnect = config::Backoff { min, max };
    }
    profile.lenient = form.is_set(LENIENT);
    profile.properties.disconnect =
        property_fields::read(form, OF_DISCONNECT, &profile.properties.disconnect);
}
