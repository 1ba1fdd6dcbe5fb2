//! `ringfence journal`, on real files, and a process that is killed while it writes them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{Folder, Run, ringfence, ringfence_on};

/// A tape of one instrument and `orders` orders that meet now and then.
pub(crate) fn tape(orders: u64) -> String {
    let mut tape =
        r#"{"op":"instrument","instrument":1,"symbol":"A \"quoted\" name","at":5}"#.to_owned();
    tape += "\n";
    for id in 0..orders {
        let (side, price) = if id % 3 == 0 { ("sell", 100 + id % 7) } else { ("buy", 97 + id % 5) };
        let at = 10 + id;
        tape += &format!(
            r#"{{"op":"new","instrument":1,"id":{id},"side":"{side}","qty":5,"price":{price},"at":{at}}}"#
        );
        tape += "\n";
    }
    tape
}

fn kept(folder: &Folder, tape: &str) -> (String, Run) {
    let journal = folder.path("journal");
    let args = [
        "replay",
        "--journal",
        &journal,
        "--durability",
        "os",
        "--events",
        "none",
        "--hash",
        "-q",
        "-",
    ];
    let run = ringfence_on(&args, tape);
    assert_eq!(run.status, 0, "{}", run.err);
    (journal, run)
}

#[test]
fn a_journal_gives_back_what_was_replayed() {
    let folder = Folder::new("journal-back");
    let (journal, original) = kept(&folder, &tape(200));
    let verified = ringfence(&["journal", "verify", &journal]);
    assert_eq!(verified.status, 0, "{}", verified.err);
    assert!(verified.out.contains("whole: 201 commands up to place 201"), "{}", verified.out);

    let dumped = ringfence(&["journal", "dump", &journal]);
    assert_eq!(dumped.status, 0, "{}", dumped.err);
    assert_eq!(dumped.out, tape(200), "the tape itself comes back");
    let again = ringfence_on(&["replay", "--events", "none", "--hash", "-q", "-"], &dumped.out);
    assert_eq!(again.out, original.out);
    let replayed = ringfence(&["journal", "replay", "--hash", &journal]);
    assert_eq!(replayed.out, original.out);

    let stat = ringfence(&["journal", "stat", &journal]);
    assert_eq!(stat.status, 0, "{}", stat.err);
    for part in ["places 1 to 201", "times 5 to 209 ns", "new                      200"] {
        assert!(stat.out.contains(part), "{part:?} in {}", stat.out);
    }
}

#[test]
fn any_past_state_comes_back() {
    let folder = Folder::new("journal-past");
    let (journal, _) = kept(&folder, &tape(60));
    for until in [1, 17, 60] {
        let part: String = tape(60).lines().take(until).map(|line| format!("{line}\n")).collect();
        let replay = ["replay", "--events", "all", "--depth", "3", "--hash", "-q", "-"];
        let expected = ringfence_on(&replay, &part);
        let until = until.to_string();
        let args = [
            "journal", "replay", "--until", &until, "--events", "all", "--depth", "3", "--hash",
            &journal,
        ];
        assert_eq!(ringfence(&args).out, expected.out, "until {until}");
    }
    let range = ["journal", "dump", "--from", "3", "--until", "5", &journal];
    let lines: Vec<_> = tape(60).lines().skip(2).take(3).map(|line| format!("{line}\n")).collect();
    assert_eq!(ringfence(&range).out, lines.concat());
    let range = ["journal", "dump", "--from-time", "12", "--until-time", "13", &journal];
    let lines: Vec<_> = tape(60).lines().skip(3).take(2).map(|line| format!("{line}\n")).collect();
    assert_eq!(ringfence(&range).out, lines.concat());
}

