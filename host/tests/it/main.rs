//! Integration tests. `walk` is the one to read first.

mod cli;
mod command;
mod jsonl;
mod lobster;
mod walk;
