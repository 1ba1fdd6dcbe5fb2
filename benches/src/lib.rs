//! The measuring workload of `shared/bench`, and the books that it is run through.
//!
//! [`workload`] makes the same commands as `gen.cpp`, byte for byte; [`books`] has one driver a
//! book. A book is measured only where its [`workload::Tally`] is the expected one. [`scene`] is
//! for the benches of single features.
#![forbid(unsafe_code)]

pub mod books;
pub mod scene;
pub mod workload;
