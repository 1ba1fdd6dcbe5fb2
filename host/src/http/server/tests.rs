use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::{Routes, Server, Settings};

/// How many answers have come by now.
fn answers(socket: &mut TcpStream, text: &mut String) -> usize {
    let mut buffer = [0; 65_536];
    loop {
        match socket.read(&mut buffer) {
            Ok(len) => *text += str::from_utf8(&buffer[..len]).expect("it is text"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return text.matches("HTTP/1.1 200").count();
            }
        }
    }
}

/// One answer a round and visitor: whoever asks for much does not keep the others waiting.
#[test]
fn whoever_asks_for_much_waits_with_the_others() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.set_nonblocking(true).expect("it can");
    let address = listener.local_addr().expect("it is bound");
    let (health, figures) = (Arc::default(), Arc::default());
    let routes = Routes { health, figures, feed: None };
    let mut server = Server::new(listener, Settings::default(), routes);
    let request = b"GET /healthz HTTP/1.1\r\n\r\n";
    let visitor = |count: usize| {
        let mut socket = TcpStream::connect(address).expect("it listens");
        socket.write_all(&request.repeat(count)).expect("there is room");
        socket.set_nonblocking(true).expect("it can");
        (socket, String::new())
    };
    let (mut greedy, mut greedys) = visitor(100);
    let mut rounds = 0;
    while answers(&mut greedy, &mut greedys) == 0 {
        server.round();
        rounds += 1;
    }
    let (mut modest, mut modests) = visitor(1);
    while answers(&mut modest, &mut modests) == 0 {
        server.round();
        rounds += 1;
    }
    let answered = answers(&mut greedy, &mut greedys);
    assert!(answered <= rounds, "{answered} answers in {rounds} rounds");
    while answers(&mut greedy, &mut greedys) < 100 {
        server.round();
    }
}
