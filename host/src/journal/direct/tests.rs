use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::{BLOCK_LEN, Direct};
use crate::testing::Random;

/// A file that is taken away in the end; none where the file system knows no direct writes.
struct Place {
    path: PathBuf,
    plain: File,
}

impl Place {
    fn new(name: &str, content: &[u8]) -> Option<(Self, Direct)> {
        let path =
            std::env::temp_dir().join(format!("ringfence-direct-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        let plain = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let place = Self { path, plain };
        match Direct::open(&place.path) {
            Ok(direct) => Some((place, direct)),
            Err(error) => {
                eprintln!(
                    "skipped: no direct writes in {}: {error}",
                    std::env::temp_dir().display()
                );
                None
            }
        }
    }

    fn content(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}

#[test]
fn what_is_flushed_is_there_and_nothing_before_is_lost() {
    let Some((place, mut direct)) = Place::new("random", &vec![7; 40 * BLOCK_LEN]) else { return };
    let mut random = Random::new(1);
    let mut expected = vec![7; 40 * BLOCK_LEN];
    let mut at = 0;
    for round in 0..300 {
        // Now and then it goes on elsewhere: at the front of a block, or in the middle of what is there.
        if random.once_in(20) || at > 30 * BLOCK_LEN {
            at = usize::try_from(random.below(20 * BLOCK_LEN as u64)).unwrap();
        }
        let len = usize::try_from(random.below(3 * BLOCK_LEN as u64)).unwrap();
        let bytes: Vec<u8> = (0..len).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        direct.put(&place.plain, &bytes, at as u64).unwrap();
        expected[at..at + len].copy_from_slice(&bytes);
        at += len;
        if len > 0 {
            let end = at.next_multiple_of(BLOCK_LEN);
            expected[at..end].fill(0);
        }
        if random.once_in(2) {
            direct.flush().unwrap();
            assert_eq!(place.content(), expected, "round {round}");
        }
    }
}

#[test]
fn more_blocks_than_the_system_takes_at_once() {
    let Some((place, mut direct)) = Place::new("many", b"") else { return };
    let bytes: Vec<u8> =
        (0..2_100 * BLOCK_LEN + 100).map(|at| u8::try_from(at % 251).unwrap()).collect();
    direct.put(&place.plain, &bytes, 0).unwrap();
    assert_eq!(place.content(), b"", "it waits for the sync");
    direct.flush().unwrap();
    let content = place.content();
    assert_eq!(content[..bytes.len()], bytes);
    assert!(content[bytes.len()..].iter().all(|&byte| byte == 0));
    assert_eq!(content.len(), bytes.len().next_multiple_of(BLOCK_LEN));
}

#[test]
fn the_system_writes_what_the_disk_does_not_take() {
    let Some((place, mut direct)) = Place::new("given-up", &[9; 5_000]) else { return };
    direct.put(&place.plain, &[1; 5_000], 10).unwrap();
    direct.give_up(&place.plain).unwrap();
    let content = place.content();
    assert_eq!((&content[..10], &content[10..5_010]), (&[9; 10][..], &[1; 5_000][..]));
    assert_eq!(content.len(), 5_010);
}

#[test]
fn a_file_that_is_not_there_is_not_made() {
    assert!(Direct::open(Path::new("/no/such/file")).is_err());
}
