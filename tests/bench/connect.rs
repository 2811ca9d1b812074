//! From the first byte to the last SUBACK, over every transport, against mosquitto on this machine. The network's
//! own round trips are microseconds here, so that the bar is what the program may add.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use mqttscope::{
    config::{BrokerUrl, Profile},
    event::{ConnectionState, Record, SourceId},
    source::{Clock, Limits, batches, spawn},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring::default_provider, pki_types::PrivatePkcs8KeyDer},
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

use super::{
    common::mosquitto::Mosquitto,
    table::{Bar, Row, median},
};

const TRIES: usize = 51;

pub fn every_transport() -> Vec<Row> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(rows()).unwrap_or_default()
}

async fn rows() -> Option<Vec<Row>> {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    // mosquitto started by root becomes a user of its own
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::write(path("cert"), own.cert.pem()).unwrap();
    std::fs::write(path("key"), own.signing_key.serialize_pem()).unwrap();
    let tls = format!("certfile {}\nkeyfile {}\n", path("cert"), path("key"));
    let unix = format!(
        "allow_anonymous true\nlistener 0 {}\nallow_anonymous true\n",
        path("socket")
    );
    let plain = Mosquitto::start_with(&unix)?;
    let secure = Mosquitto::start_with(&format!("allow_anonymous true\n{tls}"))?;
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (ws, wss) = (
        front(plain.port, None).await,
        front(plain.port, Some(acceptor)).await,
    );
    let mut rows = Vec::new();
    for (name, url) in [
        (
            "connect to SUBACK, mqtt, median of 51",
            format!("mqtt://127.0.0.1:{}", plain.port),
        ),
        (
            "connect to SUBACK, mqtts",
            format!("mqtts://127.0.0.1:{}", secure.port),
        ),
        ("connect to SUBACK, ws", format!("ws://127.0.0.1:{ws}")),
        ("connect to SUBACK, wss", format!("wss://127.0.0.1:{wss}")),
        ("connect to SUBACK, unix", format!("unix://{}", path("socket"))),
    ] {
        let mut profile = Profile::new("bench", url.parse::<BrokerUrl>().unwrap());
        profile.tls.ca = Some(path("cert").into());
        let mut times = Vec::new();
        for _ in 0..TRIES {
            times.push(connected(profile.clone()).await.as_secs_f64() * 1000.0);
        }
        rows.push(Row::new(name, median(times), "ms", Bar::AtMost(5.0)));
    }
    Some(rows)
}

/// From the first step to the last SUBACK, by the times the connection itself gives: what it tells waits up to 5 ms
/// for company, as all batches do.
async fn connected(profile: Profile) -> Duration {
    let limits = Limits::default();
    let (batches_tx, mut told) = batches(64, limits.in_flight);
    let handle = spawn(SourceId(0), profile, None, limits, Clock::start(), batches_tx);
    let mut began = None;
    let took = 'told: loop {
        let batch = told.recv().await.unwrap();
        for record in &batch.records {
            let Record::Status(status) = record else { continue };
            let at = batch.time.mono_us + u64::from(status.after_us);
            let began = *began.get_or_insert(at);
            if has_subscribed(&status.state) {
                break 'told at - began;
            }
        }
    };
    handle.shutdown().await;
    Duration::from_micros(took)
}

fn has_subscribed(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Connected(facts) => facts.subscriptions.iter().all(|(_, code)| code.is_some()),
        ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => panic!("{failure:?}"),
        _ => false,
    }
}

/// A WebSocket server before a broker, for mosquittos built without.
async fn front(broker: u16, acceptor: Option<TlsAcceptor>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) => serve(acceptor.accept(stream).await.unwrap(), broker).await,
                    None => serve(stream, broker).await,
                }
            });
        }
    });
    port
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, broker: u16) {
    #[allow(clippy::result_large_err, reason = "the signature is the crate's")]
    let agree = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        let mqtt = "mqtt".parse().unwrap();
        response.headers_mut().insert("Sec-WebSocket-Protocol", mqtt);
        Ok(response)
    };
    let (mut to_client, mut from_client) = accept_hdr_async(stream, agree).await.unwrap().split();
    let broker = TcpStream::connect(("127.0.0.1", broker)).await.unwrap();
    broker.set_nodelay(true).unwrap();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let down = async {
        let mut bytes = vec![0; 4096];
        while let Ok(count @ 1..) = from_broker.read(&mut bytes).await {
            let frame = Message::binary(bytes[..count].to_vec());
            if to_client.send(frame).await.is_err() {
                return;
            }
        }
    };
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            if to_broker.write_all(&message.into_data()).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = down => {}
        () = up => {}
    }
}
