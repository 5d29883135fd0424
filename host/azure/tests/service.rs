//! A workspace of Azure Machine Learning, over the simulator.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

#[path = "service/applying.rs"]
mod applying;
#[path = "service/archiving.rs"]
mod archiving;
#[path = "service/bed.rs"]
mod bed;
#[path = "service/cascade.rs"]
mod cascade;
#[path = "service/conformance.rs"]
mod conformance;
#[path = "service/deleting.rs"]
mod deleting;
#[path = "service/dependents.rs"]
mod dependents;
#[path = "service/examining.rs"]
mod examining;
#[path = "service/itself.rs"]
mod itself;
#[path = "service/listing.rs"]
mod listing;
#[path = "service/notebooks.rs"]
mod notebooks;
#[path = "service/parts.rs"]
mod parts;
#[path = "service/patching.rs"]
mod patching;
#[path = "service/planned.rs"]
mod planned;
#[path = "service/sample.rs"]
mod sample;
#[path = "service/secrets.rs"]
mod secrets;
#[path = "service/telemetry.rs"]
mod telemetry;
#[path = "service/wanted.rs"]
mod wanted;
