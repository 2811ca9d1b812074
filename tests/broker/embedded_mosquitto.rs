//! mosquitto's own clients against the embedded broker.

use std::{process::Stdio, time::Duration};

use mqttscope::broker::{Broker, BrokerHandle, BrokerOptions};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// For everything one test waits for.
const DEADLINE: Duration = Duration::from_secs(60);
const VERSIONS: [&str; 3] = ["mqttv31", "mqttv311", "mqttv5"];

/// Prints why a test is skipped; where the environment requires mosquitto, its absence is a failure.
pub fn has_clients() -> bool {
    let has = std::process::Command::new("mosquitto_rr")
        .arg("--help")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    let required = std::env::var("MQTTSCOPE_REQUIRE_MOSQUITTO").is_ok_and(|value| value == "1");
    assert!(
        has || !required,
        "mosquitto-clients is required and not installed"
    );
    if !has {
        eprintln!("skipped: mosquitto-clients is not installed");
    }
    has
}

/// With the marker in place that [`Subscriber::start`] waits for.
pub async fn broker() -> BrokerHandle {
    let broker = Broker::bind(BrokerOptions::default()).await.unwrap();
    run(
        &broker,
        "mosquitto_pub",
        &["-r", "-t", "ready", "-m", "ready"],
        "",
    )
    .await;
    broker
}

fn client(broker: &BrokerHandle, name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command
        .args(["-h", "127.0.0.1", "-p", &broker.addr().port().to_string()])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs to the end; stdout.
pub async fn run(broker: &BrokerHandle, name: &str, args: &[&str], stdin: &str) -> String {
    let mut child = client(broker, name, args).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let feeding = async move {
        input.write_all(stdin.as_bytes()).await.unwrap();
        drop(input);
    };
    let (output, ()) = timeout(DEADLINE, async {
        tokio::join!(child.wait_with_output(), feeding)
    })
    .await
    .unwrap_or_else(|_| panic!("{name} {args:?} did not end"));
    let output = output.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name} {args:?}: {} {stderr}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A `mosquitto_sub` whose subscriptions are known to be in force: it has received the marker.
pub struct Subscriber {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subscriber {
    pub async fn start(broker: &BrokerHandle, args: &[&str]) -> Self {
        let mut child = client(broker, "mosquitto_sub", &[args, &["-t", "ready"]].concat())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap();
        assert!(first.is_some_and(|line| line.ends_with("ready")));
        Self { child, lines }
    }

    pub async fn line(&mut self) -> String {
        match timeout(DEADLINE, self.lines.next_line()).await {
            Ok(Ok(Some(line))) => line,
            other => {
                let mut stderr = String::new();
                if let Some(mut errors) = self.child.stderr.take() {
                    let _ = timeout(Duration::from_secs(1), errors.read_to_string(&mut stderr)).await;
                }
                panic!("no line: {other:?} {stderr}")
            }
        }
    }
}

#[tokio::test]
async fn messages_pass_between_all_versions_at_all_qos() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    for receiving in VERSIONS {
        let mut subscriber = Subscriber::start(&broker, &["-V", receiving, "-q", "2", "-t", "a/+"]).await;
        for sending in VERSIONS {
            for qos in ["0", "1", "2"] {
                let text = format!("{sending} to {receiving} at {qos}");
                let args = ["-V", sending, "-q", qos, "-t", "a/b", "-m", &text];
                run(&broker, "mosquitto_pub", &args, "").await;
                assert_eq!(subscriber.line().await, text);
            }
        }
    }
    broker.shutdown().await;
}

async fn all_arrive_in_order(version: &str, qos: &str, count: usize) {
    let broker = broker().await;
    let mut subscriber = Subscriber::start(&broker, &["-V", version, "-q", qos, "-t", "flood"]).await;
    let numbers = |range: std::ops::Range<usize>| range.map(|n| n.to_string()).collect::<Vec<_>>();
    let stdin = numbers(0..count).join("\n") + "\n";
    let args = ["-V", version, "-q", qos, "-t", "flood", "-l"];
    let receiving = async {
        let mut received = Vec::with_capacity(count);
        while received.len() < count {
            received.push(subscriber.line().await);
        }
        received
    };
    let (_, received) = tokio::join!(run(&broker, "mosquitto_pub", &args, &stdin), receiving);
    assert!(received == numbers(0..count), "{version} QoS {qos}: not in order");
    broker.shutdown().await;
}

#[tokio::test]
async fn twenty_thousand_qos_1_messages_arrive_in_order_on_3_1_1() {
    if has_clients() {
        all_arrive_in_order("mqttv311", "1", 20_000).await;
    }
}

#[tokio::test]
async fn twenty_thousand_qos_1_messages_arrive_in_order_on_5() {
    if has_clients() {
        all_arrive_in_order("mqttv5", "1", 20_000).await;
    }
}

#[tokio::test]
async fn five_thousand_qos_2_messages_arrive_once_and_in_order() {
    if has_clients() {
        all_arrive_in_order("mqttv311", "2", 5_000).await;
        all_arrive_in_order("mqttv5", "2", 5_000).await;
    }
}

#[tokio::test]
async fn retained_messages_are_kept_and_cleared() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    let publish = |args: &'static [&str]| run(&broker, "mosquitto_pub", args, "");
    publish(&["-r", "-t", "keep/1", "-m", "one"]).await;
    publish(&["-r", "-q", "1", "-t", "keep/2", "-m", "two"]).await;
    publish(&["-r", "-t", "keep/1", "-n"]).await;
    let subscribe = [
        "-V", "mqttv5", "-t", "keep/#", "-F", "%t %r %p", "-C", "1", "-W", "20",
    ];
    assert_eq!(
        run(&broker, "mosquitto_sub", &subscribe, "").await,
        "keep/2 1 two\n"
    );
    broker.shutdown().await;
}

