//! A persistent session through a proxy that cuts at random byte positions, in front of a real mosquitto: nothing
//! is lost, nothing of QoS 2 comes twice, and how every publish ended is told as it was. In both directions, on
//! 3.1.1 and 5. CI makes 40 cuts; the long run is by hand:
//! `cargo test --release --test source -- --ignored --nocapture thousand_cuts` (`SEED=n` repeats one).

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use mqttscope::{
    event::{OperationId, Outcome},
    mqtt::{ProtocolChoice, ProtocolVersion, QoS, Subscription, SubscriptionOptions, TopicFilter},
    source::Limits,
    wire::{Direction, PacketType},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use crate::{
    common::mosquitto::Mosquitto,
    observer::{Observer, Step, profile},
};

/// The long run: messages in each direction, half of them QoS 1, half QoS 2.
const MESSAGES: u32 = 20_000;
const CUTS: u32 = 1_000;
/// Bytes a connection may live, both ways together: CONNECT and CONNACK have some 60.
const MOST_BYTES: u64 = 2_500;
/// A connection without traffic is cut as well.
const QUIET: Duration = Duration::from_millis(20);
/// How long the broker takes a cut connection for living.
const LEARNS: Duration = Duration::from_millis(50);
/// The whole run fails if nothing moves for so long.
const STANDSTILL: Duration = Duration::from_secs(20);

/// xorshift64*: the run is repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end
    }
}

/// Forwards until so many bytes have passed, both ways together; then both ends are gone, by FIN or by RST.
async fn forward(client: TcpStream, broker: SocketAddr, mut budget: u64, is_reset: bool) {
    let Ok(mut broker) = TcpStream::connect(broker).await else {
        return;
    };
    let mut client = client;
    client.set_nodelay(true).unwrap();
    broker.set_nodelay(true).unwrap();
    let (mut up, mut down) = ([0; 512], [0; 512]);
    while budget > 0 {
        let step = timeout(QUIET, async {
            tokio::select! {
                read = client.read(&mut up) => (read.unwrap_or(0), true),
                read = broker.read(&mut down) => (read.unwrap_or(0), false),
            }
        });
        let Ok((count @ 1.., is_up)) = step.await else {
            break;
        };
        let count = count.min(budget as usize);
        budget -= count as u64;
        let written = if is_up {
            broker.write_all(&up[..count]).await
        } else {
            client.write_all(&down[..count]).await
        };
        if written.is_err() {
            break;
        }
    }
    if is_reset {
        let _ = client.set_zero_linger();
    }
    // As with a cable pulled, the broker learns of it only later: until then it writes, into nothing.
    tokio::spawn(timeout(LEARNS, async move {
        while broker.read(&mut down).await.is_ok_and(|count| count > 0) {}
    }));
}

/// Cuts so many connections, then lets the next ones live; tells how many were cut.
async fn cut(listener: TcpListener, broker: u16, cuts: u32, seed: u64, done_tx: watch::Sender<u32>) {
    let mut random = Random(seed | 1);
    let broker = SocketAddr::from(([127, 0, 0, 1], broker));
    for done in 1.. {
        let (client, _) = listener.accept().await.unwrap();
        if done > cuts {
            let mut client = client;
            tokio::spawn(async move {
                let mut broker = TcpStream::connect(broker).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
            });
            continue;
        }
        let budget = 1 + random.below(MOST_BYTES);
        forward(client, broker, budget, random.below(2) == 0).await;
        done_tx.send_replace(done);
    }
}

fn persistent(port: u16, version: ProtocolVersion, id: &str, filter: &str) -> Observer {
    let mut profile = profile(port, ProtocolChoice::Exactly(version));
    profile.client_id = id.into();
    profile.clean_start = false;
    profile.reconnect.min = Duration::from_millis(10);
    profile.reconnect.max = Duration::from_millis(10);
    let filter = TopicFilter::new(filter).unwrap();
    let options = SubscriptionOptions {
        qos: QoS::ExactlyOnce,
        ..Default::default()
    };
    profile.subscriptions = vec![Subscription::new(filter, options)];
    Observer::with(profile, Limits::default(), 64)
}

