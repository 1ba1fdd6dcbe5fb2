//! Journals of which the middle is not what was written, after an end in order and after a kill.

use std::fs;

use ringfence_core::{Command, Side};

use crate::command::{Folder, ringfence, ringfence_on};
use crate::journal_files::{kill_after, segment, tape};
use crate::venue::{Venue, ask, limit, record};

/// Changes two bytes in the middle of what is used of the first segment; gives back the segment as it is
/// then.
fn change_two(journal: &str) -> Vec<u8> {
    let mut bytes = fs::read(segment(journal)).expect("it is there");
    let used = used(&bytes);
    let mut filled = (used / 2..used).filter(|&at| ![0, 0xff].contains(&bytes[at]));
    let changed = [filled.next().expect("a byte"), filled.next().expect("another")];
    for at in changed {
        bytes[at] ^= 0xff;
    }
    fs::write(segment(journal), &bytes).expect("it can be written");
    bytes
}

/// Empties the page that is in the middle of what is used.
fn empty_a_page(journal: &str) {
    let mut bytes = fs::read(segment(journal)).expect("it is there");
    let page = (used(&bytes) / 2).next_multiple_of(4_096);
    bytes[page..page + 4_096].fill(0);
    fs::write(segment(journal), &bytes).expect("it can be written");
}

fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).expect("it is used") + 1
}

/// Nobody takes the journal for a whole one, and nothing of it is cut.
fn check_damaged(journal: &str, policy: &str) {
    let there = fs::read(segment(journal)).expect("it is there");
    check_verdict(journal, policy);
    let args = ["replay", "--journal", journal, "--durability", policy, "-"];
    ringfence_on(&args, &tape(1)).refused(&["is damaged at offset"]);
    assert!(
        fs::read(segment(journal)).expect("it is there") == there,
        "{policy}: it was written to"
    );
}

fn check_verdict(journal: &str, policy: &str) {
    let verified = ringfence(&["journal", "verify", journal]);
    assert_eq!(verified.status, 1, "{policy}: {}", verified.out);
    assert!(verified.err.contains("is damaged at offset"), "{policy}: {}", verified.err);
}

#[test]
fn two_bytes_are_damage_behind_an_end_in_order() {
    for policy in ["os", "interval", "every_turn"] {
        for damage in [|journal: &str| drop(change_two(journal)), empty_a_page] {
            let folder = Folder::new("journal-ended");
            let journal = folder.path("journal");
            let args =
                ["replay", "--journal", &journal, "--durability", policy, "--events", "none"];
            let run = ringfence_on(&[&args[..], &["-q", "-"]].concat(), &tape(600));
            assert_eq!(run.status, 0, "{}", run.err);
            damage(&journal);
            check_damaged(&journal, policy);
        }
    }
}

#[test]
fn a_venue_that_ended_in_order_does_not_start_over_damage() {
    for policy in ["os", "interval"] {
        let folder = Folder::new("journal-venue");
        let venue = Venue::start(&folder, policy, "");
        let mut client = venue.client(1);
        for id in 1..=100 {
            ask(&mut client, &record(&Command::New(limit(id, Side::Buy, 100))));
        }
        drop(client);
        venue.end();
        let journal = folder.path("journal");
        let verified = ringfence(&["journal", "verify", &journal]);
        assert_eq!(verified.status, 0, "{}", verified.err);
        assert!(!verified.out.contains("torn"), "{}", verified.out);
        let there = change_two(&journal);
        check_verdict(&journal, policy);
        let run = ringfence(&["run", "--config", &folder.path("venue.toml")]);
        assert_eq!(run.status, 2, "{policy}: {}", run.err);
        let now = fs::read(segment(&journal)).expect("it is there");
        assert!(now == there, "{policy}: it was written to");
        assert!(run.err.contains("ended in order with place"), "{policy}: {}", run.err);
    }
}

#[test]
fn after_a_kill_changed_bytes_are_damage_and_what_a_power_cut_may_leave_is_kept() {
    for policy in ["os", "interval"] {
        let folder = Folder::new("journal-killed");
        let journal = folder.path("journal");
        assert!(kill_after(&journal, policy, 1, 400).len() >= 400);
        let whole = fs::read(segment(&journal)).expect("it is there");
        change_two(&journal);
        check_damaged(&journal, policy);

        fs::write(segment(&journal), &whole).expect("it can be written");
        empty_a_page(&journal);
        let verified = ringfence(&["journal", "verify", &journal]);
        assert_eq!(verified.status, 0, "{policy}: {}", verified.err);
        for part in ["torn bytes at offset", "whole commands behind", "somebody may have been"] {
            assert!(verified.out.contains(part), "{policy}: {part:?} in {}", verified.out);
        }
        // Whoever wants no figures hears of it all the same.
        let args = ["replay", "--journal", &journal, "--durability", policy, "--events", "none"];
        let run = ringfence_on(&[&args[..], &["-q", "-"]].concat(), "");
        assert_eq!(run.status, 0, "{policy}: {}", run.err);
        let kept = run.err.split_once("what was cut is kept in ").expect("it is said").1;
        let kept = fs::read(folder.path(&format!("journal/{}", kept.trim()))).expect("it is there");
        let from = used(&whole).next_multiple_of(8) - kept.len().next_multiple_of(8);
        assert_eq!(kept.last(), Some(&0xa5), "it ends with the last record");
        assert!(whole[from..].starts_with(&kept[..8]), "{policy}: it begins with what is torn");
        let verified = ringfence(&["journal", "verify", &journal]);
        assert!(!verified.out.contains("torn"), "{policy}: {}", verified.out);
    }
}
