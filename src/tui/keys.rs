//! What the user does, as events. Crossterm's stream is asked only when it has said that there is something:
//! asking it in vain spins for a lock that its own thread holds, ten yields of the CPU each time, and the loop
//! would ask on every turn.

use std::{
    future::poll_fn,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crossterm::event::{Event, EventStream};
use futures_util::{StreamExt, task::AtomicWaker};

/// The events of the terminal, from its creation until dropped.
pub struct Keys {
    stream: EventStream,
    bell: Arc<Bell>,
    /// The bell as the stream wants it.
    waker: Waker,
}

/// Rung by the stream when it has something.
struct Bell {
    has_rung: AtomicBool,
    listener: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.listener.wake();
    }
}

impl Keys {
    /// Begins to read the terminal.
    pub fn new() -> Self {
        let bell = Arc::new(Bell {
            // Only a stream that has been asked once rings.
            has_rung: AtomicBool::new(true),
            listener: AtomicWaker::new(),
        });
        Self {
            stream: EventStream::new(),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }

    /// The next event; `None` or an error: the terminal is gone. Nothing is lost when this is dropped.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<io::Result<Event>>> {
        self.bell.listener.register(cx.waker());
        if !self.bell.has_rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let next = self.stream.poll_next_unpin(&mut Context::from_waker(&self.waker));
        if next.is_ready() {
            // There may be more, and nobody rings for it.
            self.bell.has_rung.store(true, Ordering::Release);
        }
        next
    }
}
