//! Health, metrics and books by HTTP/1.1, for operators and their tools. Only reads: nothing that is
//! asked here changes anything.
//!
//! One thread serves all connections; none of them can keep it waiting. Requests are parsed by
//! `httparse` and routed by `routes.rs`: six paths do not need a framework and its runtime.

mod exposition;
mod figures;
mod health;
mod reply;
mod routes;
mod server;
mod strategies;
mod visitor;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub use figures::{FigureOutlet, Figures};
pub use health::{Health, State};
pub use reply::Reply;
pub use routes::Routes;
pub use strategies::{Board, StrategyLine};
pub use visitor::Visitor;

/// How requests are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many may be connected.
    pub connections_max: usize,
    /// Bytes that a request may have.
    pub request_len_max: usize,
    /// How long a request may take to come, an answer to be read, and a connection to be idle.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { connections_max: 64, request_len_max: 8_192, patience: Duration::from_secs(10) }
    }
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Http {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Http {
    /// Starts to serve `routes` where `listener` listens.
    ///
    /// # Errors
    ///
    /// Where the listener cannot be set up, or no thread be started.
    pub fn start(listener: TcpListener, settings: Settings, routes: Routes) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let server = server::Server::new(listener, settings, routes);
        let thread =
            std::thread::Builder::new().name("http".into()).spawn(move || server.run(&ends))?;
        Ok(Self { address, is_over, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
