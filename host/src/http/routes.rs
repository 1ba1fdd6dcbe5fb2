//! What there is to ask for.

use std::sync::Arc;

use ringfence_core::{IndicativeView, InstrumentId, LevelView, Price};
use serde_json::{Value, json};

use super::figures::Figures;
use super::health::{Health, State};
use super::reply::Reply;
use crate::feed::{BookDepth, Books, Counts, Listing};

/// Where answers come from.
#[derive(Clone, Debug)]
pub struct Routes {
    /// Whether the venue is there for its clients.
    pub health: Arc<Health>,
    /// What it counts.
    pub figures: Arc<Figures>,
    /// The books, and what their feed counts, where there is one.
    pub feed: Option<(Books, Arc<Counts>)>,
}

/// Levels of a side where nobody says how many.
const DEPTH: usize = 10;

/// Levels of a side that are given at most.
const DEPTH_MAX: usize = 1_000;

impl Routes {
    /// Answers GET of `target`, a path and what follows `?`.
    #[must_use]
    pub fn get(&self, target: &str) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match path {
            "/healthz" => Reply::text(200, "alive\n"),
            "/readyz" => self.ready(),
            "/metrics" => self.metrics(),
            "/v1/instruments" => self.instruments(),
            "/v1/strategies" => Reply::json(200, &self.figures.strategies.json()),
            _ => match path.strip_prefix("/v1/books/") {
                Some(instrument) => self.book(instrument, query),
                None => not_found(
                    "there are /healthz, /readyz, /metrics, /v1/instruments, /v1/books/{instrument} and \
                     /v1/strategies",
                ),
            },
        }
    }

    fn ready(&self) -> Reply {
        match self.health.state() {
            State::Ready => Reply::text(200, "ready\n"),
            State::Recovering => Reply::text(503, "recovering\n"),
            State::ShuttingDown => Reply::text(503, "shutting down\n"),
            State::Failed(problem) => Reply::text(503, format!("failed: {problem}\n")),
        }
    }

    fn metrics(&self) -> Reply {
        let is_ready = self.health.state() == State::Ready;
        let feed = self.feed.as_ref().map(|(_, counts)| &**counts);
        let body = self.figures.text(feed, is_ready);
        Reply { status: 200, content_type: "text/plain; version=0.0.4; charset=utf-8", body }
    }

    fn instruments(&self) -> Reply {
        match self.feed.as_ref().and_then(|(books, _)| books.instruments()) {
            Some(listings) => {
                let listed: Vec<_> = listings.iter().map(instrument).collect();
                Reply::json(200, &json!({ "instruments": listed }))
            }
            None => no_books(),
        }
    }

    fn book(&self, instrument: &str, query: &str) -> Reply {
        let Ok(number) = instrument.parse() else {
            return not_found("an instrument is a number; /v1/instruments lists them");
        };
        let depth = match depth(query) {
            Ok(depth) => depth,
            Err(problem) => return Reply::json(400, &json!({ "error": problem })),
        };
        let answer = self.feed.as_ref().map(|(books, _)| books.book(InstrumentId(number), depth));
        match answer.flatten() {
            Some(Some(book)) => Reply::json(200, &book_json(&book)),
            Some(None) => not_found("there is no such instrument; /v1/instruments lists them"),
            None => no_books(),
        }
    }
}

/// The depth that a query asks for.
fn depth(query: &str) -> Result<usize, String> {
    let mut depth = DEPTH;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let given = match pair.split_once('=') {
            Some(("depth", given)) => given,
            _ => return Err(format!("there is no option `{pair}`; there is depth=N")),
        };
        depth = match given.parse() {
            Ok(depth) if (1..=DEPTH_MAX).contains(&depth) => depth,
            _ => return Err(format!("depth goes from 1 to {DEPTH_MAX}")),
        };
    }
    Ok(depth)
}

fn instrument(listing: &Listing) -> Value {
    let spec = &listing.spec;
    json!({
        "instrument": spec.instrument.0,
        "symbol": spec.symbol.as_str(),
        "scale": spec.scale,
        "tick": spec.tick,
        "lot": spec.lot,
        "algo": spec.algo.name(),
        "phase": listing.phase.name(),
        "last_trade": ticks(listing.last_trade),
    })
}

fn book_json(book: &BookDepth) -> Value {
    let spec = &book.listing.spec;
    json!({
        "instrument": spec.instrument.0,
        "symbol": spec.symbol.as_str(),
        "scale": spec.scale,
        "phase": book.listing.phase.name(),
        "last_trade": ticks(book.listing.last_trade),
        "indicative": book.listing.indicative.as_ref().map(indicative),
        "seq": book.seq,
        "at": book.at.0,
        "bids": levels(&book.levels[0]),
        "asks": levels(&book.levels[1]),
    })
}

/// What an auction would come to. A sum that does not fit is held at its end, as on the wire.
fn indicative(there: &IndicativeView) -> Value {
    let surplus = there.surplus.get();
    let end = if surplus < 0 { i64::MIN } else { i64::MAX };
    json!({
        "price": ticks(there.price),
        "qty": there.qty.saturating_u64(),
        "surplus": i64::try_from(surplus).unwrap_or(end),
    })
}

fn levels(levels: &[LevelView]) -> Vec<Value> {
    let level = |level: &LevelView| {
        // A sum that does not fit is held at its end, as on the wire.
        let qty = u64::try_from(level.qty).unwrap_or(u64::MAX);
        json!({ "price": level.price.0, "qty": qty, "orders": level.orders })
    };
    levels.iter().map(level).collect()
}

fn ticks(price: Option<Price>) -> Option<i64> {
    price.map(|price| price.0)
}

fn not_found(hint: &str) -> Reply {
    Reply::json(404, &json!({ "error": hint }))
}

fn no_books() -> Reply {
    Reply::json(503, &json!({ "error": "no books are kept here, or they are busy; try again" }))
}