/// One side's messages: number `n` is `PREFIX/n`, QoS 1 where `n` is even, 2 where it is odd.
struct Side {
    observer: Observer,
    prefix: &'static str,
    /// The next number to publish, and the number of each publish that has not ended.
    next: u32,
    open: HashMap<OperationId, u32>,
    /// How each number ended at last.
    outcomes: HashMap<u32, Outcome>,
    refused: u32,
    ends_read: usize,
    /// How often each number arrived here, from the other side.
    arrived: HashMap<u32, u32>,
    seen_read: usize,
}

impl Side {
    fn new(mut observer: Observer, prefix: &'static str) -> Self {
        observer.trace = Some(Vec::new());
        Self {
            observer,
            prefix,
            next: 0,
            open: HashMap::new(),
            outcomes: HashMap::new(),
            refused: 0,
            ends_read: 0,
            arrived: HashMap::new(),
            seen_read: 0,
        }
    }

    /// How often the broker sent a message of QoS 2 again behind its own PUBREL: of a standard-keeping one, never
    /// (MQTT-4.3.3-6). mosquitto 2.0.11 does where a PUBREL could not be written before the next cut, and a receiver
    /// must take it for a new message then (MQTT-4.3.3-12).
    fn republished_behind_pubrel(&self) -> u32 {
        let mut under_way: HashMap<u16, (&[u8], bool)> = HashMap::new();
        let mut count = 0;
        for step in self.observer.trace.iter().flatten() {
            match step {
                Step::Publish { id, payload, .. } => {
                    let before = under_way.insert(*id, (payload, false));
                    count += u32::from(before == Some((payload, true)));
                }
                Step::Ack {
                    id,
                    packet: PacketType::Pubrel,
                    direction: Direction::ServerToClient,
                } => {
                    under_way
                        .entry(*id)
                        .and_modify(|(_, is_released)| *is_released = true);
                }
                Step::Ack { .. } => {}
            }
        }
        count
    }

    /// Publishes what may be published, at most a window's worth at a time.
    fn feed(&mut self, allowed: u32) {
        while self.next < allowed && self.open.len() < 40 {
            self.publish(self.next);
            self.next += 1;
        }
    }

    fn publish(&mut self, number: u32) {
        let qos = if number.is_multiple_of(2) {
            QoS::AtLeastOnce
        } else {
            QoS::ExactlyOnce
        };
        let topic = format!("{}/{number}", self.prefix);
        let id = self.observer.publish(&topic, &number.to_be_bytes(), qos);
        self.open.insert(id, number);
    }

    /// Takes what has come; true if there was something new. What was surely not sent is published again.
    fn look(&mut self) -> bool {
        let before = (self.ends_read, self.seen_read);
        while let Some(end) = self.observer.ended.get(self.ends_read).cloned() {
            self.ends_read += 1;
            let Some(number) = self.open.remove(&end.id) else {
                continue;
            };
            if let Outcome::Failed { code: None, .. } = end.outcome {
                self.refused += 1;
                self.publish(number);
            } else {
                self.outcomes.insert(number, end.outcome);
            }
        }
        while let Some(seen) = self.observer.seen.get(self.seen_read) {
            self.seen_read += 1;
            if seen.record.direction == Direction::ServerToClient && !seen.record.is_repeat {
                let number = u32::from_be_bytes(seen.payload.as_slice().try_into().unwrap());
                assert!(seen.topic.ends_with(&format!("/{number}")), "{}", seen.topic);
                *self.arrived.entry(number).or_default() += 1;
            }
        }
        before != (self.ends_read, self.seen_read)
    }
}

