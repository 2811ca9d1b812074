//! Which broker is meant: words, flags and environment → a profile and topics.
//!
//! ```text
//! -h, -L, --unix      every word is a topic
//! first word  @x      profile x          (also below a broker in the environment)
//!             …://…   URL                (also below a broker in the environment)
//! environment         every word is a topic
//! first word  x       exact profile name, then an existing file, then host[:port]
//! ```

use std::path::Path;

use super::{
    Environment, Failure,
    args::{ConnectionArgs, PacketProperty},
};
use crate::{
    config::{self, BrokerUrl, ConnectUrl, PasswordSource, Paths, Place, Profile, Proxy, Scheme, Secret},
    mqtt::{
        Message, Properties, Property, PropertyId, ProtocolChoice, ProtocolVersion, QoS, Subscription,
        SubscriptionOptions, TopicFilter, Will,
    },
};

/// What the words and flags came to.
#[derive(Debug, PartialEq)]
pub struct Target {
    /// Whom to connect to; `None` where nothing names a broker.
    pub profile: Option<Profile>,
    /// Words that are topics, and a URL's topic; not yet checked.
    pub topics: Vec<String>,
    /// What should be said on stderr.
    pub warnings: Vec<String>,
    /// Whether a profile was named, not only a broker.
    pub is_profile: bool,
}

/// What a headless verb connects to: this machine where nothing names a broker.
#[derive(Debug, PartialEq)]
pub struct HeadlessTarget {
    /// Whom to connect to.
    pub profile: Profile,
    /// Words that are topics, and a URL's topic; not yet checked.
    pub topics: Vec<String>,
    /// Whether a profile was named, not only a broker.
    pub is_profile: bool,
}

const PASSWORD_WARNING: &str = "a password on the command line can be seen by other users; \
use a profile with password_command, or MQTTSCOPE_PASSWORD";

/// Finds out which broker is meant.
pub fn resolve(
    words: &[String],
    flags: &ConnectionArgs,
    environment: &Environment,
    paths: &Paths,
) -> Result<Target, Failure> {
    let mut target = pick(words, flags, environment, paths)?;
    if let Some(profile) = &mut target.profile {
        apply(profile, flags)?;
    }
    let is_data = |given: &PacketProperty| given.property.id() == PropertyId::AuthenticationData;
    let has_password = |proxy: &Proxy| proxy.password != PasswordSource::None;
    if flags.password.is_some()
        || flags.tls.key_password.is_some()
        || flags.properties.iter().any(is_data)
        || flags.way.proxy.as_ref().is_some_and(has_password)
    {
        target.warn_of_password();
    }
    Ok(target)
}

/// As [`resolve`], with `localhost` for want of anything else; warnings are said.
pub fn resolve_or_local(
    words: &[String],
    flags: &ConnectionArgs,
    environment: &Environment,
    paths: &Paths,
) -> Result<HeadlessTarget, Failure> {
    let target = resolve(words, flags, environment, paths)?;
    for warning in &target.warnings {
        super::talk::say(warning);
    }
    let profile = match target.profile {
        Some(profile) => profile,
        None => {
            let mut profile = of_broker(BrokerUrl::localhost(), environment);
            apply(&mut profile, flags)?;
            profile
        }
    };
    Ok(HeadlessTarget {
        profile,
        topics: target.topics,
        is_profile: target.is_profile,
    })
}

/// The filters of `-t` and of words, checked.
pub fn filters(flags: &[TopicFilter], words: &[String]) -> Result<Vec<TopicFilter>, Failure> {
    let mut filters = flags.to_vec();
    for word in words {
        let filter =
            TopicFilter::new(word).map_err(|error| Failure::usage(format!("\"{word}\": {error}")))?;
        filters.push(filter);
    }
    Ok(filters)
}

