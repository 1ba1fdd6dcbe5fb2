//! One connection, without its socket: bytes in, bytes out.

use super::Settings;
use super::reply::Reply;
use super::routes::Routes;

/// One connection.
#[derive(Debug)]
pub struct Visitor {
    input: Vec<u8>,
    output: Vec<u8>,
    sent: usize,
    /// A request may have come already that has not had its turn.
    is_asking: bool,
    /// Closed once everything is sent.
    is_leaving: bool,
    /// When something last moved.
    moved_ns: u64,
}

/// Headers that a request may have.
const HEADERS_MAX: usize = 64;

/// What the bytes of a request come to.
enum Heard {
    NotWhole,
    /// So many bytes are a request.
    Whole {
        len: usize,
        reply: Reply,
        keeps_open: bool,
        with_body: bool,
    },
    Bad(Reply),
}

impl Visitor {
    /// One that has just connected.
    #[must_use]
    pub const fn new(now_ns: u64) -> Self {
        Self {
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            is_asking: false,
            is_leaving: false,
            moved_ns: now_ns,
        }
    }

    /// Takes bytes, and answers the first request that is whole. The next one waits for its turn.
    pub fn hear(&mut self, bytes: &[u8], settings: &Settings, routes: &Routes, now_ns: u64) {
        if self.is_leaving {
            return;
        }
        self.input.extend_from_slice(bytes);
        self.take_turn(settings, routes, now_ns);
    }

    /// Answers the next request that is whole, where nothing waits to be sent: one, so that others
    /// have their turns.
    pub fn take_turn(&mut self, settings: &Settings, routes: &Routes, now_ns: u64) {
        if self.output.is_empty() && !self.is_leaving && !self.input.is_empty() {
            self.answer(settings, routes, now_ns);
        }
    }

    /// Whether it may be read from. Where it may not it waits for room to send.
    #[must_use]
    pub const fn listens(&self) -> bool {
        self.output.is_empty() && !self.is_asking && !self.is_leaving
    }

    /// When something last moved.
    #[must_use]
    pub const fn moved_ns(&self) -> u64 {
        self.moved_ns
    }

    /// What waits to be sent.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    /// Notes that so many bytes were sent.
    pub fn sent(&mut self, count: usize, now_ns: u64) {
        self.sent += count;
        if count > 0 {
            self.moved_ns = now_ns;
        }
        if self.sent == self.output.len() {
            self.output = Vec::new();
            self.sent = 0;
        }
    }

    /// Whether the connection is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_leaving && self.output().is_empty()
    }

    /// Ends a connection on which nothing moves. One that has begun a request is told so.
    pub fn check_patience(&mut self, patience_ns: u64, now_ns: u64) {
        if now_ns.saturating_sub(self.moved_ns) <= patience_ns || self.is_leaving {
            return;
        }
        let is_slow = !self.input.is_empty() && self.listens();
        self.leave();
        self.output.clear();
        self.sent = 0;
        if is_slow {
            self.output = Reply::text(408, "too slow\n").to_bytes(false, true);
            self.moved_ns = now_ns;
        }
    }

    fn answer(&mut self, settings: &Settings, routes: &Routes, now_ns: u64) {
        let (bytes, keeps_open) = match heard(&self.input, routes) {
            Heard::NotWhole if self.input.len() >= settings.request_len_max => {
                (Reply::text(431, "the request is too long\n").to_bytes(false, true), false)
            }
            Heard::NotWhole => {
                self.is_asking = false;
                return;
            }
            Heard::Whole { len, reply, keeps_open, with_body } => {
                self.input.drain(..len);
                self.is_asking = !self.input.is_empty();
                (reply.to_bytes(keeps_open, with_body), keeps_open)
            }
            Heard::Bad(reply) => (reply.to_bytes(false, true), false),
        };
        self.output = bytes;
        self.moved_ns = now_ns;
        if !keeps_open {
            self.leave();
        }
    }

    fn leave(&mut self) {
        self.is_leaving = true;
        self.input = Vec::new();
    }
}

fn heard(bytes: &[u8], routes: &Routes) -> Heard {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let len = match request.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Heard::NotWhole,
        Err(httparse::Error::TooManyHeaders) => {
            return Heard::Bad(Reply::text(431, "too many headers\n"));
        }
        Err(_) => return Heard::Bad(Reply::text(400, "this is no request\n")),
    };
    let header = |name: &str| {
        let mut headers = request.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    let has_body = header("transfer-encoding").is_some()
        || header("content-length").is_some_and(|value| value != b"0");
    let is_read = matches!(request.method, Some("GET" | "HEAD"));
    if has_body && is_read {
        return Heard::Bad(Reply::text(413, "a request has no body here\n"));
    }
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let reply = match method {
        "GET" | "HEAD" => routes.get(target),
        _ => Reply::text(405, "only GET and HEAD\n"),
    };
    let connection = header("connection").unwrap_or_default();
    let keeps_open =
        request.version == Some(1) && !has_body && !connection.eq_ignore_ascii_case(b"close");
    Heard::Whole { len, reply, keeps_open, with_body: method != "HEAD" }
}
