//! The client's half of SCRAM (RFC 5802, RFC 7677) over `rsasl`, whose parser trusts the shape of what it reads
//! and does as many iterations as the server asks for: both are checked here first. Knows nothing of MQTT.

use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session, SessionError, State};

use crate::config::Secret;

/// Iterations of the hash that we do at most: some 0.1 s of computing, 25 times what RFC 7677 asks for.
const MAX_ITERATIONS: u32 = 100_000;
/// RFC 7677 §4.
const LEAST_ITERATIONS: u32 = 4096;

/// The names of the methods that are spoken.
pub const METHODS: &[&str] = &["SCRAM-SHA-256", "SCRAM-SHA-512"];

/// One exchange.
pub struct Scram {
    session: Session,
}

/// What to send in answer to the server's first message, and what is odd about that.
#[derive(Debug)]
pub struct Answer {
    /// The client's final message.
    pub data: Vec<u8>,
    /// In words.
    pub oddity: Option<String>,
}

impl Scram {
    /// Begins; gives the client's first message. The error is the user's to mend.
    pub fn begin(method: &str, username: &str, password: &Secret) -> Result<(Self, Vec<u8>), String> {
        let password = std::str::from_utf8(password.expose())
            .map_err(|_| format!("{method} takes passwords of text only, and this one is none"))?;
        let prepared = |text: &str, what: &str| {
            stringprep::saslprep(text)
                .map(Into::into)
                .map_err(|_| format!("{method} forbids a character of the {what} (RFC 4013)"))
        };
        let config = SASLConfig::with_credentials(
            None,
            prepared(username, "user name")?,
            prepared(password, "password")?,
        );
        let name = Mechname::parse(method.as_bytes()).map_err(|error| format!("{method}: {error}"))?;
        let mut session = SASLClient::new(config.map_err(|error| format!("{method}: {error}"))?)
            .start_suggested(&[name])
            .map_err(|error| format!("{method}: {error}"))?;
        let mut first = Vec::new();
        session
            .step(None, &mut first)
            .map_err(|error| format!("{method}: {error}"))?;
        Ok((Self { session }, first))
    }

    /// Answers the server's first message; the error says what is wrong with that.
    pub fn answer(&mut self, server_first: &[u8]) -> Result<Answer, String> {
        let iterations = check_first(server_first)?;
        let mut data = Vec::new();
        self.step(server_first, &mut data)?;
        let oddity = (iterations < LEAST_ITERATIONS)
            .then(|| format!("{iterations} iterations are weak: RFC 7677 asks for {LEAST_ITERATIONS}"));
        Ok(Answer { data, oddity })
    }

    /// Checks the server's final message: only who knows the password can have made it.
    pub fn verify(&mut self, server_final: &[u8]) -> Result<(), String> {
        if server_final.len() < 2 {
            return Err("the broker's final message is empty".into());
        }
        match self.step(server_final, &mut Vec::new())? {
            State::Finished(_) => Ok(()),
            State::Running => Err("the broker's final message ends nothing".into()),
        }
    }

    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<State, String> {
        self.session.step(Some(input), out).map_err(|error| match error {
            SessionError::MutualAuthenticationFailed => {
                "its signature is not made with this password".to_owned()
            }
            other => other.to_string(),
        })
    }
}

/// The iterations `r=…,s=…,i=…` asks for, if it has that shape and they are few enough.
fn check_first(message: &[u8]) -> Result<u32, String> {
    let mut parts = message.split(|&byte| byte == b',');
    let mut part = |name: &str| {
        parts
            .next()
            .and_then(|part| part.strip_prefix(name.as_bytes()))
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("the broker's first message has no {name}"))
    };
    part("r=")?;
    part("s=")?;
    let count = std::str::from_utf8(part("i=")?).unwrap_or_default();
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the broker's first message has no number of iterations".into());
    }
    match count.parse::<u32>() {
        Ok(0) => Err("the broker asks for 0 iterations".into()),
        Ok(iterations @ 1..=MAX_ITERATIONS) => Ok(iterations),
        Ok(iterations) => Err(too_many(&iterations.to_string())),
        Err(_) => Err(too_many("over 4,294,967,295")),
    }
}