/// Replaces a profile's subscriptions by filters, if there are any, and their QoS, if one is given.
pub fn subscribe(profile: &mut Profile, filters: Vec<TopicFilter>, qos: Option<QoS>) {
    if !filters.is_empty() {
        let watching = |filter| {
            let options = SubscriptionOptions {
                retain_as_published: true,
                ..Default::default()
            };
            Subscription::new(filter, options)
        };
        profile.subscriptions = filters.into_iter().map(watching).collect();
    }
    if let Some(qos) = qos {
        for subscription in &mut profile.subscriptions {
            subscription.options.qos = qos;
        }
    }
}

impl Target {
    fn warn_of_password(&mut self) {
        if self.warnings.is_empty() {
            self.warnings.push(PASSWORD_WARNING.into());
        }
    }
}

fn pick(
    words: &[String],
    flags: &ConnectionArgs,
    environment: &Environment,
    paths: &Paths,
) -> Result<Target, Failure> {
    if let Some(url) = &flags.url {
        return of_url(url, "-L", words, environment).map(Target::with_argv_password);
    }
    if let Some(host) = &flags.host {
        return of_host(host, "-h", words, environment);
    }
    if let Some(path) = &flags.way.unix {
        return of_socket(path, words, environment);
    }
    if let Some((first, topics)) = words.split_first() {
        if let Some(name) = first.strip_prefix('@') {
            let profile = load(paths, name)?.ok_or_else(|| unknown_profile(paths, name))?;
            return Ok(Target::of_profile(profile, topics));
        }
        if first.contains("://") {
            return of_url(first, "TARGET", topics, environment).map(Target::with_argv_password);
        }
    }
    if let Some((variable, url)) = environment.url() {
        return of_url(url, variable, words, environment);
    }
    if let Some((variable, host)) = environment.host() {
        let mut target = of_host(host, variable, words, environment)?;
        if let (Some((variable, port)), Some(profile)) = (environment.port(), &mut target.profile) {
            let port = port.parse().ok().filter(|port| *port != 0);
            profile.url.port =
                port.ok_or_else(|| Failure::usage(format!("{variable} is no port; use 1 to 65535")))?;
        }
        return Ok(target);
    }
    match words.split_first() {
        Some((first, topics)) => of_word(first, topics, environment, paths),
        None if flags.port.is_some() => of_host("localhost", "-p", words, environment),
        None => Ok(Target {
            profile: None,
            topics: Vec::new(),
            warnings: Vec::new(),
            is_profile: false,
        }),
    }
}

impl Target {
    fn new(profile: Profile, topics: &[String]) -> Self {
        Self {
            profile: Some(profile),
            topics: topics.to_vec(),
            warnings: Vec::new(),
            is_profile: false,
        }
    }

    fn of_profile(profile: Profile, topics: &[String]) -> Self {
        Self {
            is_profile: true,
            ..Self::new(profile, topics)
        }
    }

    fn with_argv_password(mut self) -> Self {
        let has_password = |profile: &Profile| matches!(profile.password, PasswordSource::Memory(_));
        if self.profile.as_ref().is_some_and(has_password) {
            self.warn_of_password();
        }
        self
    }
}

fn of_url(text: &str, place: &str, topics: &[String], environment: &Environment) -> Result<Target, Failure> {
    let url: ConnectUrl = text
        .parse()
        .map_err(|error| Failure::usage(format!("{place}: {error}")))?;
    let mut profile = of_broker(url.broker, environment);
    if url.username.is_some() {
        profile.username = url.username;
        profile.password = url.password.map_or(PasswordSource::None, PasswordSource::Memory);
    }
    let mut target = Target::new(profile, topics);
    target.topics.extend(url.topic);
    Ok(target)
}

fn of_host(text: &str, place: &str, topics: &[String], environment: &Environment) -> Result<Target, Failure> {
    let broker = text
        .parse()
        .map_err(|error| Failure::usage(format!("{place}: {error}")))?;
    Ok(Target::new(of_broker(broker, environment), topics))
}

/// `--unix`: relative to where one is.
fn of_socket(path: &str, topics: &[String], environment: &Environment) -> Result<Target, Failure> {
    let path = super::transport::here(Path::new(path));
    let broker = BrokerUrl::unix(&path.to_string_lossy())
        .map_err(|error| Failure::usage(format!("--unix: {error}")))?;
    Ok(Target::new(of_broker(broker, environment), topics))
}

