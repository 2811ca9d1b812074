//! Who may connect: user names and passwords (MQTT 5 §3.1.3.5, §3.1.3.6). Nobody listed: everybody may.

use std::fmt;

use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::Connect,
};

/// The codes of 3.1 and 3.1.1 (§3.2.2.3).
const V3_BAD_USER_NAME_OR_PASSWORD: ReasonCode = ReasonCode(4);
const V3_NOT_AUTHORIZED: ReasonCode = ReasonCode(5);

/// A user the broker lets in. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub name: String,
    /// Password: any bytes.
    pub password: Vec<u8>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("password", &"***")
            .finish()
    }
}

/// What refuses this client; `None`: it may come in.
pub(super) fn refusal(users: &[User], connect: &Connect) -> Option<ReasonCode> {
    let is_v5 = connect.version == ProtocolVersion::V5;
    let Some(name) = connect.username.as_ref().filter(|_| !users.is_empty()) else {
        let code = if is_v5 {
            ReasonCode::NOT_AUTHORIZED
        } else {
            V3_NOT_AUTHORIZED
        };
        return (!users.is_empty()).then_some(code);
    };
    let password = connect.password.as_deref().unwrap_or_default();
    let is_known = |user: &User| user.name == *name && is_same(&user.password, password);
    if users.iter().any(is_known) {
        return None;
    }
    Some(if is_v5 {
        ReasonCode::BAD_USER_NAME_OR_PASSWORD
    } else {
        V3_BAD_USER_NAME_OR_PASSWORD
    })
}

/// Looks at every byte whatever it finds, so that the time taken tells nothing of the password.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Properties;

    fn connect(version: ProtocolVersion, name: Option<&str>, password: Option<&str>) -> Connect {
        Connect {
            version,
            clean_start: true,
            keep_alive: 0,
            client_id: String::new(),
            will: None,
            username: name.map(Into::into),
            password: password.map(|text| text.as_bytes().to_vec().into()),
            properties: Properties::NONE,
        }
    }

    #[test]
    fn each_version_is_refused_with_its_own_codes() {
        let users = ["ann", "bob"].map(|name| User {
            name: name.into(),
            password: format!("{name}'s").into(),
        });
        for (name, password, v3, v5) in [
            (Some("ann"), Some("ann's"), None, None),
            (Some("bob"), Some("bob's"), None, None),
            (Some("bob"), Some("ann's"), Some(4), Some(0x86)),
            (Some("bob"), Some("bob's!"), Some(4), Some(0x86)),
            (Some("bob"), None, Some(4), Some(0x86)),
            (Some("eve"), Some("ann's"), Some(4), Some(0x86)),
            (None, Some("ann's"), Some(5), Some(0x87)),
            (None, None, Some(5), Some(0x87)),
        ] {
            for (version, code) in [(ProtocolVersion::V311, v3), (ProtocolVersion::V5, v5)] {
                let refused = refusal(&users, &connect(version, name, password));
                assert_eq!(refused, code.map(ReasonCode), "{version} {name:?} {password:?}");
                assert_eq!(refusal(&[], &connect(version, name, password)), None);
            }
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let user = User {
            name: "ann".into(),
            password: "secret".into(),
        };
        assert!(!format!("{user:?}").contains("secret"));
    }
}
