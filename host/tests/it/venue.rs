//! `ringfence run` as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_core::{Command as Order, InstrumentId, NewOrder, OrderId, Price, Qty, Side};
use ringfence_host::client::Client;

use crate::command::Folder;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Those of the accounts 1 and 2.
pub(crate) const SECRETS: [&str; 2] =
    ["a secret of account 1 alone", "a secret of account 2 alone"];

/// A venue on a port that the system gives.
pub(crate) struct Venue {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it said until it took commands.
    pub(crate) began: String,
    said: BufReader<ChildStderr>,
}

impl Venue {
    /// Starts one with instrument 1, unless the folder says otherwise, and two accounts, which keeps its
    /// journal in the folder; `more` of its file comes after that.
    pub(crate) fn start(folder: &Folder, durability: &str, more: &str) -> Self {
        Self::start_on(folder, "", durability, more)
    }

    /// Starts one whose threads are bound to these processors.
    pub(crate) fn start_on(
        folder: &Folder,
        processors: &str,
        durability: &str,
        more: &str,
    ) -> Self {
        let line = "{\"op\":\"instrument\",\"instrument\":1,\"symbol\":\"A\"}\n";
        if !std::fs::exists(folder.path("instruments.jsonl")).expect("it can be read") {
            folder.write("instruments.jsonl", line);
        }
        let config = folder.write("venue.toml", config(durability) + more);
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringfence"))
            .args(["run", "--config", &config])
            .env("CPU_AFFINITY", processors)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut began = String::new();
        let address = address(&mut said, "commands are taken at ", &mut began);
        Self { child, address, began, said }
    }

    /// What a power cut to the process alone would do.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was killed");
    }

    /// Ends it in order; returns what it said.
    pub(crate) fn end(mut self) -> String {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("there is a kill");
        assert!(asked.success());
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("it prints text");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {said}");
        said
    }

    pub(crate) fn client(&self, account: u32) -> Client {
        Client::new(self.address, account, SECRETS[account as usize - 1])
    }

    /// Its threads, and the processors that each may run on.
    pub(crate) fn threads(&self) -> Vec<(String, String)> {
        let folder = format!("/proc/{}/task", self.child.id());
        let threads = std::fs::read_dir(folder).expect("it runs").map(|it| it.expect("it runs"));
        // One may end meanwhile.
        let status =
            threads.filter_map(|it| std::fs::read_to_string(it.path().join("status")).ok());
        status
            .map(|status| {
                let line = |key| status.lines().find_map(|line| line.strip_prefix(key));
                let [name, allowed] = ["Name:\t", "Cpus_allowed_list:\t"].map(line);
                (name.expect("it has one").to_owned(), allowed.expect("it has some").to_owned())
            })
            .collect()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Where it answers HTTP, which it says after where it takes commands.
    pub(crate) fn http(&mut self) -> SocketAddr {
        address(&mut self.said, "http is answered at ", &mut self.began)
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a span");
    stream
}

/// Reads on until it names an address.
pub(crate) fn address(said: &mut impl BufRead, how: &str, lines: &mut String) -> SocketAddr {
    loop {
        let before = lines.len();
        let len = said.read_line(lines).expect("it prints text");
        assert_ne!(len, 0, "the venue does not start: {lines}");
        if let Some((_, address)) = lines[before..].split_once(how) {
            return address.trim().parse().expect("an address");
        }
    }
}

/// What the path answers.
pub(crate) fn get(http: SocketAddr, path: &str) -> String {
    let mut stream = connect(http);
    let request = format!("GET {path} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it prints text");
    answer
}

pub(crate) fn config(durability: &str) -> String {
    format!(
        "[venue]\ninstruments = \"instruments.jsonl\"\n\
         [venue.capacity]\norders = 65536\nlevels = 4096\ninstruments = 4\n\
         [journal]\nfolder = \"journal\"\npolicy = \"{durability}\"\n\
         [gateway]\naddress = \"127.0.0.1:0\"\ntimeout_ms = 20000\nresend_events = 1048576\n\
         [[gateway.accounts]]\naccount = 1\nsecret = \"{}\"\n\
         [[gateway.accounts]]\naccount = 2\nsecret = \"{}\"\n",
        SECRETS[0], SECRETS[1]
    )
}

pub(crate) fn record(order: &Order) -> CommandRecord {
    CommandRecord::from_command(order).expect("it travels")
}

/// An order of one lot.
pub(crate) fn limit(id: u64, side: Side, price: i64) -> NewOrder {
    let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(1));
    NewOrder { instrument: InstrumentId(1), ..order }
}

/// Sends, waits until it is done, and returns what was told meanwhile.
pub(crate) fn ask(client: &mut Client, command: &CommandRecord) -> Vec<EventRecord> {
    client.send(command);
    let mut events = Vec::new();
    let settled = client.settle(PATIENCE, &mut |_, event| events.push(*event));
    assert!(settled.expect("it is welcome"), "no answer");
    events
}
