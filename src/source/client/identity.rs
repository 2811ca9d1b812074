//! The client id from its template, and randomness for it and for back-off.

use std::hash::{BuildHasher, RandomState};

/// A random number from the seed the standard library gives each hash map: enough to spread retries and to
/// tell two terminals apart, and no secret.
pub fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}

/// Replaces `{host}` by this machine's name and `{rand4}` by four random characters.
pub fn expand(template: &str) -> String {
    let host = gethostname::gethostname();
    fill_in(template, &host.to_string_lossy(), random())
}

fn fill_in(template: &str, host: &str, random: u64) -> String {
    template
        .replace("{host}", &short_host(host))
        .replace("{rand4}", &rand4(random))
}

/// The first label, without what some brokers do not take in a client id; so short that the default template
/// stays within the 23 characters that every server must take (MQTT-3.1.3-5).
fn short_host(host: &str) -> String {
    let label = host.split('.').next().unwrap_or_default();
    let plain: String = label
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(8)
        .collect();
    if plain.is_empty() { "host".into() } else { plain }
}

fn rand4(mut random: u64) -> String {
    const CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..4)
        .map(|_| {
            let index = random as usize % CHARACTERS.len();
            random /= CHARACTERS.len() as u64;
            char::from(CHARACTERS.get(index).copied().unwrap_or(b'a'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_filled_in() {
        for (template, host, expected) in [
            ("mqttscope-{host}-{rand4}", "pi.lan", "mqttscope-pi-abaa"),
            ("{host}", "böse maschine/+", "bsemasch"),
            ("{host}", "", "host"),
            ("fixed", "pi", "fixed"),
            ("", "pi", ""),
        ] {
            assert_eq!(fill_in(template, host, 32), expected);
        }
    }

    #[test]
    fn two_ids_of_one_machine_differ() {
        assert_ne!(expand("{rand4}{rand4}"), "{rand4}{rand4}");
        assert!((0..8).any(|_| expand("{rand4}") != expand("{rand4}")));
    }
}
