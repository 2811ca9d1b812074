//! Writing profiles: only keys whose values changed are touched, so that comments and order stay.

use std::{fs, io::ErrorKind, path::PathBuf, time::Duration};

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::{
    Backoff, Faults, PasswordSource, Paths, Place, Profile, TlsOptions, TlsVersion, files,
    profile_file::{KEYS, PACKETS, TLS_KEYS, read_profile},
    profile_way, property_file,
};
use crate::mqtt::{Subscription, TopicFilter, Will};

/// Why a name is refused.
pub const NO_PROFILE_NAME: &str =
    "is no profile name; use letters, digits, - _ . and spaces, and GROUP/NAME for a group";

/// Writes `profiles/<name>.toml`, whole or not at all, readable by its owner only.
///
/// A password in memory is not written: see [`super::save_password`]. A file there that is faulty is left alone
/// and its faults are returned.
pub fn save_profile(paths: &Paths, profile: &Profile) -> Result<(), Faults> {
    let path = paths.profile(&profile.name);
    let file = path.display().to_string();
    if !files::is_profile_name(&profile.name) {
        return Err(Faults::of_file(file, NO_PROFILE_NAME));
    }
    let text = match fs::read_to_string(&path) {
        Ok(old) => {
            let before = read_profile(&file, &profile.name, &old)?;
            changed(&old, &before, profile)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => fresh(profile),
        Err(error) => return Err(Faults::of_file(file, error.to_string())),
    };
    files::write_private(&path, text.as_bytes()).map_err(|error| Faults::of_file(file, error.to_string()))
}

/// Gives a profile's file another name, comments and all; what is there under the new one is left alone. One that
/// has no file needs none.
pub fn rename_profile(paths: &Paths, old: &str, new: &str) -> Result<(), Faults> {
    let (from, to) = (paths.profile(old), paths.profile(new));
    let fault = |what: String| Faults::of_file(to.display().to_string(), what);
    if !files::is_profile_name(old) || !files::is_profile_name(new) {
        return Err(fault(NO_PROFILE_NAME.into()));
    }
    if fs::symlink_metadata(&to).is_ok() {
        return Err(fault("is there already; choose another name".into()));
    }
    if fs::symlink_metadata(&from).is_err() {
        return Ok(());
    }
    let text = fs::read_to_string(&from).map_err(|error| fault(error.to_string()))?;
    restore_profile(paths, new, &text)?;
    delete_profile(paths, old).map(drop)
}

/// Deletes a profile's file, and its group's folder with the last of them; gives the file's text back, so that
/// the deletion can be undone.
pub fn delete_profile(paths: &Paths, name: &str) -> Result<String, Faults> {
    let path = paths.profile(name);
    let fault = |what: String| Faults::of_file(path.display().to_string(), what);
    if !files::is_profile_name(name) {
        return Err(fault(NO_PROFILE_NAME.into()));
    }
    let text = fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    fs::remove_file(&path).map_err(|error| fault(error.to_string()))?;
    if let (true, Some(group)) = (name.contains('/'), path.parent()) {
        // fails while there is something in it, which is meant
        let _ = fs::remove_dir(group);
    }
    Ok(text)
}

/// Writes back what [`delete_profile`] gave.
pub fn restore_profile(paths: &Paths, name: &str, text: &str) -> Result<(), Faults> {
    let path = paths.profile(name);
    files::write_private(&path, text.as_bytes())
        .map_err(|error| Faults::of_file(path.display().to_string(), error.to_string()))
}

fn fresh(profile: &Profile) -> String {
    canonical(profile).to_string()
}

/// What the file would be if nobody had written it by hand.
fn canonical(profile: &Profile) -> DocumentMut {
    let mut document = DocumentMut::new();
    for &key in KEYS {
        if let Some(item) = item_of(profile, key) {
            document.insert(key, item);
        }
    }
    document
}

fn changed(old: &str, before: &Profile, after: &Profile) -> String {
    let mut document: DocumentMut = old.parse().expect("this text was just read");
    let (before, after) = (canonical(before), canonical(after));
    merge(document.as_table_mut(), before.as_table(), after.as_table());
    document.to_string()
}

/// Takes over what differs between two canonical tables, key by key.
fn merge(target: &mut dyn TableLike, before: &dyn TableLike, after: &dyn TableLike) {
    for (key, _) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
        target.remove(key);
    }
    for (key, is) in after.iter() {
        let was = before.get(key);
        let inner = target.get_mut(key).and_then(Item::as_table_like_mut);
        match (inner, was.and_then(Item::as_table_like), is.as_table_like()) {
            (Some(inner), Some(was), Some(is)) => merge(inner, was, is),
            _ if was.map(ToString::to_string).as_deref() == Some(&is.to_string()) => {}
            _ => replace(target, key, is.clone()),
        }
    }
}

