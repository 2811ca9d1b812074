//! A WebSocket as a stream of bytes (MQTT 5 §6): frames may be split and joined anywhere.
//!
//! ```text
//! upgrade: GET … ⇄ 101 Switching Protocols ─▶ Bytes: binary messages ⇄ bytes
//! ```
//!
//! The request is our own, so that a server without subprotocol can be tolerated and a refusal be told.

use std::{
    fmt::Write,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Sink, Stream as _};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        handshake::{
            client::{Response, generate_key},
            derive_accept_key,
            machine::TryParse,
        },
        protocol::{Role, WebSocketConfig},
    },
};

use super::{BoxedIo, Io, failure, tls};
use crate::{
    config::{BrokerUrl, WsHeader},
    event::Failure,
};

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer's head may be no longer.
const MAX_HEAD: usize = 64 * 1024;
/// A message holds what one packet can: 268,435,455 bytes behind five of head.
const MAX_MESSAGE: usize = 268_435_455 + 5;
/// What is written at once goes into one frame, up to this.
const FRAME: usize = 64 * 1024;

/// Asks for the WebSocket. With it comes a warning where the server did not agree on MQTT.
pub async fn upgrade(
    mut io: BoxedIo,
    url: &BrokerUrl,
    headers: &[WsHeader],
) -> Result<(BoxedIo, Option<String>), Failure> {
    let key = generate_key();
    let shake = async {
        io.write_all(request(url, headers, &key).as_bytes()).await?;
        io.flush().await?;
        read_head(&mut io).await
    };
    let (response, rest) = match timeout(TIMEOUT, shake).await {
        Err(_) => return Err(failure::websocket_timed_out(TIMEOUT)),
        Ok(Err(error)) => {
            return Err(tls::after_handshake(&error).unwrap_or_else(|| failure::websocket_broken(&error)));
        }
        Ok(Ok(answer)) => answer,
    };
    let warning = judge(&response, &key, url)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        .write_buffer_size(0);
    let socket = WebSocketStream::from_partially_read(io, rest, Role::Client, Some(config)).await;
    let stream = BytesOver {
        socket,
        rest: Bytes::new(),
        error: None,
    };
    Ok((Box::new(stream), warning))
}

fn request(url: &BrokerUrl, headers: &[WsHeader], key: &str) -> String {
    let host = match url.host_elsewhere() {
        address if address.contains(':') => format!("[{address}]"),
        host => host.to_owned(),
    };
    let port = if url.port == url.scheme.default_port() {
        String::new()
    } else {
        format!(":{}", url.port)
    };
    let mut request = format!("GET {} HTTP/1.1\r\n", escaped(&url.path));
    let is_own = |name: &str| headers.iter().any(|own| own.name.eq_ignore_ascii_case(name));
    if !is_own("Host") {
        let _ = write!(request, "Host: {host}{port}\r\n");
    }
    request += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    let _ = write!(request, "Sec-WebSocket-Key: {key}\r\n");
    if !is_own("Sec-WebSocket-Protocol") {
        request += "Sec-WebSocket-Protocol: mqtt\r\n";
    }
    for header in headers {
        let value = String::from_utf8_lossy(header.bytes().unwrap_or_default());
        let _ = write!(request, "{}: {value}\r\n", header.name);
    }
    request + "\r\n"
}

/// A path that cannot end its line: spaces, control characters and what is not ASCII as `%20`.
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'!'..=b'~' => escaped.push(char::from(byte)),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

/// The head of an HTTP answer, and what came behind it.
pub async fn read_head(io: &mut (impl AsyncRead + Unpin)) -> io::Result<(Response, Vec<u8>)> {
    let mut heard = Vec::new();
    loop {
        let parsed = Response::try_parse(&heard).map_err(|_| {
            let first: String = String::from_utf8_lossy(&heard).chars().take(40).collect();
            io::Error::new(io::ErrorKind::InvalidData, format!("it begins with {first:?}"))
        })?;
        if let Some((size, response)) = parsed {
            return Ok((response, heard.split_off(size)));
        }
        if heard.len() >= MAX_HEAD {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is endless"));
        }
        if io.read_buf(&mut heard).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn judge(response: &Response, key: &str, url: &BrokerUrl) -> Result<Option<String>, Failure> {
    if response.status().as_u16() != 101 {
        return Err(failure::no_websocket(response.status().as_u16(), url));
    }
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    if header("Sec-WebSocket-Accept") != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err(failure::false_websocket());
    }
    Ok(match header("Sec-WebSocket-Protocol") {
        Some("mqtt" | "mqttv3.1") => None,
        Some(other) => Some(format!(
            "the WebSocket's subprotocol is \"{other}\", not mqtt (MQTT-6.0.0-4)"
        )),
        None => Some(
            "the server agreed on no WebSocket subprotocol, where it should on mqtt (MQTT-6.0.0-4)".into(),
        ),
    })
}

/// The bytes in binary messages.
struct BytesOver {
    socket: WebSocketStream<BoxedIo>,
    /// Of a message, what was not taken yet.
    rest: Bytes,
    /// Happened behind what was read last.
    error: Option<io::Error>,
}

impl Io for BytesOver {}

impl BytesOver {
    fn pass_on(&mut self, buf: &mut ReadBuf<'_>) {
        let count = self.rest.len().min(buf.remaining());
        buf.put_slice(self.rest.get(..count).unwrap_or_default());
        self.rest.advance(count);
    }

    /// The next binary message with something in it; `None` at the end.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            let message = match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                None => return Poll::Ready(Ok(None)),
                Some(message) => message.map_err(io_error)?,
            };
            match message {
                Message::Binary(bytes) if bytes.is_empty() => {}
                Message::Binary(bytes) => return Poll::Ready(Ok(Some(bytes))),
                Message::Text(_) => {
                    let what = "a text message on a WebSocket that carries MQTT (MQTT-6.0.0-1)";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, what)));
                }
                // Pongs to pings are queued inside, only the last of them is kept.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
            }
        }
    }
}

impl AsyncRead for BytesOver {
    /// As many messages as there are and as fit, so that small ones do not cost a turn each.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Err(error));
        }
        let before = buf.filled().len();
        self.pass_on(buf);
        while buf.remaining() > 0 {
            match self.poll_message(cx) {
                Poll::Ready(Ok(Some(bytes))) => {
                    self.rest = bytes;
                    self.pass_on(buf);
                }
                Poll::Ready(Ok(None)) => break,
                // What was read before counts first.
                Poll::Ready(Err(error)) if buf.filled().len() > before => {
                    self.error = Some(error);
                    break;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if buf.filled().len() > before => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for BytesOver {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io_error)?;
        let mut frame = BytesMut::new();
        for slice in slices {
            let room = FRAME - frame.len();
            frame.extend_from_slice(slice.get(..room).unwrap_or(slice));
        }
        let written = frame.len();
        if written > 0 {
            Pin::new(&mut self.socket)
                .start_send(Message::Binary(frame.freeze()))
                .map_err(io_error)?;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(io_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(io_error)
    }
}

fn io_error(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        tungstenite::Error::ConnectionClosed
        | tungstenite::Error::AlreadyClosed
        | tungstenite::Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
            io::ErrorKind::UnexpectedEof.into()
        }
        error => io::Error::new(io::ErrorKind::InvalidData, format!("WebSocket: {error}")),
    }
}
