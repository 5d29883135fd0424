//! The README's table on Azure Machine Learning, row by row and verb by verb: the binary against a simulated
//! workspace, by hand, by a script and by a plugin.
//!
//! A new row of the README wants a [`rows::ROWS`] line of its own; `readme` says so when there is none.

mod assets;
mod closure;
mod readme;
mod rights;
mod row;
mod rows;
pub(crate) mod scene;
mod scripts;
mod verbs;
mod wanted;