/// What came of one direction.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    acked: u32,
    unknown: u32,
    lost: u32,
    repeated_qos_1: u32,
    repeated_qos_2: u32,
    /// Of these, the broker's own fault.
    by_the_broker: u32,
}

fn tally(from: &Side, to: &Side, messages: u32) -> Tally {
    let mut tally = Tally {
        by_the_broker: to.republished_behind_pubrel(),
        ..Tally::default()
    };
    for number in 0..messages {
        let arrived = to.arrived.get(&number).copied().unwrap_or(0);
        match from.outcomes.get(&number) {
            Some(Outcome::Acked(_)) => tally.acked += 1,
            Some(Outcome::Unknown) => tally.unknown += 1,
            other => panic!("{number}: {other:?}"),
        }
        tally.lost += u32::from(arrived == 0);
        let repeats = arrived.saturating_sub(1);
        if number.is_multiple_of(2) {
            tally.repeated_qos_1 += repeats;
        } else {
            tally.repeated_qos_2 += repeats;
        }
    }
    tally
}

async fn run(version: ProtocolVersion, messages: u32, cuts: u32, seed: u64) {
    let config = "allow_anonymous true\nmax_queued_messages 0\n";
    let Some(broker) = Mosquitto::start_with(config) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (done_tx, mut done) = watch::channel(0);
    let mut near = Side::new(persistent(broker.port, version, "near", "up/#"), "down");
    near.observer.until_subscribed().await;
    // The far side's subscription is made before the first cut, without the proxy, as a user's first run would.
    let mut first = persistent(broker.port, version, "far", "down/#");
    first.until_subscribed().await;
    first.handle.take().unwrap().shutdown().await;
    let cutting = tokio::spawn(cut(listener, broker.port, cuts, seed, done_tx));
    let mut far = Side::new(persistent(port, version, "far", "down/#"), "up");
    let began = std::time::Instant::now();
    loop {
        let cut_so_far = *done.borrow_and_update();
        let allowed =
            (u64::from(messages) * u64::from(cut_so_far + 1) / u64::from(cuts)).min(messages.into());
        for side in [&mut near, &mut far] {
            side.look();
            side.feed(allowed as u32);
        }
        let is_through = |from: &Side, to: &Side| {
            from.outcomes.len() == messages as usize && to.arrived.len() == messages as usize
        };
        if cut_so_far == cuts && is_through(&near, &far) && is_through(&far, &near) {
            break;
        }
        let moved = timeout(STANDSTILL, async {
            tokio::select! {
                () = near.observer.next() => {}
                () = far.observer.next() => {}
                changed = done.changed() => changed.unwrap(),
            }
        });
        assert!(
            moved.await.is_ok(),
            "{version} seed {seed}: nothing moves after {cut_so_far} cuts: {} and {} arrived, {} and {} ended; {:?}",
            far.arrived.len(),
            near.arrived.len(),
            near.outcomes.len(),
            far.outcomes.len(),
            far.observer.states.last()
        );
    }
    cutting.abort();
    let (down, up) = (tally(&near, &far, messages), tally(&far, &near, messages));
    println!(
        "{version}, seed {seed}: {cuts} cuts in {:.1} s; {} publishes refused while offline\n  down {down:?}\n  up   {up:?}",
        began.elapsed().as_secs_f64(),
        far.refused
    );
    for tally in [down, up] {
        let ours = tally.repeated_qos_2 - tally.by_the_broker;
        assert_eq!(
            (tally.lost, ours, tally.unknown),
            (0, 0, 0),
            "seed {seed}: {tally:?}"
        );
    }
}

fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64)
}

#[tokio::test]
async fn forty_cuts_lose_nothing_and_repeat_nothing_of_qos_2() {
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        run(version, 400, 20, seed()).await;
    }
}

#[tokio::test]
#[ignore = "a minute; by hand"]
async fn thousand_cuts_lose_nothing_and_repeat_nothing_of_qos_2() {
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        run(version, MESSAGES, CUTS, seed()).await;
    }
}
