//! The socket, watched by the runtime or not. A watched socket wakes a thread for every segment that arrives,
//! even while nobody wants to read yet: at 20,000 small messages a second that costs more than all the rest.
//! While reading is paced the socket is therefore not watched, only looked at.

use std::{
    future::Future,
    io::{self, IoSlice, Read, Write},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    event::Buffer,
    source::net::{BoxedIo, Stream},
};

/// Bytes of one read at most: larger ones would leave more behind a batch than there is in it, to be copied.
pub const READ: usize = 64 * 1024;
/// A TLS record or a frame of a WebSocket comes alone: one of this size is no trickle.
const LAYERED_READ: usize = 8 * 1024;

/// A connected socket: one of the three; none after a switch between the first two has failed.
pub struct Socket {
    /// TLS, a WebSocket: always watched.
    layered: Option<BoxedIo>,
    /// Something was written that may still lie in the layers' own buffers.
    is_unflushed: bool,
    /// Bytes that the last read could have brought.
    asked: usize,
    /// Registered with the runtime.
    watched: Option<TcpStream>,
    /// Not registered; never blocks.
    plain: Option<std::net::TcpStream>,
}

impl Socket {
    /// Watched.
    pub fn new(stream: Stream) -> Self {
        let (watched, layered) = match stream {
            Stream::Tcp(stream) => (Some(stream), None),
            Stream::Layered(stream) => (None, Some(stream)),
        };
        Self {
            layered,
            is_unflushed: false,
            asked: READ,
            watched,
            plain: None,
        }
    }

    /// From now on nothing wakes for this socket, until a read or a write finds it not ready.
    pub fn unwatch(&mut self) {
        if let Some(stream) = self.watched.take() {
            self.plain = stream.into_std().ok();
        }
    }

    fn watch(&mut self) -> io::Result<&mut TcpStream> {
        let stream = match (self.watched.take(), self.plain.take()) {
            (Some(stream), _) => stream,
            (None, Some(plain)) => TcpStream::from_std(plain)?,
            (None, None) => return Err(io::ErrorKind::NotConnected.into()),
        };
        Ok(self.watched.insert(stream))
    }

    /// Whether nothing wakes for it.
    #[cfg(test)]
    pub const fn is_unwatched(&self) -> bool {
        self.plain.is_some()
    }

    /// Whether the last read, which brought so many bytes, left more behind it, or may have.
    pub const fn is_full(&self, read: usize) -> bool {
        read >= self.asked || self.layered.is_some() && read >= LAYERED_READ
    }

    /// Reads behind the end of `buffer`, [`READ`] bytes and what its capacity holds at most; 0 is the end of the stream.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut Buffer) -> Poll<io::Result<usize>> {
        let room = buffer.room();
        let len = room.len().min(READ);
        self.asked = len;
        let room = room.get_mut(..len).unwrap_or_default();
        let read = self.poll_read_into(cx, room);
        if let Poll::Ready(Ok(count)) = read {
            buffer.advance(count);
        }
        read
    }

    fn poll_read_into(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Some(layered) = &mut self.layered {
            return pin!(layered.read(room)).poll(cx);
        }
        if let Some(mut plain) = self.plain.as_ref()
            && let Some(read) = ready(plain.read(room))
        {
            return Poll::Ready(read);
        }
        pin!(self.watch()?.read(room)).poll(cx)
    }

    /// Writes what the socket takes.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if let Some(layered) = &mut self.layered {
            self.is_unflushed = true;
            return Pin::new(layered).poll_write_vectored(cx, slices);
        }
        if let Some(plain) = &mut self.plain
            && let Some(written) = ready(plain.write_vectored(slices))
        {
            return Poll::Ready(written);
        }
        Pin::new(self.watch()?).poll_write_vectored(cx, slices)
    }

    /// Brings what lies in the layers' buffers to the socket.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(layered) = self.layered.as_mut().filter(|_| self.is_unflushed) else {
            return Poll::Ready(Ok(()));
        };
        let flushed = Pin::new(layered).poll_flush(cx);
        self.is_unflushed = flushed.is_pending();
        flushed
    }

    /// Says that nothing more will be written, and reads until the peer says so too.
    pub async fn close(&mut self) -> io::Result<()> {
        match &mut self.layered {
            Some(layered) => close(layered).await,
            None => close(self.watch()?).await,
        }
    }
}

async fn close(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = Vec::with_capacity(4096);
    while stream.read_buf(&mut rest).await? > 0 {
        rest.clear();
    }
    Ok(())
}

/// `None`: not ready yet.
fn ready(result: io::Result<usize>) -> Option<io::Result<usize>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        result => Some(result),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap());
        let (stream, accepted) = tokio::join!(stream, listener.accept());
        (Socket::new(Stream::Tcp(stream.unwrap())), accepted.unwrap().0)
    }

    async fn read(socket: &mut Socket, buffer: &mut Buffer) -> usize {
        poll_fn(|cx| socket.poll_read(cx, buffer)).await.unwrap()
    }

    #[tokio::test]
    async fn unwatched_socket_that_has_nothing_is_watched_again() {
        let (mut socket, mut peer) = pair().await;
        let mut buffer = Buffer::with_capacity(100);
        socket.unwatch();
        let reading = read(&mut socket, &mut buffer);
        let writing = async {
            tokio::task::yield_now().await;
            peer.write_all(b"late").await.unwrap();
        };
        let (count, ()) = tokio::join!(reading, writing);
        assert_eq!((count, &*buffer), (4, &b"late"[..]));
        assert!(!socket.is_unwatched());
    }

    #[tokio::test]
    async fn a_record_of_a_layer_is_full_before_a_read_of_the_socket_is() {
        let (plain, peer) = pair().await;
        let layered = Socket::new(Stream::Layered(Box::new(peer)));
        for (read, plain_is_full, layered_is_full) in [
            (1, false, false),
            (LAYERED_READ, false, true),
            (READ - 1, false, true),
            (READ, true, true),
        ] {
            assert_eq!(plain.is_full(read), plain_is_full, "{read}");
            assert_eq!(layered.is_full(read), layered_is_full, "{read}");
        }
    }

    #[tokio::test]
    async fn a_look_takes_what_there_is_within_the_capacity() {
        const SENT: usize = 3_000_000;
        for capacity in [600, 1_200_000] {
            let (mut socket, mut peer) = pair().await;
            let sending = tokio::spawn(async move { peer.write_all(&vec![7; SENT]).await });
            let mut buffer = Buffer::with_capacity(capacity);
            let capacity = buffer.capacity();
            socket.watch().unwrap().readable().await.unwrap();
            socket.unwatch();
            let mut total = 0;
            loop {
                let count = read(&mut socket, &mut buffer).await;
                total += count;
                assert!(buffer.len() <= capacity && buffer.capacity() == capacity);
                assert!(buffer.iter().all(|&byte| byte == 7));
                if count == 0 {
                    break;
                }
                if buffer.len() == capacity {
                    assert!(socket.is_full(count), "there was no room for more");
                    buffer.truncate(0);
                }
            }
            assert_eq!(total, SENT);
            sending.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn unwatched_socket_that_takes_no_more_is_watched_again() {
        let (mut socket, mut peer) = pair().await;
        socket.unwatch();
        let mut sent = 0;
        while socket.is_unwatched() {
            let more = poll_fn(|cx| Poll::Ready(socket.poll_write(cx, &[IoSlice::new(&[1; 8_192])]))).await;
            if let Poll::Ready(count) = more {
                sent += count.unwrap();
            }
        }
        drop(socket);
        let mut received = Vec::new();
        peer.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), sent);
    }
}
