//! Sessions over sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ringfence_core::wire::EVENT_LEN;
use ringfence_core::{AccountId, Event, InstrumentId, OrderId, Qty, Side, Time, What};

use super::super::net::Net;
use super::{Hall, SECRETS};
use crate::client::Session;
use crate::publisher::Outlet;
use crate::sequencer::Stamp;

/// Many times what is written at once.
const EVENTS: u64 = 200_000;

#[test]
fn what_is_held_for_one_does_not_keep_others_waiting() {
    let mut hall = Hall::new("");
    let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let mut net = Net::listen(address, false).unwrap();
    let mut stream = TcpStream::connect(net.address().unwrap()).unwrap();
    let mut session = Session::new(1, SECRETS[0]);
    session.connect();
    stream.write_all(session.output()).unwrap();
    let now = hall.now;
    let mut poll = |hall: &mut Hall| {
        let Hall { gateway, requests, .. } = hall;
        net.poll(Duration::from_millis(10), gateway, || now, requests).unwrap();
        gateway.attend(now, requests);
        net.flush(gateway, now);
    };
    while hall.gateway.sessions() == 0 {
        poll(&mut hall);
    }
    let (id, account) = (OrderId(1), AccountId(1));
    let (side, qty, price) = (Side::Buy, Qty(1), None);
    let what = What::Accepted { id, account, side, qty, price };
    let event = Event { seq: 1, instrument: InstrumentId(1), what };
    for place in 1..=EVENTS {
        hall.gateway.tell(Stamp { place, at: Time(now) }, &[event]);
    }
    poll(&mut hall);
    let said = |hall: &Hall| hall.gateway.lines[0].as_ref().unwrap().next_event - 1;
    // One mebibyte, and what the last write had and the buffer behind it.
    assert!(said(&hall) * EVENT_LEN as u64 <= (1 << 20) + (1 << 19), "{} at once", said(&hall));
    stream.set_nonblocking(true).unwrap();
    let mut bytes = 0;
    let mut space = vec![0; 1 << 16];
    while bytes < EVENTS * EVENT_LEN as u64 {
        match stream.read(&mut space) {
            Ok(len) => bytes += len as u64,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        poll(&mut hall);
    }
    assert_eq!(said(&hall), EVENTS);
}
