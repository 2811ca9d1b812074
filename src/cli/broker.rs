//! `broker`: the embedded broker until Ctrl-C.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use super::{Exit, Failure, args::BrokerArgs, signals::Signals, talk};
use crate::broker::{Broker, BrokerOptions};

/// Serves until a signal comes. Its URL goes to stdout, for scripts that asked for any port.
pub async fn run(args: &BrokerArgs) -> Result<Exit, Failure> {
    let mut signals = Signals::take().map_err(Failure::error)?;
    let options = BrokerOptions {
        addr: SocketAddr::new(args.bind, args.port),
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.map_err(Failure::error)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", broker.url())
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::output(&error))?;
    drop(stdout);
    if args.bind.is_loopback() {
        talk::say("broker on the loopback only; Ctrl-C ends it");
    } else {
        talk::say("broker without passwords, open to everybody who can reach it; Ctrl-C ends it");
    }
    signals.wait().await;
    broker.shutdown().await;
    Ok(Exit::Ok)
}
