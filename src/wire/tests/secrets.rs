//! No password and no authentication data in `Debug`, nor in a masked frame.

use crate::{
    mqtt::ProtocolVersion,
    wire::{Direction, decode, dissect, mask_secrets},
};

const CONNECT: &[u8] =
    b"\x10\x26\0\x04MQTT\x05\xc2\0\x0a\x0c\x15\0\x01m\x16\0\x05magic\0\x01c\0\x02me\0\x06sesame";

fn masked(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    mask_secrets(&mut frame, ProtocolVersion::V5, Direction::ClientToServer);
    frame
}

#[test]
fn secrets_are_masked_in_place_and_nothing_else() {
    assert_eq!(
        masked(CONNECT),
        b"\x10\x26\0\x04MQTT\x05\xc2\0\x0a\x0c\x15\0\x01m\x16\0\x05*****\0\x01c\0\x02me\0\x06******"
    );
    assert_eq!(
        masked(b"\xf0\x0b\x18\x09\x15\0\x01m\x16\0\x02hi"),
        b"\xf0\x0b\x18\x09\x15\0\x01m\x16\0\x02**"
    );
    let publish = b"\x30\x0b\0\x06sesame\0hi";
    assert_eq!(masked(publish), publish);
}

#[test]
fn what_cannot_be_read_of_a_connect_is_masked_for_it_may_hold_the_password() {
    let mut cut = CONNECT.to_vec();
    cut.pop();
    assert_eq!(masked(&cut)[32..], *b"*******");
    let mut longer = CONNECT.to_vec();
    longer.extend_from_slice(b"sesame");
    assert_eq!(masked(&longer)[40..], *b"******");
}

#[test]
fn debug_shows_no_secret() {
    let decoded = decode(CONNECT, ProtocolVersion::V5, Direction::ClientToServer);
    assert_eq!(decoded.anomalies, []);
    let dissected = dissect(CONNECT, ProtocolVersion::V5, Direction::ClientToServer);
    let text = format!("{decoded:?} {dissected:?}");
    for secret in ["sesame", "magic", "115, 101, 115", "109, 97, 103"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("***"));
}
