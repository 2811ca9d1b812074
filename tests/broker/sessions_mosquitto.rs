//! Sessions and shares of the embedded broker as mosquitto's own clients use them.

use super::embedded_mosquitto::{Subscriber, broker, has_clients, run};

#[tokio::test]
async fn mosquitto_sub_gets_after_a_kill_what_was_published_meanwhile() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    for (version, expiry) in [("mqttv311", &[][..]), ("mqttv5", &["-x", "60"])] {
        let args = ["-V", version, "-c", "-i", version, "-q", "1", "-t", "kept/#"];
        let args = [&args, expiry].concat();
        let mut first = Subscriber::start(&broker, &args).await;
        first.child.kill().await.unwrap();
        let numbers: Vec<String> = (0..500).map(|n| n.to_string()).collect();
        let numbers = numbers.join("\n") + "\n";
        let publish = ["-q", "1", "-t", "kept/x", "-l"];
        run(&broker, "mosquitto_pub", &publish, &numbers).await;
        let count = [&args[..], &["-C", "500", "-W", "20"]].concat();
        assert_eq!(
            run(&broker, "mosquitto_sub", &count, "").await,
            numbers,
            "{version}"
        );
    }
    broker.shutdown().await;
}

#[tokio::test]
async fn subscription_identifiers_reach_mosquitto_sub() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    let id = ["-D", "subscribe", "subscription-identifier", "42"];
    let args = [&["-V", "5", "-t", "s", "-F", "%S %p"][..], &id].concat();
    let mut subscriber = Subscriber::start(&broker, &args).await;
    run(&broker, "mosquitto_pub", &["-t", "s", "-m", "x"], "").await;
    assert_eq!(subscriber.line().await, "42 x");
    broker.shutdown().await;
}

#[tokio::test]
async fn members_of_a_group_get_half_each() {
    if !has_clients() {
        return;
    }
    let broker = broker().await;
    for version in ["mqttv311", "mqttv5"] {
        // A group a version: who is killed at the end of a round may be known a moment longer.
        let share = format!("$share/{version}/work");
        let args = ["-V", version, "-q", "1", "-t", &share];
        let mut one = Subscriber::start(&broker, &args).await;
        let mut other = Subscriber::start(&broker, &args).await;
        let lines = "1\n2\n3\n4\n";
        run(&broker, "mosquitto_pub", &["-q", "1", "-t", "work", "-l"], lines).await;
        let mut all = Vec::new();
        for member in [&mut one, &mut other] {
            for _ in 0..2 {
                all.push(member.line().await);
            }
        }
        all.sort();
        assert_eq!(all, ["1", "2", "3", "4"], "{version}");
    }
    broker.shutdown().await;
}