fn too_many(count: &str) -> String {
    format!("the broker asks for {count} iterations; {MAX_ITERATIONS} at most are done")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn begun(method: &str) -> (Scram, String) {
        let (scram, first) = Scram::begin(method, "user", &Secret::new(&b"pencil"[..])).unwrap();
        (scram, String::from_utf8(first).unwrap())
    }

    #[test]
    fn first_message_claims_no_channel_binding_and_escapes_the_name() {
        let (_, first) = begun("SCRAM-SHA-256");
        assert!(first.starts_with("n,,n=user,r="), "{first}");
        let (_, first) = Scram::begin("SCRAM-SHA-512", "a=b,c", &Secret::new(&b"x"[..])).unwrap();
        assert!(first.starts_with(b"n,,n=a=3Db=2Cc,r="), "{first:?}");
    }

    #[test]
    fn no_first_message_makes_it_panic_or_compute_without_end() {
        for message in [
            "",
            ",",
            ",,",
            "r",
            "r=",
            "r=x",
            "r=x,",
            "r=x,s",
            "r=x,s=",
            "r=x,,",
            "r=x,s=AA==,",
            "r=x,s=AA==,i",
            "r=x,s=AA==,i=",
            "r=x,s=AA==,i=0",
            "r=x,s=AA==,i=-1",
            "r=x,s=AA==,i=+5000",
            "r=x,s=AA==,i=100001",
            "r=x,s=AA==,i=4294967295",
            "r=x,s=AA==,i=99999999999999999999",
            "r=x,s=AA==,i=4096",
            "m=x,r=x",
        ] {
            let (mut scram, first) = begun("SCRAM-SHA-256");
            let nonce = first.split_once(",r=").unwrap().1;
            let message = message.replace("r=x,s", &format!("r={nonce}x,s"));
            let is_whole = message.ends_with("i=4096");
            let began = Instant::now();
            let answer = scram.answer(message.as_bytes());
            assert_eq!(answer.is_ok(), is_whole, "{message}: {answer:?}");
            assert!(began.elapsed() < Duration::from_secs(3), "{message}");
        }
    }

    #[test]
    fn another_nonce_is_refused() {
        let (mut scram, _) = begun("SCRAM-SHA-256");
        assert!(scram.answer(b"r=theirs,s=AA==,i=4096").is_err());
    }

    #[test]
    fn weak_iterations_are_odd() {
        let (mut scram, first) = begun("SCRAM-SHA-512");
        let nonce = first.split_once(",r=").unwrap().1;
        let answer = scram.answer(format!("r={nonce}x,s=AA==,i=1").as_bytes()).unwrap();
        assert!(answer.oddity.unwrap().starts_with("1 iterations are weak"));
    }

    #[test]
    fn no_final_message_makes_it_panic_or_counts_as_a_proof() {
        for message in [
            "",
            "v",
            "e",
            "v=",
            "e=",
            "v=AAAA",
            "v=!",
            "e=invalid-proof",
            ",",
            "x=y",
        ] {
            let (mut scram, first) = begun("SCRAM-SHA-256");
            let nonce = first.split_once(",r=").unwrap().1;
            scram.answer(format!("r={nonce}x,s=AA==,i=1").as_bytes()).unwrap();
            assert!(scram.verify(message.as_bytes()).is_err(), "{message}");
        }
    }

    #[test]
    fn credentials_that_scram_cannot_carry_are_told() {
        let error = |user: &str, password: &'static [u8]| {
            Scram::begin("SCRAM-SHA-256", user, &Secret::new(password))
                .err()
                .unwrap()
        };
        assert!(error("user", b"\xff").contains("passwords of text only"));
        assert!(error("us\u{7}er", b"x").contains("character of the user name"));
        assert!(error("user", "p\u{7}".as_bytes()).contains("character of the password"));
    }
}