/// Puts a new value in an old one's place, between the comments that stand around it.
fn replace(target: &mut dyn TableLike, key: &str, mut item: Item) {
    let Some(old) = target.get_mut(key) else {
        target.insert(key, item);
        return;
    };
    match (&*old, &mut item) {
        (Item::Value(old), Item::Value(new)) => *new.decor_mut() = old.decor().clone(),
        (Item::Table(old), Item::Table(new)) => {
            *new.decor_mut() = old.decor().clone();
            new.set_position(old.position());
        }
        _ => {}
    }
    *old = item;
}

/// A key's value as the file would say it; `None` for what need not be said.
fn item_of(profile: &Profile, key: &str) -> Option<Item> {
    let default = Profile::new("", profile.url.clone());
    match key {
        "url" => Some(value(profile.url.to_string())),
        "protocol" => (profile.protocol != default.protocol).then(|| value(profile.protocol.to_string())),
        "username" => profile.username.as_deref().map(value),
        "client_id" => (profile.client_id != default.client_id).then(|| value(&profile.client_id)),
        "keepalive" => {
            (profile.keep_alive != default.keep_alive).then(|| value(format!("{}s", profile.keep_alive)))
        }
        "clean_start" => (profile.clean_start != default.clean_start).then(|| value(profile.clean_start)),
        "read_only" => (profile.read_only != default.read_only).then(|| value(profile.read_only)),
        "lenient" => (profile.lenient != default.lenient).then(|| value(profile.lenient)),
        "rate_guard" => (profile.rate_guard != default.rate_guard).then(|| value(profile.rate_guard)),
        "subscribe" => (profile.subscriptions != default.subscriptions)
            .then(|| value(profile.subscriptions.iter().map(subscription).collect::<Array>())),
        "mute" => (!profile.mute.is_empty())
            .then(|| value(profile.mute.iter().map(TopicFilter::as_str).collect::<Array>())),
        "reconnect" => (profile.reconnect != default.reconnect).then(|| backoff(profile.reconnect)),
        "will" => profile.will.as_ref().map(will),
        "properties" => packet_properties(profile),
        "decode" => (!profile.decode.is_empty()).then(|| rules(profile)),
        // Settings of TLS stay in the form while the scheme has none, but a file is not to hold them.
        "tls" => (profile.url.scheme.is_tls() && profile.tls != default.tls).then(|| tls(&profile.tls)),
        "bind" | "proxy" | "ws_headers" => profile_way::item_of(profile, key),
        key if key.starts_with("proxy_") => profile_way::item_of(profile, key),
        "authentication_method" => profile.authentication_method.as_deref().map(value),
        _ => secret(&profile.password, "password_", key)
            .or_else(|| secret(&profile.authentication_data, "authentication_data_", key)),
    }
}

/// `prefix`: what stands before `command`, `env`, `file` in the key's name.
pub(super) fn secret(source: &PasswordSource, prefix: &str, key: &str) -> Option<Item> {
    match (source, key.strip_prefix(prefix)?) {
        (PasswordSource::Command(words), "command") => Some(value(words.iter().collect::<Array>())),
        (PasswordSource::Env(name), "env") => Some(value(name)),
        (PasswordSource::File(path), "file") => Some(value(path.display().to_string())),
        _ => None,
    }
}

