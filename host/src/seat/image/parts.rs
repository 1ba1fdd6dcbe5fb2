//! The parts of an image, one behind the other.

use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_core::{InstrumentId, Time};

use super::words::{Ink, Words};
use super::{SeatImage, SeatImageError, UsedParts, asked};
use crate::sandbox::{Cause, Fault, Stats};
use crate::seat::failure::FAILURES_KEPT;
use crate::seat::{Counts, Failure, FaultCounts, Ledger, Position, Standing};
use crate::sequencer::Stamp;

impl SeatImage {
    pub(super) fn write_parts(&self, out: &mut Ink) {
        out.u32(self.number.into());
        out.bytes(self.module);
        write_stamp(self.taken, out);
        out.slice(self.name.as_bytes());
        out.slice(self.params.as_bytes());
        write_standing(self.standing, out);
        for count in self.faults.counts() {
            out.u32(u32::try_from(count).unwrap_or(u32::MAX));
        }
        out.u32(self.faults_in_last_words);
        out.count(self.failures.len());
        self.failures.iter().for_each(|failure| write_failure(failure, out));
        out.u64(self.heard);
        out.u128(self.used.left);
        out.u64(self.used.refilled_ns);
        write_counts(&self.counts, out);
        write_ledger(&self.ledger, out);
        write_stats(&self.past, out);
        out.u8(self.rings.into());
        out.u8(self.due.is_some().into());
        out.u64(self.due.unwrap_or_default().0);
        out.count(self.mail.len());
        for (event, is_first) in &self.mail {
            out.bytes(event.to_bytes());
            out.u8((*is_first).into());
        }
        let records = self.asked.iter().filter_map(CommandRecord::from_command);
        let records: Vec<_> = records.collect();
        out.count(records.len());
        records.iter().for_each(|record| out.bytes(record.to_bytes()));
        out.u8(self.guest.is_some().into());
        out.slice(self.guest.as_deref().unwrap_or_default());
    }

    pub(super) fn read_parts(from: &mut Words<'_>) -> Result<Self, SeatImageError> {
        let wrong = |what| SeatImageError::Senseless { what };
        let number = u16::try_from(from.u32()?).map_err(|_| wrong("number"))?;
        let (module, taken) = (from.array()?, read_stamp(from)?);
        let (name, params) = (from.text()?, from.text()?);
        let standing = read_standing(from)?;
        let (faults, faults_in_last_words) = (read_faults(from)?, from.u32()?);
        if u64::from(faults_in_last_words) > faults.total() {
            return Err(wrong("count of last words"));
        }
        let failures = from.list(read_failure)?;
        if failures.len() > FAILURES_KEPT || (failures.is_empty() && faults.total() > 0) {
            return Err(wrong("list of failures"));
        }
        let heard = from.u64()?;
        let used = UsedParts { left: from.u128()?, refilled_ns: from.u64()? };
        let (counts, ledger, past) = (read_counts(from)?, read_ledger(from)?, read_stats(from)?);
        let rings = from.flag()?;
        let (is_due, due) = (from.flag()?, Time(from.u64()?));
        let mail = from.list(|from| Ok((EventRecord::from_bytes(&from.array()?), from.flag()?)))?;
        let asked = from.list(|from| asked(&CommandRecord::from_bytes(&from.array()?)))?;
        let (is_there, guest) = (from.flag()?, from.slice()?);
        let runs = standing == Standing::Running;
        if !is_due && due != Time(0) {
            return Err(wrong("timer"));
        }
        if is_there != runs || (!is_there && !guest.is_empty()) {
            return Err(wrong("guest"));
        }
        if matches!(standing, Standing::Left) || (!runs && failures.is_empty()) {
            return Err(wrong("standing"));
        }
        Ok(Self {
            number,
            module,
            taken,
            name,
            params,
            standing,
            faults,
            faults_in_last_words,
            failures,
            heard,
            used,
            counts,
            ledger,
            past,
            rings,
            due: is_due.then_some(due),
            mail,
            asked,
            guest: is_there.then(|| guest.to_vec()),
        })
    }
}

fn write_stamp(stamp: Stamp, out: &mut Ink) {
    out.u64(stamp.place);
    out.u64(stamp.at.0);
}

fn read_stamp(from: &mut Words<'_>) -> Result<Stamp, SeatImageError> {
    Ok(Stamp { place: from.u64()?, at: Time(from.u64()?) })
}

