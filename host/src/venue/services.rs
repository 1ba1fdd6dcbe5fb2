//! What runs beside a venue on threads of its own: market data and HTTP.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use ringfence_core::{Engine, Event, Interest};

use crate::config::Config;
use crate::error::RunError;
use crate::feed::{self, Feed, FeedOutlet};
use crate::http::{self, FigureOutlet, Figures, Health, Http, Routes};
use crate::processors::Processors;
use crate::publisher::Outlet;
use crate::sequencer::Stamp;

/// Services that were started. They end when this is dropped.
#[derive(Debug)]
pub struct Services {
    /// What the venue counts.
    pub figures: Arc<Figures>,
    /// What it is at.
    pub health: Arc<Health>,
    feed: Option<Feed>,
    http: Option<Http>,
}

impl Services {
    /// Starts what is configured, ahead of recovery: health is answered meanwhile. From here on, this
    /// thread and those that it starts run on the helpers' processors, until the venue settles down.
    /// Returns besides who is to be told of events.
    ///
    /// # Errors
    ///
    /// [`RunError`] where an address cannot be had, or a processor.
    pub fn start(config: &Config) -> Result<(Self, Beside), RunError> {
        let processors = Processors(&config.cpu_affinity);
        processors.bind_helpers().map_err(not_there)?;
        let (figures, health) = (Arc::new(Figures::default()), Arc::new(Health::default()));
        let mut beside = Beside { feed: None, figures: None };
        let mut feed = None;
        if let Some(config) = &config.feed {
            let listener = listen(config.address)?;
            let (started, outlet) = Feed::start(feed::Settings::default(), Some(listener))
                .map_err(|source| RunError::Listen { address: config.address, source })?;
            (feed, beside.feed) = (Some(started), Some(outlet));
        }
        let mut http = None;
        if let Some(config) = &config.http {
            if feed.is_none() {
                // The books are kept to be asked for, though nobody subscribes to them.
                let (started, outlet) = Feed::start(feed::Settings::default(), None)
                    .map_err(|source| RunError::Listen { address: config.address, source })?;
                (feed, beside.feed) = (Some(started), Some(outlet));
            }
            let books = feed.as_ref().map(|feed| (feed.books(), Arc::clone(feed.counts())));
            let (health, figures) = (Arc::clone(&health), Arc::clone(&figures));
            beside.figures = Some(FigureOutlet::new(Arc::clone(&figures)));
            let routes = Routes { health, figures, feed: books };
            let listener = listen(config.address)?;
            let started = Http::start(listener, http::Settings::default(), routes)
                .map_err(|source| RunError::Listen { address: config.address, source })?;
            http = Some(started);
        }
        Ok((Self { figures, health, feed, http }, beside))
    }

    /// Where market data is told.
    #[must_use]
    pub fn feed_address(&self) -> Option<SocketAddr> {
        self.feed.as_ref()?.address()
    }

    /// Where HTTP is answered.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(Http::address)
    }
}

/// What `cpu_affinity` names cannot be had.
pub(super) fn not_there(error: io::Error) -> RunError {
    RunError::Usage(format!("cpu_affinity: {error}"))
}

fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).map_err(|source| RunError::Listen { address, source })
}

/// Who is told of events besides the sessions.
#[derive(Debug)]
pub struct Beside {
    feed: Option<FeedOutlet>,
    figures: Option<FigureOutlet>,
}

impl Outlet for Beside {
    fn interest(&self) -> Interest {
        let feed = self.feed.as_ref().map_or(Interest::NONE, Outlet::interest);
        feed.and(self.figures.as_ref().map_or(Interest::NONE, Outlet::interest))
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        if let Some(feed) = &mut self.feed {
            feed.tell(stamp, events);
        }
        if let Some(figures) = &mut self.figures {
            figures.tell(stamp, events);
        }
    }

    fn catch_breath(&mut self, engine: &Engine) {
        if let Some(feed) = &mut self.feed {
            feed.catch_breath(engine);
        }
        if let Some(figures) = &mut self.figures {
            figures.catch_breath(engine);
        }
    }
}