fn of_word(
    word: &str,
    topics: &[String],
    environment: &Environment,
    paths: &Paths,
) -> Result<Target, Failure> {
    if let Some(profile) = load(paths, word)? {
        return Ok(Target::of_profile(profile, topics));
    }
    if word == "-" || Path::new(word).is_file() {
        return Err(Failure::usage(format!(
            "\"{word}\" is a file, and this version opens no recordings; a broker of that name is mqtt://{word}"
        )));
    }
    of_host(word, "TARGET", topics, environment)
}

/// A broker without a profile: the environment's credentials are meant for it.
fn of_broker(broker: BrokerUrl, environment: &Environment) -> Profile {
    let mut profile = Profile::new(broker.label().to_owned(), broker);
    profile.username = environment.username().map(Into::into);
    if let Some(variable) = environment.password_variable() {
        profile.password = PasswordSource::Env(variable.into());
    }
    profile
}

fn load(paths: &Paths, name: &str) -> Result<Option<Profile>, Failure> {
    Ok(config::load_profile(paths, name).transpose()?)
}

/// Named, with the nearest there is.
pub fn unknown_profile(paths: &Paths, name: &str) -> Failure {
    let names = config::profile_names(paths);
    let known = names.iter().map(String::as_str);
    let way_out = match crate::text::nearest(name, known) {
        Some(meant) => format!("did you mean @{meant}?"),
        None if names.is_empty() => "there is none yet; press a in the TUI to add one".into(),
        None => format!("known: {}", names.join(", ")),
    };
    Failure::usage(format!(
        "no profile \"{name}\" in {}; {way_out}",
        paths.config.join("profiles").display()
    ))
}

/// Flags win over what a profile says.
fn apply(profile: &mut Profile, flags: &ConnectionArgs) -> Result<(), Failure> {
    if let Some(port) = flags.port.filter(|_| profile.url.scheme != Scheme::Unix) {
        profile.url.port = port;
    }
    if let Some(name) = &flags.username {
        profile.username = Some(name.clone());
    }
    if let Some(secret) = &flags.password {
        profile.password = PasswordSource::Memory(secret.clone());
    }
    if let Some(file) = &flags.pw_file {
        profile.password = PasswordSource::File(super::transport::here(file));
    }
    if let Some(command) = &flags.pw_command {
        profile.password = PasswordSource::Command(command.0.clone());
    }
    if let Some(id) = &flags.id {
        profile.client_id.clone_from(id);
    }
    if let Some(prefix) = &flags.id_prefix {
        // as mosquitto makes it, whose users have broker rules for it
        profile.client_id = format!("{prefix}-{}", std::process::id());
    }
    if let Some(seconds) = flags.keepalive {
        profile.keep_alive = seconds;
    }
    if let Some(version) = flags.protocol_version {
        profile.protocol = version;
    }
    if let Some(topic) = &flags.will_topic {
        let message = Message {
            topic: topic.clone(),
            payload: flags.will_payload.clone().unwrap_or_default().into(),
            qos: flags.will_qos.unwrap_or_default(),
            retain: flags.will_retain,
            properties: Properties::NONE,
        };
        profile.will = Some(Will { message });
    }
    profile.read_only |= flags.read_only;
    super::transport::apply(profile, flags)?;
    apply_session(profile, flags)?;
    apply_properties(profile, flags)
}

/// `-c` and `-x`. A session is found again by its client id, so that one of chance would be lost for ever.
fn apply_session(profile: &mut Profile, flags: &ConnectionArgs) -> Result<(), Failure> {
    if flags.disable_clean_session {
        profile.clean_start = false;
    }
    let is_kept_for_ever = flags.disable_clean_session || flags.session_expiry_interval == Some(u32::MAX);
    let is_random = flags.id_prefix.is_some() || profile.client_id.contains("{rand4}");
    if is_kept_for_ever && is_random {
        let what = "a session that is kept needs a client id that stays the same; use -i ID";
        return Err(Failure::usage(what));
    }
    if let Some(seconds) = flags.session_expiry_interval {
        let expiry = Property::SessionExpiryInterval(seconds);
        profile.properties.connect.set(expiry);
    }
    Ok(())
}

