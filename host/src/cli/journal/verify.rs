//! `ringfence journal verify`: is everything there as it was written?

use std::io::Write;
use std::path::Path;

use super::super::{Outcome, complain};
use super::to_output;
use crate::error::RunError;
use crate::journal::{End, Folder, Header, JournalError, Reader, Snapshot, shelf};
use crate::metrics::Grouped;

pub(super) fn run(folder: &Path, out: &mut impl Write) -> Result<Outcome, RunError> {
    let mut storage = Folder::read(folder)?;
    // The journal that is read next has all that these have.
    let before = shelf::names(&mut storage)?;
    let (header, end) = match read(&mut storage) {
        Ok(read) => read,
        Err(error) if error.is_damage() => {
            complain(&error);
            return Ok(Outcome::Differs);
        }
        Err(error) => return Err(error.into()),
    };
    let Some(header) = header else {
        writeln!(out, "whole: {}", in_words(&end)).map_err(to_output)?;
        return Ok(Outcome::AsWished);
    };
    let (mut sound, mut is_whole) = (Vec::new(), true);
    let mut ahead = None;
    shelf::each(&mut storage, header.capacity, |name, snapshot| match snapshot {
        Ok(Snapshot { last, .. }) => {
            sound.push(last.place);
            let is_older = before.iter().any(|older| older == name);
            ahead = ahead.or((is_older && last.place > end.last.place).then_some(last.place));
        }
        Err(problem) => {
            is_whole = false;
            complain(&format!(
                "{name} is damaged: {problem}; the venue comes back from an older one, or from the \
                 journal's beginning where that is there"
            ));
        }
    })?;
    let is_reached = header.first == 1 || sound.iter().any(|&place| place >= header.first);
    if !is_reached {
        is_whole = false;
        let first = header.first;
        complain(&format!("what came before place {first} is in no sound snapshot; restore it"));
    }
    if let Some(ahead) = ahead {
        is_whole = false;
        let last = end.last.place;
        complain(&format!("the journal ends with place {last}, before the snapshot of {ahead}"));
    }
    let verdict = if is_whole { "whole" } else { "the journal" };
    let from =
        if header.first > 1 { format!(" from place {} on", header.first) } else { String::new() };
    let kept = if sound.is_empty() {
        String::new()
    } else {
        let places: Vec<_> = sound.iter().map(u64::to_string).collect();
        format!("; sound snapshots of places {}", places.join(", "))
    };
    writeln!(out, "{verdict}: {}{from}{kept}", in_words(&end)).map_err(to_output)?;
    Ok(if is_whole { Outcome::AsWished } else { Outcome::Differs })
}

/// The head of the first segment, and how the journal ends.
fn read(storage: &mut Folder) -> Result<(Option<Header>, End), JournalError> {
    let reader = Reader::open(storage)?;
    let header = reader.header().cloned();
    Ok((header, reader.end()?))
}

pub(super) fn in_words(end: &End) -> String {
    let mut words = format!(
        "{} commands up to place {} at {} ns, {} bytes in {} segments",
        Grouped(end.commands),
        end.last.place,
        end.last.at,
        Grouped(end.bytes),
        end.segments
    );
    if let Some(torn) = &end.torn {
        words += &format!("; {torn}, are cut when the venue starts");
        if torn.commands > 0 {
            words += ", and kept in a file beside";
        }
    }
    words
}
