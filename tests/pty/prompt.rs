//! The headless verbs ask on the terminal for what nothing else says.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use super::Scene;

/// A P-256 key under PBES2 with AES-256-CBC; its password is "hunter2".
const KEY: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi8/ntvR13f/QICA+gw\n\
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJh02+c0bAA/ppnpk8Pm8lsEgZDM\n\
RZtTxgaNPNFQvvADOYcV/O6u6Ns1BGKOsTD4vZcERdYBKanQZwnZB8/i3WhbDe3v\n\
giSoTaLz44D7FhLrCg07W9yqtesOjkhTHvXCTgH58C+dZnMe84SgND+beoHaI4hf\n\
u3o7fOw3+3zR5v38rWGJ/pSLDVOOgoo/Aux0lU+a9ZnH3YSGxId6sJUnZFkprkg=\n\
-----END ENCRYPTED PRIVATE KEY-----\n\
";

/// The doctor of a TLS broker that nobody started, with the key of another certificate: whether the key was
/// decrypted is told before anything is sent.
fn asking(scene: &Scene) -> super::Terminal {
    let (cert, key) = (
        scene.folder.path().join("me.crt"),
        scene.folder.path().join("me.key"),
    );
    let other = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
    std::fs::write(&cert, other.cert.pem()).unwrap();
    std::fs::write(&key, KEY).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let arguments = [
        "doctor",
        "mqtts://127.0.0.1:1",
        "--cafile",
        cert,
        "--cert",
        cert,
        "--key",
        key,
    ];
    let terminal = scene.start(&arguments).run();
    terminal.wait_for(&["mqttscope: password of the key", "me.key: "]);
    terminal
}

#[test]
fn the_password_of_a_key_is_asked_for_and_not_shown() {
    let scene = Scene::new();
    for (typed, told) in [
        ("hunter2", "does not belong to the certificate"),
        ("hunter3", "cannot be decrypted"),
    ] {
        let mut terminal = asking(&scene);
        terminal.wait_for_modes();
        terminal.keys(&format!("{typed}\r"));
        assert_eq!(terminal.ended().exit_code(), 3);
        let contents = terminal.contents().replace('\n', "");
        assert!(contents.contains(told), "{contents}");
        assert!(!contents.contains(typed), "{contents}");
        assert!(terminal.has_old_modes());
    }
}

#[test]
fn a_question_that_is_not_answered_leaves_the_terminal_as_it_was() {
    let scene = Scene::new();
    for end in ["\x03", "\x04", "TERM"] {
        let mut terminal = asking(&scene);
        terminal.wait_for_modes();
        match end {
            "TERM" => terminal.signal(end),
            key => terminal.keys(key),
        }
        assert_eq!(terminal.ended().exit_code(), 1, "{end:?}");
        let contents = terminal.contents();
        assert!(
            contents.contains("stopped before a password was given"),
            "{contents}"
        );
        assert!(terminal.has_old_modes(), "{end:?}");
    }
}

/// A broker of 3.1.1 that takes nobody without a password: so many connections, one after the other.
fn strict_broker(connections: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let mut stream = stream.unwrap();
            // no packet of the doctor is longer than the one byte of its length says
            while let Some(packet) = read_packet(&mut stream) {
                let has_password = packet[0] == 0x10 && packet[9] & 0x40 != 0;
                match packet[0] {
                    0x10 if has_password => stream.write_all(&[0x20, 2, 0, 0]).unwrap(),
                    0x10 => stream.write_all(&[0x20, 2, 0, 5]).unwrap(),
                    0x82 => stream.write_all(&[0x90, 3, packet[2], packet[3], 0]).unwrap(),
                    _ => break,
                }
            }
        }
    });
    port
}

fn read_packet(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 2];
    stream.read_exact(&mut packet).ok()?;
    packet.resize(2 + usize::from(packet[1]), 0);
    stream.read_exact(&mut packet[2..]).ok()?;
    Some(packet)
}

#[test]
fn the_doctor_asks_a_refused_user_for_the_password_and_goes_on() {
    let scene = Scene::new();
    let url = format!("mqtt://me@127.0.0.1:{}", strict_broker(2));
    let mut terminal = scene.start(&["doctor", &url, "a", "-V", "311", "-i", "x"]).run();
    terminal.wait_for(&["mqttscope: password of me at mqtt://127.0.0.1"]);
    terminal.wait_for_modes();
    terminal.keys("hunter2\r");
    assert_eq!(terminal.ended().exit_code(), 0, "{}", terminal.contents());
    let contents = terminal.contents();
    for told in ["CONNECT   ok", "a QoS 0", "this is with the one that was typed"] {
        assert!(contents.contains(told), "{told}\n{contents}");
    }
    assert!(!contents.contains("hunter2"), "{contents}");
    assert!(terminal.has_old_modes());
}
