//! Unix sockets: a real mosquitto's, and those that are none.

use std::{fs, os::unix::fs::PermissionsExt};

use mqttscope::{
    config::{BrokerUrl, Profile},
    event::{FailureKind, Peer, Phase},
};

use crate::{common::mosquitto::Mosquitto, common::wait_for, fails, profile, talks};

fn to(path: &std::path::Path) -> Profile {
    let mut profile = profile("mqtt://127.0.0.1");
    profile.url = BrokerUrl::unix(path.to_str().unwrap()).unwrap();
    profile
}

#[tokio::test]
async fn a_socket_carries_mqtt_and_shows_its_path_and_no_other_step() {
    let dir = tempfile::tempdir().unwrap();
    // mosquitto started by root becomes a user of its own
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let path = dir.path().join("m@%20.sock");
    let config = format!(
        "allow_anonymous true\nlistener 0 {}\nallow_anonymous true\n",
        path.display()
    );
    let Some(_broker) = Mosquitto::start_with(&config) else {
        return;
    };
    wait_for("the socket", || path.exists().then_some(()));
    let facts = talks(to(&path)).await;
    assert_eq!(facts.peer, Some(Peer::Socket(path.display().to_string())));
    let phases: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
    assert_eq!(phases, ["UNIX", "CONNECT"]);
}

#[tokio::test]
async fn a_socket_that_cannot_be_opened_is_told_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.sock");
    let stale = dir.path().join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let long = dir.path().join("x".repeat(120));
    let mut cases = vec![
        (missing, "there is no socket", "start the broker", true),
        (stale, "nobody listens at", "left it behind", true),
        (long, "too long", "shorter", false),
    ];
    let locked = dir.path().join("locked.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    // root may open it all the same
    if std::os::unix::net::UnixStream::connect(&locked).is_err() {
        cases.push((locked, "may not open", "ls -l", false));
    }
    for (path, what, advice, is_retried) in cases {
        let (failure, retried) = fails(to(&path)).await;
        assert!(failure.what.contains(what), "{failure:?}");
        assert!(failure.what.contains(path.to_str().unwrap()), "{failure:?}");
        assert!(failure.advice.contains(advice), "{failure:?}");
        assert_eq!((failure.phase, retried), (Some(Phase::Unix), is_retried));
    }
}

#[tokio::test]
async fn tls_on_a_socket_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tls.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &[0x15, 3, 1, 0, 2, 2, 22]).await;
        }
    });
    let (failure, _) = fails(to(&path)).await;
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(
        failure.what.contains("in TLS") && failure.advice.contains("a listener without it"),
        "{failure:?}"
    );
}
