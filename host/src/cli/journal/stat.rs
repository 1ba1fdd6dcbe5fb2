//! `ringfence journal stat`: what is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use super::super::Outcome;
use super::to_output;
use super::verify::in_words;
use crate::error::RunError;
use crate::journal::{Folder, Reader, room, shelf};
use crate::metrics::Grouped;

pub(super) fn run(folder: &Path, out: &mut impl Write) -> Result<Outcome, RunError> {
    let mut storage = Folder::read(folder)?;
    let mut reader = Reader::open(&mut storage)?;
    let mut counts = BTreeMap::new();
    let (mut first, mut sessions) = (None, BTreeSet::new());
    while let Some(entry) = reader.next_entry()? {
        first.get_or_insert(entry.stamp);
        *counts.entry(entry.command.op().name()).or_insert(0_u64) += 1;
        if entry.origin.session != 0 {
            sessions.insert(entry.origin.session);
        }
    }
    let capacity = reader.header().map(|header| header.capacity);
    let end = reader.end()?;
    let mut text = format!("{}\n", in_words(&end));
    if let (Some(first), Some(capacity)) = (first, capacity) {
        text += &format!("places {} to {}\n", first.place, end.last.place);
        text += &format!("times {} to {} ns\n", first.at, end.last.at);
        text += &format!("{}\n", room(capacity));
    }
    text += &format!("sessions {}\n", sessions.len());
    for (op, count) in counts {
        text += &format!("{op:<12}{:>16}\n", Grouped(count));
    }
    if let Some(capacity) = capacity {
        shelf::each(&mut storage, capacity, |name, snapshot| {
            text += &match snapshot {
                Ok(snapshot) => format!(
                    "snapshot of place {} at {} ns, {} bytes, {} orders\n",
                    snapshot.last.place,
                    snapshot.last.at,
                    Grouped(snapshot.bytes),
                    Grouped(snapshot.engine.orders())
                ),
                Err(problem) => format!("{name} is damaged: {problem}\n"),
            };
        })?;
    }
    out.write_all(text.as_bytes()).map_err(to_output)?;
    Ok(Outcome::AsWished)
}