#[test]
fn a_journal_goes_on_where_it_ended() {
    let folder = Folder::new("journal-on");
    let whole = tape(90);
    let (first, second): (Vec<_>, Vec<_>) = whole.lines().enumerate().partition(|(at, _)| *at < 40);
    let text = |lines: Vec<(usize, &str)>| {
        lines.into_iter().map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    kept(&folder, &text(first));
    let (journal, on) = kept(&folder, &text(second));
    let expected = ringfence_on(&["replay", "--events", "none", "--hash", "-q", "-"], &whole);
    assert_eq!(on.out, expected.out);
    assert_eq!(ringfence(&["journal", "dump", &journal]).out, whole);
}

#[test]
fn damage_in_the_middle_is_named_and_nothing_is_passed_over() {
    let folder = Folder::new("journal-damage");
    let (journal, _) = kept(&folder, &tape(100));
    // On the disk before more was written: a second run vouches for the first.
    kept(&folder, r#"{"op":"time","now":1000}"#);
    let segment = segment(&journal);
    let mut bytes = std::fs::read(&segment).expect("it is there");
    bytes[3_000] ^= 0x10;
    std::fs::write(&segment, bytes).expect("it can be written");

    let verified = ringfence(&["journal", "verify", &journal]);
    assert_eq!(verified.status, 1, "{}", verified.out);
    for part in ["00000000000000000001.journal is damaged at offset 29", "place", "restore"] {
        assert!(verified.err.contains(part), "{part:?} in {}", verified.err);
    }
    ringfence(&["journal", "dump", &journal]).refused(&["is damaged at offset 29"]);
    ringfence(&["journal", "replay", &journal]).refused(&["is damaged at offset 29"]);
    ringfence(&["journal", "stat", &journal]).refused(&["is damaged at offset 29"]);
    let args = ["replay", "--journal", &journal, "-"];
    ringfence(&args).refused(&["is damaged at offset 29"]);
    let sound = ringfence(&["journal", "dump", &journal]).out;
    assert!(tape(100).starts_with(&sound) && sound.lines().count() > 20, "what is sound is given");
}

#[test]
fn folders_that_are_no_journal_are_refused() {
    let folder = Folder::new("journal-none");
    let missing = folder.path("missing");
    ringfence(&["journal", "verify", &missing]).refused(&[&missing, "check the path"]);
    let file = folder.write("file", "not a folder");
    ringfence(&["journal", "stat", &file]).refused(&[&file, "is a file"]);
    let empty = ringfence(&["journal", "verify", &folder.path("")]);
    assert_eq!((empty.status, empty.err.as_str()), (0, ""));
    assert!(empty.out.contains("0 commands"), "{}", empty.out);
}

/// What a process told of before it was killed is in its journal, on every try.
#[test]
fn a_killed_process_loses_nothing_that_it_told_of() {
    let folder = Folder::new("journal-kill");
    let journal = folder.path("journal");
    let lives = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let mut told_in_all = 0;
    for life in 0..lives {
        let told = kill_after(&journal, "os", life, 20 + life * 7 % 150);
        told_in_all += told.len();
        let dumped = ringfence(&["journal", "dump", &journal]);
        assert_eq!(dumped.status, 0, "life {life}: {}", dumped.err);
        let mut kept = BTreeMap::new();
        for id in dumped.out.lines().filter_map(|line| id_of(line, "{\"op\":\"new\"")) {
            *kept.entry(id).or_insert(0) += 1;
        }
        for id in told {
            assert_eq!(kept.get(&id), Some(&1), "life {life}: order {id} was told of");
        }
    }
    assert!(told_in_all > 200, "only {told_in_all} orders were told of");
}

/// Runs a process that replays without end, kills it after it told of `count` orders, and gives
/// back all orders that it told of.
pub(crate) fn kill_after(journal: &str, policy: &str, life: u64, count: u64) -> Vec<u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args([
            "replay",
            "--journal",
            journal,
            "--durability",
            policy,
            "--events",
            "private",
            "-q",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary was built");
    let mut stdin = child.stdin.take().expect("it is piped");
    let feeder = std::thread::spawn(move || {
        let instrument = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\"}\n";
        let orders = (life * 1_000_000..).map(|id| {
            format!(
                "{{\"op\":\"new\",\"instrument\":1,\"id\":{id},\"side\":\"buy\",\"qty\":1,\
                 \"price\":{}}}\n",
                id % 50
            )
        });
        for line in std::iter::once(instrument.to_owned()).chain(orders) {
            if stdin.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
    });
    let mut told = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    while told.len() < usize::try_from(count).expect("few") {
        let line = lines.next().expect("it goes on").expect("it prints text");
        told.extend(id_of(&line, ACCEPTED));
    }
    child.kill().expect("it runs");
    // What was on its way to us was told as well.
    told.extend(lines.map_while(Result::ok).filter_map(|line| id_of(&line, ACCEPTED)));
    child.wait().expect("it was killed");
    feeder.join().expect("it ends with the pipe");
    told
}

const ACCEPTED: &str = "{\"ev\":\"accepted\"";

/// The order that a line is about, where it begins so.
fn id_of(line: &str, begin: &str) -> Option<u64> {
    let rest = line.strip_prefix(begin)?.split_once("\"id\":")?.1;
    rest.split_once(',')?.0.parse().ok()
}

/// The first segment.
pub(crate) fn segment(journal: &str) -> PathBuf {
    Path::new(journal).join("00000000000000000001.journal")
}
