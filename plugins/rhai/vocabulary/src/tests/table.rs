//! The table is what was registered, and says of it what is true.
