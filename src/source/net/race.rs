//! Happy Eyeballs (RFC 8305): addresses of both families in turn, a quarter of a second apart, first one wins.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::sleep,
};

/// RFC 8305 §5: the delay before the next address is tried beside those under way.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The broker drops QoS 0 messages for a slow reader, unseen; a burst must fit between two reads.
const RECEIVE_BUFFER: u32 = 4 * 1024 * 1024;

/// One address's failure.
#[derive(Debug)]
pub struct Failed {
    /// Which.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

/// The families in turn, beginning with that of the first; the order within a family is kept (RFC 8305 §4).
pub fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (Vec<_>, Vec<_>) = addresses
        .iter()
        .partition(|address| address.is_ipv6() == is_first_v6);
    one.reverse();
    other.reverse();
    let mut turns = Vec::with_capacity(addresses.len());
    while let Some(address) = one.pop().or_else(|| other.pop()) {
        turns.push(address);
        turns.extend(other.pop());
    }
    turns
}

/// The first connection made, or every address's failure in the order they came.
///
/// `bind`: from this local address, which is to be of the addresses' family.
pub async fn race(
    addresses: &[SocketAddr],
    bind: Option<IpAddr>,
) -> Result<(TcpStream, SocketAddr), Vec<Failed>> {
    let mut rest = addresses.iter().copied();
    let mut under_way = FuturesUnordered::new();
    let mut failed = Vec::new();
    under_way.extend(rest.next().map(|address| attempt(address, bind)));
    loop {
        tokio::select! {
            done = under_way.next() => match done {
                Some(Ok(reached)) => return Ok(reached),
                Some(Err(error)) => {
                    failed.push(error);
                    under_way.extend(rest.next().map(|address| attempt(address, bind)));
                }
                None => return Err(failed),
            },
            () = sleep(ATTEMPT_DELAY), if rest.len() > 0 => under_way.extend(rest.next().map(|address| attempt(address, bind))),
        }
    }
}

async fn attempt(address: SocketAddr, bind: Option<IpAddr>) -> Result<(TcpStream, SocketAddr), Failed> {
    let failed = |error| Failed { address, error };
    let socket = socket_for(address).map_err(failed)?;
    if let Some(local) = bind {
        socket.bind(SocketAddr::new(local, 0)).map_err(failed)?;
    }
    let stream = socket.connect(address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok((stream, address))
}

/// A socket with the large receive buffer, or with the system's own where it allows less: a smaller
/// fixed size would turn off Linux's automatic growth, which goes further than its fixed limit.
fn socket_for(address: SocketAddr) -> io::Result<TcpSocket> {
    let new = || match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = new()?;
    let is_large = socket.set_recv_buffer_size(RECEIVE_BUFFER).is_ok()
        && socket.recv_buffer_size().is_ok_and(|size| size >= RECEIVE_BUFFER);
    if is_large { Ok(socket) } else { new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        for (given, expected) in [
            (
                &["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"][..],
                &["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"][..],
            ),
            (
                &["1.1.1.1:1", "[::1]:1", "[::2]:1"],
                &["1.1.1.1:1", "[::1]:1", "[::2]:1"],
            ),
            (&["1.1.1.1:1"], &["1.1.1.1:1"]),
            (&[], &[]),
        ] {
            assert_eq!(interleave(&addresses(given)), addresses(expected));
        }
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let living = listener.local_addr().unwrap();
        let dead = {
            let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            gone.local_addr().unwrap()
        };
        let (stream, peer) = race(&[dead, living], None).await.unwrap();
        assert_eq!(peer, living);
        assert!(stream.nodelay().unwrap());
    }

    /// A listener whose queue is full: a further connection is neither made nor refused.
    #[cfg(target_os = "linux")]
    async fn stuffed() -> (tokio::net::TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(stream) = tokio::time::timeout(ATTEMPT_DELAY, TcpStream::connect(address)).await {
            held.push(stream.unwrap());
            assert!(held.len() < 8, "the queue never fills");
        }
        (listener, held)
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_address_without_answer_holds_the_next_up_for_the_attempt_delay_alone() {
        let (silent, _held) = stuffed().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (silent, living) = (silent.local_addr().unwrap(), listener.local_addr().unwrap());
        let began = std::time::Instant::now();
        let (_, peer) = race(&[silent, living], None).await.unwrap();
        assert_eq!(peer, living);
        assert!(began.elapsed() >= ATTEMPT_DELAY, "{:?}", began.elapsed());
        assert!(began.elapsed() < ATTEMPT_DELAY * 8, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn every_dead_address_is_told() {
        let dead = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let failed = race(&[dead, dead], None).await.unwrap_err();
        assert_eq!(failed.len(), 2);
        assert!(
            failed
                .iter()
                .all(|one| one.address == dead && one.error.kind() == io::ErrorKind::ConnectionRefused)
        );
    }
}