/// `-D`; those of publish are the publishing verb's.
fn apply_properties(profile: &mut Profile, flags: &ConnectionArgs) -> Result<(), Failure> {
    let is_older =
        matches!(profile.protocol, ProtocolChoice::Exactly(version) if version < ProtocolVersion::V5);
    if is_older && !flags.properties.is_empty() {
        let what = format!("-D needs MQTT 5; -V says {}", profile.protocol);
        return Err(Failure::usage(what));
    }
    for given in &flags.properties {
        match &given.property {
            Property::AuthenticationMethod(method) => {
                profile.authentication_method = Some(method.clone());
                continue;
            }
            Property::AuthenticationData(data) => {
                profile.authentication_data = PasswordSource::Memory(Secret::new(data.clone()));
                continue;
            }
            _ => {}
        }
        let properties = &mut profile.properties;
        let list = match given.place {
            Place::Connect => &mut properties.connect,
            Place::Subscribe => &mut properties.subscribe,
            Place::Unsubscribe => &mut properties.unsubscribe,
            Place::Disconnect => &mut properties.disconnect,
            Place::Will => match &mut profile.will {
                Some(will) => &mut will.message.properties,
                None => return Err(Failure::usage("-D will needs a will; use --will-topic")),
            },
            Place::Publish => continue,
        };
        list.set(given.property.clone());
    }
    if profile.authentication_method.is_none() && profile.authentication_data != PasswordSource::None {
        let what = "-D connect authentication-data needs -D connect authentication-method";
        return Err(Failure::usage(what));
    }
    Ok(())
}

