//! The one thread that writes to the terminal, with one frame in flight: a terminal that stops reading
//! stops this thread and nothing else.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// What the writer has done, and whether it is busy.
#[derive(Debug, Default)]
struct Shared {
    is_busy: AtomicBool,
    freed: Notify,
    frames: AtomicU64,
    bytes: AtomicU64,
    last_write_us: AtomicU64,
}

/// The handle the loop holds.
#[derive(Debug)]
pub struct Writer {
    /// One place: the frame in flight. [`Writer::send`] is called only while it is free.
    frames_tx: SyncSender<Vec<u8>>,
    /// The buffer of the frame written last, to be filled again.
    spare_rx: Receiver<Vec<u8>>,
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the thread over `out`.
    pub fn start(mut out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (frames_tx, frames_rx) = sync_channel::<Vec<u8>>(1);
        let (spare_tx, spare_rx) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        thread::Builder::new().name("terminal".into()).spawn(move || {
            while let Ok(mut frame) = frames_rx.recv() {
                let begun = Instant::now();
                // A terminal that is gone is noticed by its signal or by the key stream's end.
                let _ = out.write_all(&frame).and_then(|()| out.flush());
                told.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
                told.frames.fetch_add(1, Ordering::Relaxed);
                told.last_write_us
                    .store(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
                frame.clear();
                let _ = spare_tx.try_send(frame);
                told.is_busy.store(false, Ordering::Release);
                told.freed.notify_one();
            }
        })?;
        Ok(Self {
            frames_tx,
            spare_rx,
            shared,
        })
    }

    /// Whether the last frame is written.
    pub fn is_free(&self) -> bool {
        !self.shared.is_busy.load(Ordering::Acquire)
    }

    /// Resolves when a frame has been written.
    pub async fn freed(&self) {
        self.shared.freed.notified().await;
    }

    /// An empty buffer to draw into.
    pub fn buffer(&self) -> Vec<u8> {
        self.spare_rx.try_recv().unwrap_or_default()
    }

    /// Hands a frame over; call only while [`Writer::is_free`].
    pub fn send(&self, frame: Vec<u8>) {
        self.shared.is_busy.store(true, Ordering::Release);
        // The place is free: the thread takes the frame before it says so.
        let _ = self.frames_tx.try_send(frame);
    }

    /// Frames written.
    pub fn frames(&self) -> u64 {
        self.shared.frames.load(Ordering::Relaxed)
    }

    /// Bytes written.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// How long the terminal took for the last frame.
    pub fn last_write(&self) -> Duration {
        Duration::from_micros(self.shared.last_write_us.load(Ordering::Relaxed))
    }

    /// Waits for the frame in flight, at most `limit`.
    pub async fn drain(&self, limit: Duration) {
        let _ = tokio::time::timeout(limit, async {
            while !self.is_free() {
                self.freed().await;
            }
        })
        .await;
    }
}
