use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use super::{Door, DoorError, REQUEST_LEN_MAX};

/// A folder of one test, gone with it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("ringfence-door-{}-{name}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("the temporary folder can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("it is ours");
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn open(place: &Place) -> Result<Door, DoorError> {
    Door::open(&place.socket(), |line| format!("{} bytes", line.len()))
}

fn ask(place: &Place, bytes: &[u8]) -> String {
    let mut socket = UnixStream::connect(place.socket()).expect("it listens");
    // Whoever is answered before all is read does not read the rest.
    _ = socket.write_all(bytes);
    _ = socket.shutdown(std::net::Shutdown::Write);
    let mut answer = String::new();
    _ = socket.read_to_string(&mut answer);
    answer
}

#[test]
fn a_line_is_answered_with_a_line() {
    let place = Place::new("line");
    let door = open(&place).expect("nobody has it");
    assert_eq!(ask(&place, b"hello\nand more"), "5 bytes\n");
    assert_eq!(ask(&place, b"without an end"), "14 bytes\n");
    assert_eq!(ask(&place, b""), "0 bytes\n");
    let long = ask(&place, &vec![b'x'; REQUEST_LEN_MAX + 1]);
    assert!(long.is_empty() || long.contains("at most"), "{long}");
    assert_eq!(ask(&place, &vec![b'x'; REQUEST_LEN_MAX]), format!("{REQUEST_LEN_MAX} bytes\n"));
    let mode = fs::symlink_metadata(door.path()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for its owner alone");
    drop(door);
    assert!(!place.socket().exists(), "it is taken away");
}

#[test]
fn whoever_says_nothing_keeps_nobody_waiting_for_ever() {
    let place = Place::new("silent");
    let _door = open(&place).expect("nobody has it");
    let silent = UnixStream::connect(place.socket()).expect("it listens");
    let begun = std::time::Instant::now();
    assert_eq!(ask(&place, b"hello\n"), "5 bytes\n");
    assert!(begun.elapsed() < 2 * super::PATIENCE);
    drop(silent);
}

#[test]
fn a_stale_socket_is_replaced_and_nothing_else_is() {
    let place = Place::new("stale");
    // A listener that is dropped leaves its file, as a process that is killed does.
    drop(UnixListener::bind(place.socket()).expect("nobody has it"));
    let door = open(&place).expect("nobody serves it");
    assert!(matches!(open(&place), Err(DoorError::InUse { .. })));
    assert_eq!(ask(&place, b"hello\n"), "5 bytes\n", "the first one goes on");
    drop(door);
    fs::write(place.socket(), "a file").expect("the folder can be written");
    assert!(matches!(open(&place), Err(DoorError::Taken { .. })));
    assert_eq!(fs::read(place.socket()).expect("it is there"), b"a file");
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let place = Place::new("open");
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let said = open(&place).expect_err("anybody could put a socket there").to_string();
    assert!(said.contains("chmod 700"), "{said}");
    let long = place.0.join("a".repeat(200));
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o700)).expect("it is ours");
    let said = Door::open(&long, |_| String::new()).expect_err("a name has 107 bytes").to_string();
    assert!(said.contains("cannot be made"), "{said}");
}

/// Where two venues were given one path one after the other, the first to end leaves the other's.
#[test]
fn another_venues_socket_is_left_alone() {
    let place = Place::new("other");
    let first = open(&place).expect("nobody has it");
    fs::remove_file(place.socket()).expect("it is ours");
    let second = open(&place).expect("it was taken away");
    drop(first);
    assert_eq!(ask(&place, b"hello\n"), "5 bytes\n");
    drop(second);
}
