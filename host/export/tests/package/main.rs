//! Packages on a real disk: made, stopped, resumed, attacked, and checked by others.

mod bagit;
mod crash;
mod fixture;
mod hostile;
mod lifecycle;
mod verify;