/// The properties `-D publish` gives.
pub fn publish_properties(flags: &ConnectionArgs) -> Properties {
    let of_publish = flags
        .properties
        .iter()
        .filter(|given| given.place == Place::Publish);
    of_publish.map(|given| given.property.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::WayArgs;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(Into::into).collect()
    }

    fn home() -> (tempfile::TempDir, Paths) {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::find(Some(dir.path())).unwrap();
        std::fs::create_dir(dir.path().join("profiles")).unwrap();
        std::fs::write(
            paths.profile("lab"),
            "url = \"mqtt://lab.lan:1884\"\nusername = \"me\"\n",
        )
        .unwrap();
        std::fs::write(paths.profile("bad"), "ulr = \"x\"\n").unwrap();
        (dir, paths)
    }

    /// `broker topics…` of words under flags and environment.
    fn meant(text: &str, flags: &ConnectionArgs, environment: &Environment) -> String {
        let (_dir, paths) = home();
        match resolve(&words(text), flags, environment, &paths) {
            Ok(target) => {
                let broker = target
                    .profile
                    .map_or("none".into(), |profile| profile.url.to_string());
                format!("{broker} {}", target.topics.join(" ")).trim_end().into()
            }
            Err(failure) => format!("{:?} {failure}", failure.exit),
        }
    }

    #[test]
    fn first_word_is_the_target() {
        let none = (ConnectionArgs::default(), Environment::default());
        for (text, expected) in [
            ("", "none"),
            ("lab", "mqtt://lab.lan:1884"),
            ("lab a/# b", "mqtt://lab.lan:1884 a/# b"),
            ("@lab", "mqtt://lab.lan:1884"),
            ("local", "mqtt://localhost"),
            ("pi.lan:1885 x", "mqtt://pi.lan:1885 x"),
            ("mqtt://pi/a/+ b", "mqtt://pi b a/+"),
            ("[::1]:1", "mqtt://[::1]:1"),
        ] {
            assert_eq!(meant(text, &none.0, &none.1), expected, "{text}");
        }
    }

    #[test]
    fn bad_target_is_a_usage_error_with_a_way_out() {
        let none = (ConnectionArgs::default(), Environment::default());
        for (text, expected) in [
            ("@lba", "did you mean @lab?"),
            ("bad", "bad.toml:1: unknown key \"ulr\"; did you mean \"url\"?"),
            ("http://pi", "TARGET: unknown scheme \"http://\""),
            ("pi:99999", "TARGET: \"99999\" is no port; use 1 to 65535"),
            ("Cargo.toml", "is a file, and this version opens no recordings"),
            ("-", "is a file"),
        ] {
            let said = meant(text, &none.0, &none.1);
            assert!(
                said.starts_with("Usage ") && said.contains(expected),
                "{text}: {said}"
            );
        }
    }

    #[test]
    fn with_a_host_flag_or_environment_every_word_is_a_topic() {
        let host = ConnectionArgs {
            host: Some("pi".into()),
            port: Some(1900),
            ..ConnectionArgs::default()
        };
        let none = ConnectionArgs::default();
        let variables = Environment::from([("MQTT_HOST", "env"), ("MQTT_PORT", "1901")]);
        assert_eq!(meant("lab a", &host, &variables), "mqtt://pi:1900 lab a");
        assert_eq!(meant("lab a", &none, &variables), "mqtt://env:1901 lab a");
        assert_eq!(meant("@lab a", &none, &variables), "mqtt://lab.lan:1884 a");
        let url = Environment::from([("MQTTUI_BROKER", "mqtt://ui/t"), ("MQTT_HOST", "env")]);
        assert_eq!(meant("lab", &none, &url), "mqtt://ui lab t");
        let bad = Environment::from([("MQTT_HOST", "env"), ("MQTT_PORT", "x")]);
        assert_eq!(
            meant("", &none, &bad),
            "Usage mqttscope: MQTT_PORT is no port; use 1 to 65535"
        );
    }

    #[test]
    fn a_socket_is_named_by_its_flag_or_its_url() {
        let unix = ConnectionArgs {
            way: WayArgs {
                unix: Some("/run/m.sock".into()),
                ..WayArgs::default()
            },
            ..ConnectionArgs::default()
        };
        let none = (ConnectionArgs::default(), Environment::default());
        assert_eq!(meant("lab a", &unix, &none.1), "unix:///run/m.sock lab a");
        assert_eq!(meant("unix:///run/a@b a", &none.0, &none.1), "unix:///run/a@b a");
        assert!(
            meant("unix://run/m", &none.0, &none.1)
                .starts_with("Usage mqttscope: TARGET: a socket's path is absolute")
        );
    }

    #[test]
    fn port_alone_means_this_machine() {
        let port = ConnectionArgs {
            port: Some(1900),
            ..ConnectionArgs::default()
        };
        assert_eq!(meant("", &port, &Environment::default()), "mqtt://localhost:1900");
    }

    #[test]
    fn credentials_of_the_environment_never_reach_a_profile() {
        let (_dir, paths) = home();
        let variables = Environment::from([("MQTT_USERNAME", "env"), ("MQTT_PASSWORD", "x")]);
        let of = |text: &str| {
            let target = resolve(&words(text), &ConnectionArgs::default(), &variables, &paths).unwrap();
            let profile = target.profile.unwrap();
            (profile.username.unwrap(), profile.password)
        };
        assert_eq!(of("lab"), ("me".into(), PasswordSource::None));
        assert_eq!(
            of("pi"),
            ("env".into(), PasswordSource::Env("MQTT_PASSWORD".into()))
        );
        assert_eq!(of("mqtt://you@pi"), ("you".into(), PasswordSource::None));
    }

    #[test]
    fn password_on_the_command_line_works_and_warns() {
        let (_dir, paths) = home();
        let flags = ConnectionArgs {
            password: Some(Secret::new("hunter2")),
            ..ConnectionArgs::default()
        };
        for (text, flags) in [
            ("lab", &flags),
            ("mqtt://me:hunter2@pi", &ConnectionArgs::default()),
        ] {
            let target = resolve(&words(text), flags, &Environment::default(), &paths).unwrap();
            assert_eq!(
                target.profile.unwrap().password,
                PasswordSource::Memory(Secret::new("hunter2"))
            );
            assert_eq!(target.warnings, [PASSWORD_WARNING]);
        }
    }
}
