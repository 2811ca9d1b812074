//! `sub` beside `mosquitto_sub` with the same arguments: the same load, the same end.

use std::{
    process::{Child, Command, Stdio},
    time::Instant,
};

use super::{
    load::{LoadBroker, Subscriber},
    scene::PROGRAM,
    table::{Row, median},
};

const ROUNDS: usize = 5;
const MESSAGES: usize = 1_000_000;
/// For formats that only have to keep up with mosquitto's.
const FEWER: usize = 300_000;

/// Where the output goes.
#[derive(Clone, Copy)]
enum Sink {
    Null,
    /// `| cat > /dev/null`.
    Pipe,
}

/// 64 B of JSON on 1,000 topics.
fn packets(subscriber: &Subscriber, count: usize) -> Vec<u8> {
    let packet = |n: usize| {
        let topic = n % 1_000;
        let json = format!(
            r#"{{"seq":1{n:06},"temperature":{:.2},"unit":"celsius","ok":true}}"#,
            20.0 + (n % 97) as f64 / 10.0
        );
        subscriber.publish(
            &format!("firehose/{}/{}/value", topic % 100, topic / 100),
            format!("{json:<64}").as_bytes(),
        )
    };
    (0..count).flat_map(packet).collect()
}

/// Seconds for so many messages; `None` where the program is not installed.
fn seconds(program: &str, verb: &[&str], format: &[&str], into: Sink, count: usize) -> Option<f64> {
    let broker = LoadBroker::bind();
    let mut reader = Command::new(program)
        .args(verb)
        .args(["-h", "127.0.0.1", "-t", "#", "-p"])
        .arg(broker.addr().port().to_string())
        .args(["-C", &count.to_string()])
        .args(format)
        .stdout(match into {
            Sink::Null => Stdio::null(),
            Sink::Pipe => Stdio::piped(),
        })
        .spawn()
        .ok()?;
    let pipe_end = reader.stdout.take().map(cat);
    let mut subscriber = broker.accept();
    let packets = packets(&subscriber, count);
    let started = Instant::now();
    subscriber.send(&packets);
    for mut child in std::iter::once(reader).chain(pipe_end) {
        assert!(child.wait().unwrap().success());
    }
    Some(started.elapsed().as_secs_f64())
}

fn cat(from: std::process::ChildStdout) -> Child {
    Command::new("cat")
        .stdin(from)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn beside(measure: &'static str, format: &[&str], into: Sink, count: usize, bar: f64) -> Row {
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..ROUNDS)
        .map(|_| {
            (
                seconds(PROGRAM, &["sub"], format, into, count).expect("it was built"),
                seconds("mosquitto_sub", &[], format, into, count),
            )
        })
        .unzip();
    let theirs: Option<Vec<f64>> = theirs.into_iter().collect();
    Row::throughput(measure, count, median(ours), theirs.map(median), bar)
}

pub fn verbose() -> Vec<Row> {
    [
        ("sub -v, 1 M messages", Sink::Null),
        ("sub -v | cat, 1 M messages", Sink::Pipe),
    ]
    .map(|(measure, into)| beside(measure, &["-v"], into, MESSAGES, 3.0))
    .into()
}

pub fn json() -> Vec<Row> {
    [
        ("sub -F %j, 1 M messages", Sink::Null),
        ("sub -F %j | cat, 1 M messages", Sink::Pipe),
    ]
    .map(|(measure, into)| beside(measure, &["-F", "%j"], into, MESSAGES, 5.0))
    .into()
}

pub fn formats() -> Vec<Row> {
    let formats: [(&'static str, &[&str]); 6] = [
        ("sub", &[]),
        ("sub -F %J", &["-F", "%J"]),
        ("sub -F '%I %t %q %r %l %p'", &["-F", "%I %t %q %r %l %p"]),
        (
            "sub -F '@Y-@m-@d @H:@M:@S.@N %p'",
            &["-F", "@Y-@m-@d @H:@M:@S.@N %p"],
        ),
        ("sub -F '%-40t|%30.10t|%08l|%U'", &["-F", "%-40t|%30.10t|%08l|%U"]),
        ("sub -F '%x %X'", &["-F", "%x %X"]),
    ];
    formats
        .map(|(measure, format)| beside(measure, format, Sink::Null, FEWER, 1.0))
        .into()
}
