//! What `demo` shows: the embedded broker and simulated devices that look like life. A house, a plant line,
//! a camera, a light that obeys, a service that answers, and topics that are hard to show.
//!
//! The devices are rumqttc clients over real sockets: what is seen of them is what a broker would send.

mod camera;
mod device;
mod house;
mod light;
mod plant;
mod polling;
mod pulse;
mod random;
mod service;

use std::{net::SocketAddr, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use crate::broker::{BindError, Broker, BrokerHandle, BrokerOptions};
use pulse::Pulse;
use random::Random;

/// How the demo runs; `Default` is what `mqttscope demo` does.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where and how the broker listens.
    pub broker: BrokerOptions,
    /// The same seed gives the same values.
    pub seed: u64,
    /// How long the plant's robot lives before it dies, and its will says so.
    pub robot_lives: Duration,
    /// How long the robot stays dead.
    pub robot_rests: Duration,
    /// When the plant's pump falls silent, though it stays connected.
    pub pump_silent_after: Duration,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            broker: BrokerOptions::default(),
            seed: 1,
            robot_lives: Duration::from_secs(52),
            robot_rests: Duration::from_secs(8),
            pump_silent_after: Duration::from_secs(40),
        }
    }
}

/// A running demo. Dropping it ends it without waiting.
#[derive(Debug)]
pub struct Demo {
    broker: BrokerHandle,
    stopping: watch::Sender<bool>,
    devices: JoinSet<()>,
}

impl Demo {
    /// Starts the broker and all devices. Needs a tokio runtime with io and time.
    pub async fn start(options: DemoOptions) -> Result<Self, BindError> {
        let broker = Broker::bind(options.broker.clone()).await?;
        let (stopping, stopped) = watch::channel(false);
        let place = Place {
            addr: broker.addr(),
            seed: options.seed,
            stopped,
        };
        let mut devices = JoinSet::new();
        house::spawn(&place, &mut devices);
        plant::spawn(&place, &options, &mut devices);
        devices.spawn(camera::run(place.clone()));
        devices.spawn(light::run(place.clone()));
        devices.spawn(service::answer(place.clone()));
        devices.spawn(service::ask(place));
        Ok(Self {
            broker,
            stopping,
            devices,
        })
    }

    /// Where to connect: `mqtt://127.0.0.1:41883`.
    pub fn url(&self) -> String {
        self.broker.url()
    }

    /// The same as an address.
    pub const fn addr(&self) -> SocketAddr {
        self.broker.addr()
    }

    /// Disconnects all devices, then stops the broker; every task has ended when this returns.
    pub async fn shutdown(mut self) {
        self.stopping.send_replace(true);
        while self.devices.join_next().await.is_some() {}
        self.broker.shutdown().await;
    }
}

/// What every device has of the demo.
#[derive(Debug, Clone)]
struct Place {
    addr: SocketAddr,
    seed: u64,
    stopped: watch::Receiver<bool>,
}

impl Place {
    /// Numbers of its own for each device.
    fn random(&self, device: &str) -> Random {
        Random::new(self.seed, device)
    }

    fn every(&self, period: Duration) -> Pulse {
        Pulse::new(period, self.stopped.clone())
    }
}
