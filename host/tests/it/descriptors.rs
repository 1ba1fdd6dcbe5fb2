//! A venue that may have few files and sockets open.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use ringfence_core::wire::kind;
use ringfence_core::{Command as Order, Side};
use ringfence_host::client::Client;

use crate::command::Folder;
use crate::venue::{PATIENCE, SECRETS, address, ask, limit, record};

/// A venue whose strangers stay for an hour, unless they have to go; none that waits for that to end
/// comes in within these tests' patience.
fn config(folder: &Folder) -> String {
    let line = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\"}\n";
    folder.write("instruments.jsonl", line);
    folder.write(
        "venue.toml",
        format!(
            "[venue]\ninstruments = \"instruments.jsonl\"\n\
             [venue.capacity]\norders = 4096\nlevels = 1024\ninstruments = 4\n\
             [journal]\nfolder = \"journal\"\npolicy = \"os\"\nsegment_mib = 1\n\
             [gateway]\naddress = \"127.0.0.1:0\"\ntimeout_ms = 3600000\nconnections_max = 500\n\
             [[gateway.accounts]]\naccount = 1\nsecret = \"{}\"\n\
             [[gateway.accounts]]\naccount = 2\nsecret = \"{}\"\n",
            SECRETS[0], SECRETS[1]
        ),
    )
}

/// A venue that may have so many open, until it is dropped.
struct Few {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Few {
    fn start(config: &str, open: u32) -> Self {
        let run = "ulimit -n \"$1\" && exec \"$0\" run --config \"$2\"";
        let mut child = Command::new("sh")
            .args(["-c", run, env!("CARGO_BIN_EXE_ringfence"), &open.to_string(), config])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, said }
    }

    /// Where it takes commands, and what it said before.
    fn address(&mut self) -> (SocketAddr, String) {
        let mut lines = String::new();
        (address(&mut self.said, "commands are taken at ", &mut lines), lines)
    }

    /// Lets it have descriptors below this one only; whether that can be done here.
    fn leave(&self, descriptors: u32) -> bool {
        let (pid, limit) = (self.child.id().to_string(), descriptors.to_string());
        let limit = format!("--nofile={limit}:{limit}");
        let status = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
        let done = status.is_ok_and(|status| status.success());
        if !done {
            eprintln!("skipped: there is no prlimit");
        }
        done
    }

    /// The lowest descriptor that it does not use.
    fn lowest_free(&self) -> u32 {
        let folder = format!("/proc/{}/fd", self.child.id());
        let used = |number: &u32| std::fs::symlink_metadata(format!("{folder}/{number}")).is_ok();
        (0..).find(|number| !used(number)).expect("there are few")
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The account's client, which has traded.
fn trade(address: SocketAddr, account: u32) -> Client {
    let mut client = Client::new(address, account, SECRETS[account as usize - 1]);
    let heard = ask(&mut client, &record(&Order::New(limit(1, Side::Buy, 100))));
    assert_eq!(heard.iter().map(|event| event.kind).collect::<Vec<_>>(), [kind::ACCEPTED]);
    client
}

#[test]
fn it_says_how_many_connections_there_can_be_and_keeps_the_rest_for_itself() {
    let folder = Folder::new("few-descriptors");
    let mut venue = Few::start(&config(&folder), 100);
    let (address, said) = venue.address();
    let advice = "may have 100 files and sockets open, of which the gateway's connections have 52";
    assert!(said.contains(advice), "{said}");
    assert!(said.contains("raise the limit to 548"), "{said}");
    let _strangers: Vec<_> = (0..150).map(|_| TcpStream::connect(address).unwrap()).collect();
    trade(address, 1);
}

#[test]
fn it_does_not_start_where_there_is_room_for_no_connection() {
    let folder = Folder::new("no-descriptors");
    let mut venue = Few::start(&config(&folder), 40);
    let mut said = String::new();
    venue.said.read_line(&mut said).expect("it prints text");
    assert!(said.contains("may have 40 files and sockets open"), "{said}");
    assert!(said.contains("raise the limit to 548"), "{said}");
    assert_eq!(venue.child.wait().expect("it ends").code(), Some(2), "{said}");
}

#[test]
fn who_logs_in_comes_in_though_strangers_have_all_that_may_be_open() {
    let folder = Folder::new("used-up-descriptors");
    let mut venue = Few::start(&config(&folder), 600);
    let (address, said) = venue.address();
    assert!(!said.contains("may have"), "{said}");
    // Fewer than it was told at its start, and than those who come.
    venue.leave(40);
    let _strangers: Vec<_> = (0..80).map(|_| TcpStream::connect(address).unwrap()).collect();
    trade(address, 1);
}

#[test]
fn who_finds_no_descriptor_comes_in_when_there_is_one() {
    let folder = Folder::new("waits-for-a-descriptor");
    let mut venue = Few::start(&config(&folder), 600);
    let (address, _) = venue.address();
    let one = trade(address, 1);
    if !venue.leave(venue.lowest_free()) {
        return;
    }
    let mut two = Client::new(address, 2, SECRETS[1]);
    two.send(&record(&Order::New(limit(1, Side::Buy, 100))));
    let settled = two.settle(Duration::from_millis(300), &mut |_, _| {});
    assert_eq!(settled, Ok(false), "a session makes no room");
    drop(one);
    assert_eq!(two.settle(PATIENCE, &mut |_, _| {}), Ok(true));
}
