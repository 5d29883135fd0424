//! Plans, outcomes and verifications as text, as JSON and as a page.
//!
//! Values in, bytes out to a [`std::io::Write`]. This crate decides nothing: not what is allowed, not
//! where it is printed, and not whether in colours, which [`Style`] says. Every sentence is computed
//! from the steps. What a guest said is shown as what *the guest says*, with everything written out
//! that a terminal or a browser would obey ([`words::escape`]).
//!
//! Steps are read as they are written down; nothing grows with their number.

mod cases;
mod json;
mod listing;
mod outcome;
mod page;
mod plan_json;
mod problems;
mod show;
mod standing;
mod steps;
mod style;
mod summary;
mod survey;
mod verification;
pub mod words;

pub use cases::{CaseLine, CasePlan, Stage, case_json, list_case};
pub use listing::{entry_json, list_entry};
pub use outcome::{outcome_json, show_outcome};
pub use page::{Context, ShowPage, html};
pub use plan_json::{plan_json, steps_json};
pub use problems::{Problem, problem_json};
pub use show::{ShowPlan, show_plan};
pub use steps::{StepFilter, show_steps};
pub use style::Style;
pub use verification::{show_verification, verification_json};