/// The key log is of one run and not written.
fn tls(tls: &TlsOptions) -> Item {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| value(path.display().to_string()));
    let item = |key: &str| match key {
        "ca" => path(&tls.ca),
        "ca_path" => path(&tls.ca_path),
        "cert" => path(&tls.cert),
        "key" => path(&tls.key),
        "alpn" => (!tls.alpn.is_empty()).then(|| value(tls.alpn.iter().collect::<Array>())),
        "sni" => tls.sni.as_deref().map(value),
        "min_version" => {
            (tls.min_version != TlsVersion::default()).then(|| value(tls.min_version.to_string()))
        }
        "insecure" => tls.is_insecure.then(|| value(true)),
        _ => secret(&tls.key_password, "key_password_", key),
    };
    let mut table = Table::new();
    for &key in TLS_KEYS {
        if let Some(item) = item(key) {
            table.insert(key, item);
        }
    }
    Item::Table(table)
}

fn subscription(subscription: &Subscription) -> Value {
    let options = subscription.options;
    let mut table = InlineTable::new();
    table.insert("topic", subscription.filter.as_str().into());
    table.insert("qos", i64::from(options.qos.as_u8()).into());
    if options.no_local {
        table.insert("no_local", true.into());
    }
    if !options.retain_as_published {
        table.insert("retain_as_published", false.into());
    }
    if options.retain_handling as u8 != 0 {
        table.insert("retain_handling", i64::from(options.retain_handling as u8).into());
    }
    property_file::write(&mut table, Place::Subscribe, &subscription.properties);
    table.into()
}

fn backoff(backoff: Backoff) -> Item {
    let mut table = InlineTable::new();
    table.insert("min", wait_text(backoff.min).into());
    table.insert("max", wait_text(backoff.max).into());
    value(table)
}

/// A pause between tries as files write it.
pub fn wait_text(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{}s", duration.as_secs()),
        _ => format!("{}ms", duration.as_millis()),
    }
}

fn will(will: &Will) -> Item {
    let mut table = Table::new();
    table.insert("topic", value(will.message.topic.as_str()));
    table.insert(
        "payload",
        value(String::from_utf8_lossy(&will.message.payload).as_ref()),
    );
    table.insert("qos", value(i64::from(will.message.qos.as_u8())));
    table.insert("retain", value(will.message.retain));
    property_file::write(&mut table, Place::Will, &will.message.properties);
    Item::Table(table)
}

/// `[properties.connect]` and so on, for the packets that have some.
fn packet_properties(profile: &Profile) -> Option<Item> {
    let mut properties = profile.properties.clone();
    let mut packets = Table::new();
    packets.set_implicit(true);
    for &place in PACKETS {
        let mut table = Table::new();
        if let Some(list) = properties.of(place) {
            property_file::write(&mut table, place, list);
        }
        if !table.is_empty() {
            packets.insert(place.name(), Item::Table(table));
        }
    }
    (!packets.is_empty()).then_some(Item::Table(packets))
}

