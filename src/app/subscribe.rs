//! Subscribing: the form behind `S`, and the list of subscriptions behind `u`.

use super::{
    App,
    effect::Effect,
    form::Form,
    overlay::Overlay,
    property_fields::{self, PropertyField},
};
use crate::{
    event::{Command, ConnectionState, Outcome, SourceId},
    mqtt::{
        Properties, PropertyId, ProtocolVersion, QoS, ReasonContext, RetainHandling, Subscription,
        SubscriptionOptions, TopicFilter,
    },
};

const FILTER: &str = "Filter";
const QOS: &str = "QoS";
const NO_LOCAL: &str = "No Local";
const AS_PUBLISHED: &str = "Retain As Published";
const HANDLING: &str = "Retain Handling";

const PROPERTIES: &[PropertyField] = &[
    (
        "Identifier",
        PropertyId::SubscriptionIdentifier,
        "a number that comes with each message this subscription delivers; empty: none",
    ),
    (
        "User properties",
        PropertyId::UserProperty,
        "NAME = VALUE, one a line; for the broker",
    ),
];

/// The subscribe form and the connection it is for.
#[derive(Debug, Clone)]
pub struct SubscribeForm {
    /// Which connection.
    pub source: SourceId,
    /// The fields.
    pub form: Form,
}

/// The list of subscriptions of one connection.
#[derive(Debug, Clone)]
pub struct SubscriptionList {
    /// Which connection.
    pub source: SourceId,
    /// Selected row.
    pub selected: usize,
}

/// Opens the form, prefilled with the selected topic.
pub fn open(app: &mut App) {
    let Some(source) = app.publishing_source() else {
        app.notices
            .warn("no connection is selected; press 1 and choose one");
        return;
    };
    let version = match app.model.connection(source).map(|c| &c.state) {
        Some(ConnectionState::Connected(facts)) => facts.version,
        _ => {
            app.notices
                .warn("not connected: subscriptions can be made once the connection stands");
            return;
        }
    };
    let name = app.connection_name(source).to_owned();
    let prefill = app
        .selected_topic()
        .filter(|topic| !topic.starts_with('$'))
        .unwrap_or_default();
    let mut form = Form::new(format!("Subscribe on {name}"))
        .text(
            FILTER,
            &prefill,
            "+ stands for one level, # for all below: home/+/temp, home/#",
        )
        .choice(
            QOS,
            &["0", "1", "2"],
            0,
            "0 disturbs least: above it the broker queues for us",
        );
    if version == ProtocolVersion::V5 {
        form = form
            .flag(NO_LOCAL, false, "do not send back what this client publishes")
            .flag(AS_PUBLISHED, true, "keep the RETAIN flag as the publisher set it")
            .choice(
                HANDLING,
                &["send", "send if new", "do not send"],
                0,
                "when retained messages are sent",
            );
        form = property_fields::add(form, PROPERTIES, &Properties::NONE);
    }
    app.open(Overlay::Subscribe(SubscribeForm { source, form }));
}

/// Checks the form and subscribes; faults stay in the form.
pub fn submit(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Subscribe(open)) = app.overlays.last_mut() else {
        return Vec::new();
    };
    open.form.clear_faults();
    let filter = match TopicFilter::new(&open.form.get(FILTER)) {
        Ok(filter) => filter,
        Err(error) => {
            open.form.fault(FILTER, error.to_string());
            return Vec::new();
        }
    };
    let options = options_of(&open.form);
    let properties = property_fields::read(&mut open.form, PROPERTIES, &Properties::NONE);
    if open.form.has_faults() {
        return Vec::new();
    }
    if options.no_local && filter.share_group().is_some() {
        open.form
            .fault(NO_LOCAL, "not for shared subscriptions (MQTT-3.8.3-4)");
        return Vec::new();
    }
    let source = open.source;
    if filter.share_group().is_some() {
        app.notices
            .warn("a shared subscription takes messages away from its other members");
    }
    app.overlays.pop();
    let id = app.next_operation();
    let subscription = Subscription {
        filter: filter.clone(),
        options,
        properties,
    };
    app.pending_filters.insert(id, vec![filter]);
    vec![Effect::Send(source, Command::Subscribe(id, vec![subscription]))]
}

fn options_of(form: &Form) -> SubscriptionOptions {
    SubscriptionOptions {
        qos: QoS::from_bits(form.chosen(QOS) as u8).unwrap_or_default(),
        no_local: form.is_set(NO_LOCAL),
        retain_as_published: form.is_set(AS_PUBLISHED),
        retain_handling: RetainHandling::from_bits(form.chosen(HANDLING) as u8).unwrap_or_default(),
    }
}

/// Opens the list of subscriptions.
pub fn open_list(app: &mut App) {
    match app.publishing_source() {
        Some(source) => app.open(Overlay::Subscriptions(SubscriptionList { source, selected: 0 })),
        None => app
            .notices
            .warn("no connection is selected; press 1 and choose one"),
    }
}

/// Unsubscribes the selected row.
pub fn unsubscribe(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Subscriptions(list)) = app.overlays.last() else {
        return Vec::new();
    };
    let (source, selected) = (list.source, list.selected);
    let Some(filter) = app
        .subscriptions(source)
        .get(selected)
        .map(|known| known.subscription.filter.clone())
    else {
        return Vec::new();
    };
    let id = app.next_operation();
    app.pending_filters.insert(id, vec![filter.clone()]);
    vec![Effect::Send(source, Command::Unsubscribe(id, vec![filter]))]
}

/// Says how a subscribe or unsubscribe ended.
pub fn ended(
    app: &mut App,
    filters: &[TopicFilter],
    outcome: &Outcome,
    is_subscribe: bool,
    version: ProtocolVersion,
) {
    let context = if is_subscribe {
        ReasonContext::Suback(version)
    } else {
        ReasonContext::Other
    };
    let did = if is_subscribe {
        "subscribed"
    } else {
        "unsubscribed"
    };
    match outcome {
        Outcome::Acked(codes) => {
            for (index, filter) in filters.iter().enumerate() {
                match codes.get(index) {
                    Some(code) if code.is_failure(context) => {
                        let advice = code.advice(context);
                        app.notices
                            .error(format!("{filter} refused: {} {advice}", code.display(context)));
                    }
                    Some(code) if is_subscribe => app
                        .notices
                        .info(format!("{did} {filter}: {}", code.name(context))),
                    _ => app.notices.info(format!("{did} {filter}")),
                }
            }
        }
        Outcome::Failed { reason, .. } => app.notices.error(format!("not {did}: {reason}")),
        Outcome::Unknown => app
            .notices
            .warn(format!("{did}? the connection was lost before the answer")),
        Outcome::Sent => {}
    }
}
