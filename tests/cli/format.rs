//! The same messages through mosquitto's own client and through us: each format must write the same bytes.

use std::process::Command;

use crate::{
    common::{mosquitto::Mosquitto, wait_for},
    program::{Home, Running},
};

/// Formats whose output does not depend on the moment; times are tested below. Not here: `%4x`, where mosquitto
/// 2.0 shows half of the payload that would fit.
const FORMATS: &[&str] = &[
    "%t|%p|%l|%m|%q|%r|%x|%X",
    "%A|%C|%D|%F|%P|%R|%S|%%|@@|\\\\",
    "%20t|%-20t|%2.2t|%.2t|%20.2t|%-20.2t",
    "%20C|%-20C|%2C|%.2C|%.3R",
    "%05l|%-05l|%5l|%3m|%03m|%-3m|%05q|%5r",
    "%4A|%04E|%4S|%-4F|%010p|%3p|%-10p",
    "\\t\\n\\e[1m\\a\\v\\r|",
    "%9D|%9P",
];

/// The broker and its command line clients, which are a package of their own.
fn mosquitto_with_clients() -> Option<Mosquitto> {
    let has_clients = Command::new("mosquitto_sub").arg("--help").output().is_ok();
    let are_required = std::env::var("MQTTSCOPE_REQUIRE_MOSQUITTO").as_deref() == Ok("1");
    assert!(
        has_clients || !are_required,
        "mosquitto_sub is not installed, and MQTTSCOPE_REQUIRE_MOSQUITTO=1"
    );
    if !has_clients {
        eprintln!("skipped: mosquitto_sub is not installed");
        return None;
    }
    Mosquitto::start()
}

fn run_both(broker: &Mosquitto, format: &str, version: &str, publish: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let home = Home::new();
    let port = broker.port.to_string();
    let args = |id: &'static str| {
        [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-V",
            version,
            "-i",
            id,
            "-t",
            "x/#",
            "-q",
            "1",
            "-C",
            "1",
            "-W",
            "20",
            "-F",
            format,
        ]
        .map(ToOwned::to_owned)
    };
    let already = broker.log();
    let mut theirs = Command::new("mosquitto_sub");
    theirs
        .args(args("theirs"))
        .env("TZ", "Asia/Kolkata")
        .env("LC_ALL", "C");
    theirs
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let theirs = Running::start(theirs);
    let ours = Running::start(home.command(&[&["sub".to_owned()][..], &args("ours")].concat()));
    wait_for("both to be subscribed", || {
        let log = broker.log();
        let new = &log[already.len()..];
        (new.contains("Sending SUBACK to theirs") && new.contains("Sending SUBACK to ours")).then_some(())
    });
    let mut publisher = Command::new("mosquitto_pub");
    publisher
        .args(["-h", "127.0.0.1", "-p", &port, "-V", version, "-q", "1"])
        .args(publish);
    assert!(publisher.status().unwrap().success());
    (theirs.end().1, ours.end().1)
}

fn compare(broker: &Mosquitto, format: &str, version: &str, publish: &[&str]) {
    let (theirs, ours) = run_both(broker, format, version, publish);
    assert_eq!(
        String::from_utf8_lossy(&ours),
        String::from_utf8_lossy(&theirs),
        "{format} of {publish:?} over {version}"
    );
}

const PROPERTIES: &[&str] = &[
    "-D",
    "publish",
    "content-type",
    "text/x",
    "-D",
    "publish",
    "response-topic",
    "reply/to",
    "-D",
    "publish",
    "correlation-data",
    "abc",
    "-D",
    "publish",
    "payload-format-indicator",
    "1",
    "-D",
    "publish",
    "user-property",
    "k1",
    "v1",
    "-D",
    "publish",
    "user-property",
    "k2",
    "v 2",
];

#[test]
fn every_format_writes_what_mosquitto_sub_writes() {
    let Some(broker) = mosquitto_with_clients() else {
        return;
    };
    let with_properties = [&["-t", "x/y", "-m", "{\"a\":1}"][..], PROPERTIES].concat();
    for format in FORMATS {
        compare(&broker, format, "5", &with_properties);
        compare(&broker, format, "311", &["-t", "x/y", "-m", "abc"]);
    }
    compare(&broker, "%p|%x|%l", "5", &["-t", "x/y", "-n"]);
    // without the property mosquitto leaves this one field, unlike %C, unpadded; ours stays a column
    compare(&broker, "%20R|%-20R|%3.3R|", "5", &with_properties);
}

/// Two known differences: mosquitto 2.0 writes `Z` before the offset, and an object's number 1 for 1.0.
#[test]
fn json_is_what_mosquitto_sub_writes() {
    let Some(broker) = mosquitto_with_clients() else {
        return;
    };
    let with_properties = [&["-t", "x/ü", "-m", "{\"a\": [1, \"b\\n\"]}"][..], PROPERTIES].concat();
    for format in ["%j", "%J"] {
        for publish in [
            &with_properties[..],
            &["-t", "x/y", "-n"],
            &["-t", "x/y", "-m", "7"],
        ] {
            let (theirs, ours) = run_both(&broker, format, "5", publish);
            let read = |bytes: &[u8]| {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                assert_eq!(text.lines().count(), 1, "{text}");
                let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
                let time = value.as_object_mut().unwrap().remove("tst").unwrap();
                (
                    text.split_once("\"topic\"").unwrap().1.to_owned(),
                    time.as_str().unwrap().replace('Z', ""),
                )
            };
            let ((their_rest, their_time), (our_rest, our_time)) = (read(&theirs), read(&ours));
            assert_eq!(our_rest, their_rest, "{format} of {publish:?}");
            assert_eq!(&our_time[..14], &their_time[..14], "the hour");
            assert!(
                our_time.ends_with("+0530") && our_time.len() == their_time.len(),
                "{our_time} {their_time}"
            );
        }
    }
}

#[test]
fn times_are_those_of_mosquitto_sub() {
    let Some(broker) = mosquitto_with_clients() else {
        return;
    };
    let format = "@Y-@m-@d @H @j @a @A @b @B @y @C @e @I @p @u @w @Z @z @D @F @h @n@t@%";
    compare(&broker, format, "5", &["-t", "x/y", "-m", "a"]);
    let (theirs, ours) = run_both(&broker, "%I %U %30I @N @s", "5", &["-t", "x/y", "-m", "a"]);
    let shape = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect::<String>()
    };
    assert_eq!(shape(&ours), shape(&theirs));
}