fn write_standing(standing: Standing, out: &mut Ink) {
    let (number, until) = match standing {
        Standing::Running => (0, Time(0)),
        Standing::BacksOff { until } => (1, until),
        Standing::Stopped => (2, Time(0)),
        Standing::Quarantined => (3, Time(0)),
        Standing::Left => (4, Time(0)),
    };
    out.u8(number);
    out.u64(until.0);
}

fn read_standing(from: &mut Words<'_>) -> Result<Standing, SeatImageError> {
    let (number, until) = (from.u8()?, Time(from.u64()?));
    Ok(match number {
        0 | 2 | 3 | 4 if until != Time(0) => {
            return Err(SeatImageError::Senseless { what: "standing" });
        }
        0 => Standing::Running,
        1 => Standing::BacksOff { until },
        2 => Standing::Stopped,
        3 => Standing::Quarantined,
        4 => Standing::Left,
        _ => return Err(SeatImageError::Senseless { what: "standing" }),
    })
}

/// A fault is kept as what it says: nobody decides by more of it than its cause.
fn write_failure(failure: &Failure, out: &mut Ink) {
    let Failure { at, fault, backtrace, log } = failure;
    out.u64(at.0);
    out.u8(u8::try_from(fault.cause() as usize).expect("a few causes"));
    out.slice(fault.to_string().as_bytes());
    for lines in [backtrace, log] {
        out.count(lines.len());
        lines.iter().for_each(|line| out.slice(line.as_bytes()));
    }
}

fn read_faults(from: &mut Words<'_>) -> Result<FaultCounts, SeatImageError> {
    let mut counts = [0; Cause::ALL.len()];
    for count in &mut counts {
        *count = from.u32()?.into();
    }
    Ok(FaultCounts::of_counts(counts))
}

fn read_failure(from: &mut Words<'_>) -> Result<Failure, SeatImageError> {
    let at = Time(from.u64()?);
    let cause = Cause::ALL.get(usize::from(from.u8()?)).copied();
    let cause = cause.ok_or(SeatImageError::Senseless { what: "cause of a failure" })?;
    let fault = Fault::Earlier { cause, said: from.text()? };
    let (backtrace, log) = (from.list(Words::text)?, from.list(Words::text)?);
    Ok(Failure { at, fault, backtrace, log })
}

fn write_counts(counts: &Counts, out: &mut Ink) {
    let Counts { orders, rejected, refused, limited, crowded_out, mail_lost, open, restarts } =
        *counts;
    let counts = [orders, rejected, refused, limited, crowded_out, mail_lost, open, restarts];
    counts.into_iter().for_each(|count| out.u64(count));
}

fn read_counts(from: &mut Words<'_>) -> Result<Counts, SeatImageError> {
    Ok(Counts {
        orders: from.tally()?,
        rejected: from.tally()?,
        refused: from.tally()?,
        limited: from.tally()?,
        crowded_out: from.tally()?,
        mail_lost: from.tally()?,
        open: from.tally()?,
        restarts: from.tally()?,
    })
}

fn write_ledger(ledger: &Ledger, out: &mut Ink) {
    out.count(ledger.positions().count());
    for (instrument, position) in ledger.positions() {
        let Position { lots, cash, fees, fills, volume } = position;
        out.u32(instrument.0);
        [lots, cash, fees].into_iter().for_each(|worth| out.i128(worth));
        out.u64(fills);
        out.i128(volume.cast_signed());
    }
}

fn read_ledger(from: &mut Words<'_>) -> Result<Ledger, SeatImageError> {
    let positions = from.list(|from| {
        let instrument = InstrumentId(from.u32()?);
        let (lots, cash, fees) = (from.worth()?, from.worth()?, from.worth()?);
        let (fills, volume) = (from.tally()?, from.worth()?.unsigned_abs());
        Ok((instrument, Position { lots, cash, fees, fills, volume }))
    })?;
    if !positions.is_sorted_by(|(a, _), (b, _)| a < b) {
        return Err(SeatImageError::Senseless { what: "ledger" });
    }
    Ok(positions.into_iter().collect())
}

fn write_stats(stats: &Stats, out: &mut Ink) {
    stats.sums().into_iter().for_each(|sum| out.u64(sum));
}

fn read_stats(from: &mut Words<'_>) -> Result<Stats, SeatImageError> {
    let mut sums = [0; 8];
    for sum in &mut sums {
        *sum = from.tally()?;
    }
    Ok(Stats::of_sums(sums))
}
