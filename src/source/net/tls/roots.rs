//! Whom to trust: the system's certificate authorities, or those of a file and a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::failure;
use crate::{config::TlsOptions, event::Failure};

/// Trusted certificates, and whether the user named them.
pub struct Roots {
    /// For chains.
    pub store: RootCertStore,
    /// The user's own, whole: one of them may be the server's very certificate.
    pub own: Vec<CertificateDer<'static>>,
}

/// Reads them. With a file or folder of the user's, the system's do not count.
pub fn load(options: &TlsOptions) -> Result<Roots, Failure> {
    if options.ca.is_none() && options.ca_path.is_none() {
        return system(options.is_insecure);
    }
    let mut own = Vec::new();
    if let Some(path) = &options.ca {
        own.extend(file(path, "ca")?);
    }
    if let Some(folder) = &options.ca_path {
        own.extend(folder_of_files(folder)?);
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(own.iter().cloned());
    if store.is_empty() && !options.is_insecure {
        let place = options.ca.as_ref().or(options.ca_path.as_ref());
        let place = place.map(|path| path.display().to_string()).unwrap_or_default();
        return Err(failure::profile(
            format!("no usable certificate in {place}"),
            "a CA file is PEM: -----BEGIN CERTIFICATE-----",
        ));
    }
    Ok(Roots { store, own })
}

fn system(is_insecure: bool) -> Result<Roots, Failure> {
    let mut store = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() && !is_insecure {
        return Err(failure::profile(
            "this system has no certificate authorities to trust".into(),
            "install ca-certificates, or name the broker's CA: --cafile FILE",
        ));
    }
    Ok(Roots {
        store,
        own: Vec::new(),
    })
}

/// The certificates of one PEM file; none is a fault.
pub fn file(path: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates = read(path).map_err(|error| {
        failure::profile(
            format!("{key}: {}: {error}", path.display()),
            "check the path; the file is to be PEM",
        )
    })?;
    if certificates.is_empty() {
        return Err(failure::profile(
            format!("{key}: {} holds no certificate", path.display()),
            "the file is to be PEM: -----BEGIN CERTIFICATE-----",
        ));
    }
    Ok(certificates)
}

fn read(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path)?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}

/// Files without a certificate are passed over: such folders hold keys and lists of revocations too.
fn folder_of_files(folder: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let cannot = |error: io::Error| {
        failure::profile(
            format!("ca_path: {}: {error}", folder.display()),
            "check the path of the folder",
        )
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>())
        .map_err(cannot)?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths
        .iter()
        .filter_map(|path| read(path).ok())
        .flatten()
        .collect())
}
