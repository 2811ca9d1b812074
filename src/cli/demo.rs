//! `demo`: starts the embedded broker and the simulated devices, for the TUI to look at.

use tokio::runtime::{Builder, Runtime};

use super::{
    Environment, Failure, Invocation, TuiRequest,
    args::{ConnectionArgs, DemoArgs},
};
use crate::{
    config::Profile,
    demo::{Demo, DemoOptions},
    source::Clock,
};

/// Broker and devices on a runtime of their own, so that the TUI's is measured alone. Dropping it ends them.
#[derive(Debug)]
pub struct RunningDemo {
    demo: Option<Demo>,
    runtime: Runtime,
}

impl Drop for RunningDemo {
    fn drop(&mut self) {
        if let Some(demo) = self.demo.take() {
            self.runtime.block_on(demo.shutdown());
        }
    }
}

/// Starts everything and asks for the screen.
pub fn start(args: &DemoArgs, environment: &Environment, clock: Clock) -> Result<Invocation, Failure> {
    let paths = super::paths(&args.general)?;
    let connection = ConnectionArgs::default();
    let mut request = TuiRequest::read(&args.screen, &connection, environment, paths, clock)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::error)?;
    let demo = runtime
        .block_on(Demo::start(DemoOptions::default()))
        .map_err(Failure::error)?;
    let broker = demo.url().parse().map_err(Failure::error)?;
    let profile = Profile::new("demo", broker);
    request.targets.push(profile);
    request.demo = Some(RunningDemo {
        demo: Some(demo),
        runtime,
    });
    Ok(Invocation::Tui(Box::new(request)))
}
