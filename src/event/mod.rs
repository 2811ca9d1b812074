//! The vocabulary between the two halves of the program: sources produce [`Batch`]es of [`Record`]s and take
//! [`Command`]s; the model, the headless verbs and the recorder consume batches.
//!
//! Values, and the memory their bytes lie in. What a source cannot know is `None`, never guessed.

mod batch;
mod block;
mod buffer;
mod command;
mod stages;
mod status;

pub use batch::{Batch, Data, Frame, PacketRecord, PublishRecord, Record, Span, Time};
pub use block::Block;
pub use buffer::{Buffer, Spares};
pub use command::{Command, OperationEnded, OperationId, OperationKind, Outcome, UNTOLD};
pub use stages::{Stage, Stages};
pub use status::{
    Certificate, ConnectionState, ConnectionStatus, Facts, Failure, FailureKind, Peer, Phase, Resumption,
    ServerLimits, SourceId, TlsFacts,
};
