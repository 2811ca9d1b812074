//! The client's certificate and private key: PEM in PKCS#1, PKCS#8, SEC1, or encrypted PKCS#8.

use std::{fs, path::Path};

use pkcs8::EncryptedPrivateKeyInfoRef;
use tokio_rustls::rustls::{
    self,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};

use super::{failure, roots};
use crate::{
    config::{PasswordSource, TlsOptions},
    event::Failure,
};

const PKCS8_ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Reads them, if they are named.
pub fn load(options: &TlsOptions) -> Result<Option<Identity>, Failure> {
    match (&options.cert, &options.key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => {
            let chain = roots::file(cert, "cert")?;
            Ok(Some((chain, private_key(key, &options.key_password)?)))
        }
        (Some(_), None) => Err(failure::profile(
            "a client certificate without its key".into(),
            "name the private key too: key in [tls], --key FILE",
        )),
        (None, Some(_)) => Err(failure::profile(
            "a private key without its certificate".into(),
            "name the certificate too: cert in [tls], --cert FILE",
        )),
    }
}

/// Certificate and key were read, but do not belong together.
pub fn do_not_fit(options: &TlsOptions, error: &rustls::Error) -> Failure {
    let shown = |path: &Option<_>| {
        path.as_ref()
            .map(|path: &std::path::PathBuf| path.display().to_string())
    };
    let (cert, key) = (
        shown(&options.cert).unwrap_or_default(),
        shown(&options.key).unwrap_or_default(),
    );
    let what = match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("the key {key} does not belong to the certificate {cert}")
        }
        error => format!("client certificate {cert}, key {key}: {error}"),
    };
    failure::profile(what, "check cert and key in [tls], --cert and --key")
}

/// The private key's path, where it is encrypted and nothing says its password: somebody could be asked.
/// Reads the file; what is wrong with it is told when the connection is made.
pub fn wants_password(options: &TlsOptions) -> Option<&Path> {
    let path = options.key.as_deref()?;
    let is_unasked = options.key_password == PasswordSource::None;
    let is_encrypted = || fs::read(path).is_ok_and(|pem| is_encrypted(&pem));
    (is_unasked && is_encrypted()).then_some(path)
}

fn is_encrypted(pem: &[u8]) -> bool {
    contains(pem, PKCS8_ENCRYPTED)
}

fn private_key(path: &Path, password: &PasswordSource) -> Result<PrivateKeyDer<'static>, Failure> {
    let shown = path.display();
    let pem = fs::read(path)
        .map_err(|error| failure::profile(format!("key: {shown}: {error}"), "check the path of the key"))?;
    if contains(&pem, PKCS8_ENCRYPTED) {
        return decrypted(&pem, path, password);
    }
    if contains(&pem, b"Proc-Type: 4,ENCRYPTED") {
        return Err(failure::profile(
            format!("key: {shown} is encrypted in OpenSSL's old way, which is not read here"),
            &format!("convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in {shown} -out new.key"),
        ));
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        failure::profile(
            format!("key: {shown} holds no private key"),
            "the file is to be PEM: PKCS#1, PKCS#8 or SEC1 (-----BEGIN … PRIVATE KEY-----)",
        )
    })
}

fn decrypted(pem: &[u8], path: &Path, password: &PasswordSource) -> Result<PrivateKeyDer<'static>, Failure> {
    let shown = path.display();
    let PasswordSource::Memory(secret) = password else {
        return Err(failure::profile(
            format!("key: {shown} is encrypted"),
            "give its password: key_password_command in [tls], or --key-password",
        ));
    };
    let unreadable = |what: String| failure::profile(what, "check the file; openssl pkey -in FILE reads it");
    let der = encrypted_der(pem).ok_or_else(|| unreadable(format!("key: {shown} is no proper PEM")))?;
    let info = EncryptedPrivateKeyInfoRef::try_from(der.as_slice())
        .map_err(|error| unreadable(format!("key: {shown}: {error}")))?;
    let clear = info.decrypt(secret.expose()).map_err(|_| {
        failure::profile(
            format!("key: {shown} cannot be decrypted"),
            "the password is wrong, or the cipher is neither AES nor 3DES (PBES2), which alone are read here",
        )
    })?;
    Ok(PrivatePkcs8KeyDer::from(clear.as_bytes().to_vec()).into())
}

/// The body of an encrypted section, which rustls' reader does not know.
fn encrypted_der(pem: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine;
    let text = std::str::from_utf8(pem).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END ENCRYPTED PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(body).ok()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
