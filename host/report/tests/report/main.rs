//! What people and programs are shown, on plans made as the host makes them.
//!
//! The modules are marked as tests so that lints see them as such.

#[cfg(test)]
mod made;
#[cfg(test)]
mod page;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod verified;
