//! Journals: what is written is there after any crash, and what is damaged is never passed over.

use ringfence_host::testing::{
    Random, Tally, check_crashes_of_seed, check_cut_journal, check_feed_bytes, check_http_bytes,
    check_journal_bytes, check_journal_edits, check_snapshot_bytes, check_snapshot_edits,
    check_thread_of_seed,
};

#[test]
fn nothing_is_lost_whatever_the_disk_does() {
    let tally = (0..seeds()).map(check_crashes_of_seed).fold(Tally::default(), Tally::and);
    println!("{tally:?}");
    let reached = [
        tally.recoveries,
        tally.torn,
        tally.sealed,
        tally.untold,
        tally.lost_untold,
        tally.disk_errors,
        tally.damaged,
        tally.harmless,
        tally.lost_with_the_system,
        tally.from_snapshots,
        tally.truncated,
        tally.snapshots,
        tally.snapshots_failed,
        tally.passed_over,
        tally.all_damaged,
        tally.commands,
    ];
    assert!(reached.iter().all(|&times| times > 10), "not everything is reached: {tally:?}");
}

#[test]
fn a_cut_journal_loses_what_was_cut_and_goes_on() {
    for seed in 0..8 {
        check_cut_journal(seed);
    }
}

/// A thread that writes changes nothing but when.
#[test]
fn a_thread_keeps_what_a_direct_writer_keeps() {
    for seed in 0..20 {
        check_thread_of_seed(seed);
    }
}

#[test]
fn bytes_that_are_no_journal_are_refused() {
    check_journal_bytes(b"");
    check_journal_bytes(&[0; 4_096]);
    check_journal_bytes(&[0xff; 4_096]);
    check_journal_bytes(b"RINGJRNL and then nothing that makes sense, not even a checksum, at all");
}

#[test]
fn a_journal_that_was_edited_gives_no_other_commands() {
    let mut random = Random::new(1);
    for seed in 0..2_000 {
        let [offset, low, byte, ..] = random.next().to_le_bytes();
        // Within the records, which end before 4,096.
        check_journal_edits(seed % 5, &[0, offset % 16, low, byte]);
    }
}

#[test]
fn a_snapshot_that_was_edited_is_passed_over() {
    check_snapshot_bytes(b"");
    check_snapshot_bytes(&[0; 4_096]);
    check_snapshot_bytes(
        b"RINGSHOT and then nothing that makes sense, not even a checksum, at all.....",
    );
    let mut random = Random::new(2);
    for seed in 0..300 {
        let [offset, low, byte, ..] = random.next().to_le_bytes();
        check_snapshot_edits(seed % 7, &[0, offset, low, byte]);
    }
}

/// What the fuzzer grows further.
#[test]
fn bytes_to_the_ports_do_no_harm() {
    let mut random = Random::new(3);
    for len in 0..200_usize {
        let mut bytes: Vec<u8> = (0..len * 9).map(|_| random.next().to_le_bytes()[0]).collect();
        check_http_bytes(&bytes);
        // Requests that are some, mostly.
        for record in bytes.chunks_mut(64) {
            record[0] = 128 + record[0] % 4;
            for at in 1..record.len().min(8) {
                record[at] = [2, 0, 0, record[at] % 5, 0, 0, 0][at - 1];
            }
        }
        let mut framed = vec![random.next().to_le_bytes()[0]];
        framed.extend_from_slice(&bytes);
        check_feed_bytes(&framed);
    }
}

/// How many seeds are tried: SEEDS, or enough for a minute at most.
fn seeds() -> u64 {
    std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(10_000)
}
