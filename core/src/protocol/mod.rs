//! Protocols towards destinations as state machines: what is to be sent, and what an answer means, without any IO.

pub mod bulk;
pub mod outbox;
