//! A subscription in a line of a form: the filter, and in brackets what is not the default:
//! `home/# [qos 1, no local, not as published, retained if new, id 7, NAME = VALUE]`.

use crate::{
    config::{parse_property, property_text},
    mqtt::{
        Properties, Property, PropertyId, QoS, RetainHandling, Subscription, SubscriptionOptions, TopicFilter,
    },
};

/// Writes it.
pub fn subscription_line(subscription: &Subscription) -> String {
    let filter = subscription.filter.as_str();
    let mut words = words(subscription);
    // brackets of the filter's own are not to be taken for these
    if words.is_empty() && filter.ends_with(']') {
        words.push("qos 0".into());
    }
    if words.is_empty() {
        filter.to_owned()
    } else {
        format!("{filter} [{}]", words.join(", "))
    }
}

fn words(subscription: &Subscription) -> Vec<String> {
    let options = subscription.options;
    let mut words = Vec::new();
    if options.qos != QoS::AtMostOnce {
        words.push(format!("qos {}", options.qos));
    }
    if options.no_local {
        words.push("no local".into());
    }
    if !options.retain_as_published {
        words.push("not as published".into());
    }
    match options.retain_handling {
        RetainHandling::Send => {}
        RetainHandling::SendIfNew => words.push("retained if new".into()),
        RetainHandling::DoNotSend => words.push("no retained".into()),
    }
    for property in &subscription.properties.0 {
        match property {
            Property::SubscriptionIdentifier(id) => words.push(format!("id {id}")),
            other => words.extend(property_text(other)),
        }
    }
    words
}

/// Reads it; the error says what is wrong.
pub fn parse_subscription_line(line: &str) -> Result<Subscription, String> {
    let split = line.strip_suffix(']').and_then(|line| line.rsplit_once(" ["));
    let (filter, words) = split.unwrap_or((line, ""));
    let filter = TopicFilter::new(filter.trim()).map_err(|error| error.to_string())?;
    let mut subscription = Subscription {
        filter,
        options: SubscriptionOptions {
            retain_as_published: true,
            ..Default::default()
        },
        properties: Properties::NONE,
    };
    for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        take(&mut subscription, word)?;
    }
    Ok(subscription)
}

fn take(subscription: &mut Subscription, word: &str) -> Result<(), String> {
    let options = &mut subscription.options;
    let known = "qos 1, no local, not as published, retained if new, no retained, id 7, NAME = VALUE";
    match (word, word.split_once(' ')) {
        ("no local", _) => options.no_local = true,
        ("not as published", _) => options.retain_as_published = false,
        ("retained if new", _) => options.retain_handling = RetainHandling::SendIfNew,
        ("no retained", _) => options.retain_handling = RetainHandling::DoNotSend,
        (_, Some(("qos", number))) => {
            let bits = number.parse().ok().and_then(QoS::from_bits);
            options.qos = bits.ok_or_else(|| format!("\"{word}\": there is qos 0, 1 and 2"))?;
        }
        (_, Some(("id", number))) => {
            let id = parse_property(PropertyId::SubscriptionIdentifier, number)?;
            subscription.properties.set(id);
        }
        _ if word.contains('=') => {
            let property = parse_property(PropertyId::UserProperty, word)?;
            subscription.properties.push(property);
        }
        _ => return Err(format!("\"{word}\" is not known; there are {known}")),
    }
    if subscription.options.no_local && subscription.filter.share_group().is_some() {
        return Err("no local is not for shared subscriptions (MQTT-3.8.3-4)".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_as_they_are_read() {
        for line in [
            "#",
            "a b/+",
            "a [qos 2, no local, not as published, retained if new, id 7, why = test]",
            "a [no retained]",
            "odd [x] [qos 0]",
        ] {
            let line = line.trim_end();
            let subscription = parse_subscription_line(line).unwrap();
            assert_eq!(subscription_line(&subscription), line);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, expected) in [
            ("a#", "must be alone in the last level"),
            ("a [qos 3]", "there is qos 0, 1 and 2"),
            ("a [nl]", "\"nl\" is not known; there are qos 1"),
            ("a [id 0]", "no number from 1 to 268435455"),
            ("$share/g/a [no local]", "not for shared subscriptions"),
        ] {
            let error = parse_subscription_line(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