fn rules(profile: &Profile) -> Item {
    let mut tables = ArrayOfTables::new();
    for rule in &profile.decode {
        let mut table = Table::new();
        table.insert("topic", value(rule.topic.as_str()));
        table.insert("as", value(&rule.decoder));
        tables.push(table);
    }
    Item::ArrayOfTables(tables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DecodeRule, HeaderValue, PacketProperties, Proxy, Secret, WsHeader, parse_property},
        mqtt::{
            Message, Properties, Property, PropertyId, ProtocolChoice, ProtocolVersion, QoS, RetainHandling,
            SubscriptionOptions, TopicName,
        },
    };

    /// One of every property the packet can have, and a user property that repeats.
    fn every(place: Place) -> Properties {
        let value = |id: &PropertyId| match id {
            PropertyId::UserProperty => "a = b",
            PropertyId::CorrelationData => "0x00ff",
            _ => "1",
        };
        let one = place.properties().iter();
        let mut all: Properties = one.map(|id| parse_property(*id, value(id)).unwrap()).collect();
        all.push(Property::UserProperty(("a".into(), "c = d".into())));
        all
    }

    fn full() -> Profile {
        let mut profile = Profile::new("lab", "pi.lan:1884".parse().unwrap());
        profile.protocol = ProtocolChoice::Exactly(ProtocolVersion::V5);
        profile.authentication_method = Some("OAUTH2-JWT".into());
        profile.username = Some("me \"quoted\"".into());
        profile.password = PasswordSource::Command(vec!["pass".into(), "show".into()]);
        profile.authentication_data = PasswordSource::Env("TOKEN".into());
        profile.client_id = "fixed".into();
        profile.keep_alive = 0;
        profile.clean_start = false;
        profile.read_only = true;
        profile.lenient = true;
        profile.rate_guard = true;
        profile.reconnect = Backoff {
            min: Duration::from_millis(1500),
            max: Duration::from_secs(9),
        };
        profile.subscriptions = vec![Subscription {
            filter: TopicFilter::new("a/+").unwrap(),
            options: SubscriptionOptions {
                qos: QoS::ExactlyOnce,
                no_local: true,
                retain_as_published: false,
                retain_handling: RetainHandling::SendIfNew,
            },
            properties: every(Place::Subscribe),
        }];
        profile.properties = PacketProperties {
            connect: every(Place::Connect),
            subscribe: every(Place::Subscribe),
            unsubscribe: every(Place::Unsubscribe),
            disconnect: every(Place::Disconnect),
        };
        profile.mute = vec![TopicFilter::new("noise/#").unwrap()];
        profile.will = Some(Will {
            message: Message {
                topic: TopicName::new("clients/me").unwrap(),
                payload: "gone".into(),
                qos: QoS::AtLeastOnce,
                retain: true,
                properties: every(Place::Will),
            },
        });
        profile.decode = vec![DecodeRule {
            topic: TopicFilter::new("cam/#").unwrap(),
            decoder: "image".into(),
        }];
        profile.bind = Some("192.0.2.1".parse().unwrap());
        profile
    }

    /// Through a proxy, by a WebSocket with headers of every sort.
    fn far() -> Profile {
        let mut profile = Profile::new("far", "ws://pi.lan/x".parse().unwrap());
        profile.proxy = Some(Proxy {
            password: PasswordSource::Env("PROXY".into()),
            ..("socks5h://me%40x@[::1]:1".parse().unwrap())
        });
        let header = |name: &str, value| WsHeader {
            name: name.into(),
            value,
        };
        let command = PasswordSource::Command(vec!["pass".into(), "token".into()]);
        profile.ws_headers = vec![
            header("X-Tenant", HeaderValue::Plain("lab \"1\"".into())),
            header("Authorization", HeaderValue::Secret(command)),
        ];
        profile
    }

    fn paths(dir: &tempfile::TempDir) -> Paths {
        Paths::find(Some(dir.path())).unwrap()
    }

    fn load(paths: &Paths, name: &str) -> Profile {
        super::super::load_profile(paths, name).unwrap().unwrap()
    }

    #[test]
    fn profile_comes_back_as_it_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        for profile in [full(), far(), Profile::new("plain", "pi".parse().unwrap())] {
            save_profile(&paths, &profile).unwrap();
            assert_eq!(load(&paths, &profile.name), profile);
        }
        assert_eq!(
            fs::read_to_string(paths.profile("plain")).unwrap(),
            "url = \"mqtt://pi\"\n"
        );
    }

    #[test]
    fn comments_order_and_untouched_values_stay_when_saved_again() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        let text = "# the lab\nusername = 'me' # who\n\nurl = \"mqtt://pi:1883\" # where\nkeepalive = \"1m\"\n[will] # last words\ntopic = \"x\" # to all\n\n[properties.connect] # of 5\nreceive_maximum = 20 # few\n";
        files::write_private(&paths.profile("lab"), text.as_bytes()).unwrap();
        let mut profile = load(&paths, "lab");
        profile.username = Some("you".into());
        profile.read_only = true;
        profile.will.as_mut().unwrap().message.retain = true;
        let expiry = Property::SessionExpiryInterval(3600);
        profile.properties.connect.0.insert(0, expiry);
        save_profile(&paths, &profile).unwrap();
        let expected = "# the lab\nusername = \"you\" # who\n\nurl = \"mqtt://pi:1883\" # where\nkeepalive = \"1m\"\nread_only = true\n[will] # last words\ntopic = \"x\" # to all\nretain = true\n\n[properties.connect] # of 5\nreceive_maximum = 20 # few\nsession_expiry_interval = \"1h\"\n";
        assert_eq!(fs::read_to_string(paths.profile("lab")).unwrap(), expected);
    }

    #[test]
    fn password_in_memory_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        let mut profile = full();
        profile.password = PasswordSource::Memory(Secret::new("hunter2"));
        save_profile(&paths, &profile).unwrap();
        let mut far = far();
        far.proxy = Some("http://me:hunter2@p:1".parse().unwrap());
        far.ws_headers
            .push(WsHeader::secret("X-Key", Secret::new("hunter2")));
        save_profile(&paths, &far).unwrap();
        for name in ["lab", "far"] {
            let text = fs::read_to_string(paths.profile(name)).unwrap();
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn faulty_file_is_not_overwritten_and_bad_name_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        files::write_private(&paths.profile("lab"), b"ulr = \"x\"").unwrap();
        assert!(
            save_profile(&paths, &full())
                .unwrap_err()
                .to_string()
                .contains("did you mean \"url\"?")
        );
        let mut profile = full();
        profile.name = "../lab".into();
        assert!(save_profile(&paths, &profile).is_err());
    }

    #[test]
    fn a_group_is_a_folder_that_comes_and_goes_with_its_profiles() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        let mut profile = full();
        save_profile(&paths, &profile).unwrap();
        profile.name = "plant/lab".into();
        save_profile(&paths, &profile).unwrap();
        let names = || super::super::profile_names(&paths);
        assert_eq!(names(), ["lab", "plant/lab"]);
        assert_eq!(load(&paths, "plant/lab"), profile);
        let text = delete_profile(&paths, "plant/lab").unwrap();
        assert!(!dir.path().join("profiles/plant").exists());
        restore_profile(&paths, "plant/lab", &text).unwrap();
        assert_eq!(load(&paths, "plant/lab"), profile);
        assert!(delete_profile(&paths, "plant/../lab").is_err());
        assert_eq!(names(), ["lab", "plant/lab"]);
    }

    #[test]
    fn renamed_profile_keeps_its_comments_and_overwrites_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        let text = "url = \"mqtt://pi\" # mine\n";
        for name in ["lab", "other"] {
            files::write_private(&paths.profile(name), text.as_bytes()).unwrap();
        }
        assert!(
            rename_profile(&paths, "lab", "other")
                .unwrap_err()
                .to_string()
                .contains("is there already")
        );
        rename_profile(&paths, "lab", "plant/lab").unwrap();
        assert_eq!(fs::read_to_string(paths.profile("plant/lab")).unwrap(), text);
        assert!(!paths.profile("lab").exists());
        assert_eq!(rename_profile(&paths, "never saved", "x"), Ok(()));
    }

    #[test]
    fn deleted_profile_can_be_restored() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(&dir);
        save_profile(&paths, &full()).unwrap();
        let text = delete_profile(&paths, "lab").unwrap();
        assert!(super::super::load_profile(&paths, "lab").is_none());
        restore_profile(&paths, "lab", &text).unwrap();
        assert_eq!(load(&paths, "lab"), full());
    }
}
