//! What an auction would come to is told to whoever joins it, and when it changes.

use ringfence_core::wire::kind as wire;
use ringfence_core::{
    AccountId, Command, Engine, IndicativeView, InstrumentId, InstrumentSpec, NewOrder, OrderId,
    Phase, Price, Qty, Side, Time, What,
};

use super::scene::{EPOCH, Scene, instruments, records, subscribe};
use crate::feed::record::{Depth, Request, kind};
use crate::feed::{FeedOutlet, Market, Mask, Settings};
use crate::publisher::Outlet;

/// At any time, and to a market that has just been told of the venue.
#[test]
fn whoever_joins_an_auction_learns_what_it_would_come_to() {
    let mut auctions = 0;
    for seed in 0..10 {
        let mut scene = Scene::new(seed, Settings::default());
        for _ in 0..200 {
            scene.trade(5);
            scene.hear();
            scene.market.tick(scene.now_ns);
            let mut fresh = first_told(&scene.engine);
            for instrument in instruments(&scene.engine) {
                let id = InstrumentId(instrument);
                let book = scene.engine.book(id).expect("it is there");
                let told = |market: &Market| market.book(id, 1).expect("it is there");
                assert_eq!(told(&scene.market).listing.indicative, book.indicative());
                let first = told(&fresh);
                assert_eq!((first.seq, first.at), (scene.engine.seq(), scene.engine.now()));
                assert_eq!(first.listing.indicative, book.indicative());
                let Some(expected) = book.indicative().filter(|told| told.price.is_some()) else {
                    continue;
                };
                auctions += 1;
                let number = fresh.connect(1);
                for depth in Depth::ALL {
                    let request = |kind| Request { kind, ..subscribe(instrument, depth, 0) };
                    fresh.hear(number, &request(kind::SUBSCRIBE).to_bytes(), 1);
                    fresh.hear(number, &request(kind::UNSUBSCRIBE).to_bytes(), 1);
                    let subscriber = fresh.subscriber(number).expect("it is connected");
                    let answer = records(subscriber.output());
                    subscriber.sent(subscriber.output().len(), 1);
                    assert_eq!(answer[0].seq, scene.engine.seq());
                    assert_eq!((answer[1].kind, answer[2].kind), (wire::PHASE, wire::INDICATIVE));
                    let IndicativeView { price, qty, surplus } = expected;
                    let event = answer[2].to_event(AccountId(0)).expect("it is an event");
                    assert_eq!(event.what, What::Indicative { price, qty, surplus });
                }
                fresh.disconnect(number);
            }
        }
    }
    assert!(auctions > 20, "{auctions} looks into auctions");
}

#[test]
fn an_auction_that_follows_another_begins_with_nothing() {
    let mut scene = Scene::new(0, Settings::default());
    let mut spec = InstrumentSpec::new(InstrumentId(1), "A");
    spec.phase = Phase::Auction;
    let order = |id, side, qty| {
        let order = NewOrder::limit(OrderId(id), side, Price(101), Qty(qty));
        Command::New(NewOrder { instrument: InstrumentId(1), ..order })
    };
    let commands = [
        Command::Instrument(Box::new(spec)),
        order(1, Side::Buy, 7),
        order(2, Side::Sell, 5),
        Command::Uncross { instrument: InstrumentId(1), then: Phase::Auction },
    ];
    scene.commands = Box::new(commands.into_iter().map(|command| (Time(1), command)));
    let mut told = Vec::new();
    for _ in 0..4 {
        scene.trade(1);
        scene.hear();
        let book = scene.engine.book(InstrumentId(1)).expect("it is there");
        let listed = scene.market.listings().remove(0).indicative.expect("it is an auction");
        assert_eq!(Some(listed), book.indicative());
        told.push((listed.price, listed.surplus.get()));
    }
    assert_eq!(told, [(None, 0), (None, 0), (Some(Price(101)), 2), (None, 0)]);
}

/// A market that a venue tells of its books for the first time.
fn first_told(engine: &Engine) -> Market {
    let (sender, ring) = std::sync::mpsc::sync_channel(1);
    FeedOutlet::new(sender, 1, std::sync::Arc::default()).catch_breath(engine);
    let mut market = Market::new(Settings::default(), EPOCH, Mask::none());
    market.take(&ring.try_recv().expect("nothing has to happen first"));
    market
}
