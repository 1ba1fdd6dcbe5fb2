//! Whatever a client sends: the gateway takes commands in order, for that client alone, or ends it.

use ringfence_core::Command;

use crate::config::Config;
use crate::gateway::frame::{HEAD_LEN, Head, frame_kind, login_body};
use crate::gateway::{Gateway, LineId};
use crate::host::Request;

const SECRET: &str = "a secret that a fuzzer may know";

const ACCOUNT: u32 = 1;

/// Sends bytes over a connection, in pieces of the length that the first byte says, before a login
/// where that is odd and behind one where it is even.
///
/// # Panics
///
/// Where a command gets through that is another account's, an operator's or out of order, or where
/// somebody is told more than a client may hear.
pub fn check_gateway_bytes(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let text = format!(
        "[gateway]\nbuffer_kib = 64\n[[gateway.accounts]]\naccount = {ACCOUNT}\n\
         secret = \"{SECRET}\"\n"
    );
    let config = Config::parse("fuzzed", &text).expect("all of it is in range");
    let mut gateway = Gateway::new(&config.gateway, 1);
    let line = gateway.connect(1).expect("it is the first");
    let mut requests = Vec::new();
    let is_in = first % 2 == 0;
    if is_in {
        log_in(&mut gateway, line, &mut requests);
    }
    for piece in bytes.chunks(usize::from(first / 2) + 1) {
        let taken = gateway.receive(line, piece, 2, &mut requests);
        if taken < piece.len() {
            break;
        }
    }
    gateway.attend(3, &mut requests);
    let is_anybody = is_in || bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(is_anybody || requests.is_empty(), "a command of nobody got through");
    check_requests(&requests);
    let said = gateway.output(line, 3).len();
    assert!(said <= 2 * HEAD_LEN, "it is told {said} bytes");
    gateway.hang_up(line, 4);
    assert!(gateway.next_ready().is_none(), "a connection that is gone has nothing to write");
}

fn log_in(gateway: &mut Gateway, line: LineId, requests: &mut Vec<Request>) {
    let body = login_body(ACCOUNT, SECRET);
    let len = u32::try_from(body.len()).expect("a few bytes");
    let head = Head { kind: frame_kind::LOGIN, len, number: 0, ack: 0 };
    for bytes in [&head.to_bytes()[..], &body] {
        gateway.receive(line, bytes, 1, requests);
    }
}

fn check_requests(requests: &[Request]) {
    for (request, number) in requests.iter().zip(1..) {
        assert_eq!((request.origin.session, request.origin.number), (ACCOUNT, number));
        let account = match &request.stamped.command {
            Command::New(order) => Some(order.account),
            Command::Cancel(cancel) => Some(cancel.account),
            Command::Reduce(reduce) => Some(reduce.account),
            Command::Replace(replace) => Some(replace.account),
            Command::Quote(quote) => Some(quote.account),
            Command::MassCancel(scope) | Command::Kill(scope) => scope.account,
            _ => None,
        };
        let account = account.map(|account| account.0);
        assert_eq!(account, Some(ACCOUNT), "{:?}", request.stamped.command);
    }
}
