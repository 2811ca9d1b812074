//! What a certificate says: whose it is, for which hosts, until when.

use std::net::IpAddr;

use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use x509_cert::{
    Certificate as X509,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use crate::event::Certificate;

/// Certificates of one chain that are kept: the server decides how many it sends.
pub const MAX_CHAIN: usize = 16;
/// Names of one certificate that are kept.
const MAX_NAMES: usize = 100;

/// Reads one; what cannot be read is said in its place.
pub fn read(der: &CertificateDer<'_>, now: UnixTime) -> Certificate {
    let Ok(parsed) = X509::from_der(der) else {
        return Certificate {
            subject: "cannot be read".into(),
            issuer: String::new(),
            names: Vec::new(),
            days_left: 0,
        };
    };
    let body = parsed.tbs_certificate();
    Certificate {
        subject: body.subject().to_string(),
        issuer: body.issuer().to_string(),
        names: names(&parsed),
        days_left: until(&parsed, now),
    }
}

/// Whole days until it expires; negative when it has, `None` when it cannot be read.
pub fn days_left(der: &CertificateDer<'_>, now: UnixTime) -> Option<i64> {
    Some(until(&X509::from_der(der).ok()?, now))
}

fn until(parsed: &X509, now: UnixTime) -> i64 {
    let end = parsed.tbs_certificate().validity().not_after.to_unix_duration();
    (end.as_secs() as i64 - now.as_secs() as i64).div_euclid(86_400)
}

fn names(parsed: &X509) -> Vec<String> {
    let Ok(Some((_, SubjectAltName(names)))) = parsed.tbs_certificate().get_extension::<SubjectAltName>()
    else {
        return Vec::new();
    };
    names.iter().filter_map(host).take(MAX_NAMES).collect()
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}
