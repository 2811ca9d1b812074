//! A Unix socket of this machine, where the system has them.

use super::{BoxedIo, failure};
use crate::event::Failure;

#[cfg(unix)]
impl super::Io for tokio::net::UnixStream {}

/// Opens the socket at a path.
#[cfg(unix)]
pub async fn open(path: &str) -> Result<BoxedIo, Failure> {
    match tokio::net::UnixStream::connect(path).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(failure::no_socket(path, &error)),
    }
}

/// Says that there are none.
#[cfg(not(unix))]
#[allow(clippy::unused_async, reason = "the same as where there are some")]
pub async fn open(path: &str) -> Result<BoxedIo, Failure> {
    Err(failure::no_sockets_here(path))
}