#[tokio::test]
async fn will_of_a_killed_client_is_published() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    let mut watcher = Subscriber::start(&broker, &["-q", "1", "-t", "gone/#"]).await;
    for version in VERSIONS {
        let will = [
            "-V",
            version,
            "--will-topic",
            "gone/now",
            "--will-payload",
            version,
        ];
        let mut dying = Subscriber::start(&broker, &will).await;
        dying.child.kill().await.unwrap();
        assert_eq!(watcher.line().await, version);
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn request_and_response_work_with_mosquitto_rr() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    for version in ["mqttv311", "mqttv5"] {
        let format = ["-V", version, "-t", "service/ask", "-F", "%p"];
        let mut service = Subscriber::start(&broker, &format).await;
        let ask = [
            "-V",
            version,
            "-t",
            "service/ask",
            "-e",
            "service/answer",
            "-m",
            "how?",
            "-W",
            "20",
        ];
        let answering = async {
            assert_eq!(service.line().await, "how?");
            let answer = ["-V", version, "-t", "service/answer", "-m", "so"];
            run(&broker, "mosquitto_pub", &answer, "").await;
        };
        let (answer, ()) = tokio::join!(run(&broker, "mosquitto_rr", &ask, ""), answering);
        assert_eq!(answer, "so\n", "{version}");
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn properties_of_5_reach_the_subscriber() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    let subscribe = ["-V", "mqttv5", "-t", "p", "-F", "%P|%C|%R|%D|%E|%p"];
    let mut subscriber = Subscriber::start(&broker, &subscribe).await;
    #[rustfmt::skip]
    let publish = [
        "-V", "mqttv5", "-t", "p", "-m", "x",
        "-D", "publish", "user-property", "k", "v",
        "-D", "publish", "user-property", "k", "w",
        "-D", "publish", "content-type", "text/plain",
        "-D", "publish", "response-topic", "r",
        "-D", "publish", "correlation-data", "c",
        "-D", "publish", "message-expiry-interval", "60",
    ];
    run(&broker, "mosquitto_pub", &publish, "").await;
    assert_eq!(subscriber.line().await, "k:v k:w|text/plain|r|c|60|x");
    broker.shutdown().await;
}
