//! Random commands reach what few of them do: links, shares, pegs, all-or-none orders, auctions.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::testing::differential::CAPACITY;
use crate::testing::generate::RandomCommands;
use crate::testing::{Reference, Venue};
use crate::{
    Algo, CancelReason, Command, Engine, Event, InstrumentId, Liquidity, OrderId, Phase, Qty, Side,
    WaitingView, What,
};

/// The links between orders are worth as much: stops reach stops, tips follow tips, groups lose in
/// part, and parents are filled.
#[test]
fn random_commands_reach_every_link() {
    let (mut cascades, mut stops, mut tips, mut shrunk, mut followed) = (0, 0, 0, 0, 0);
    for seed in 0..30 {
        let mut venue = Reference::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            let before = waiting(&venue);
            venue.apply(at, &command, &mut events);
            let triggered =
                events.iter().filter(|event| matches!(event.what, What::Triggered { .. })).count();
            stops += usize::from(triggered > 0);
            cascades += usize::from(triggered > 2);
            tips += events.windows(2).filter(|pair| is_refill(pair)).count();
            let own = matches!(command, Command::Reduce(_) | Command::Replace(_));
            let lost = |event: &Event| matches!(event.what, What::Replaced { .. });
            shrunk += usize::from(!own && events.iter().any(lost));
            let after = waiting(&venue);
            let moved = |old: &WaitingView| {
                after.iter().any(|new| new.id == old.id && new.stop != old.stop)
            };
            followed += before.iter().filter(|old| moved(old)).count();
        }
    }
    assert!(stops > 300, "{stops} commands reach stops");
    assert!(cascades > 20, "{cascades} commands reach stops that reach stops");
    assert!(tips > 300, "{tips} tips follow tips");
    assert!(shrunk > 300, "{shrunk} commands make others lose a part");
    assert!(followed > 300, "{followed} trailing stops move");
}

/// Every algorithm trades, and shares a price out among orders that go on living.
#[test]
fn random_commands_share_out_by_every_algorithm() {
    let mut shared = BTreeMap::<Algo, (usize, usize)>::new();
    for seed in 0..60 {
        let mut algos = BTreeMap::new();
        let mut venue = Engine::new(CAPACITY);
        for (at, command) in RandomCommands::new(seed).take(3_000) {
            if let Command::Instrument(spec) = &command {
                algos.entry(spec.instrument).or_insert(spec.algo);
            }
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            for event in &events {
                let count = algos.get(&event.instrument).map(|algo| shared.entry(*algo));
                let Some(count) = count.map(|entry| entry.or_default()) else { continue };
                let What::Filled { price, leaves, liquidity, .. } = event.what else { continue };
                count.0 += 1;
                let mut before = events.iter().take_while(|other| other.seq < event.seq);
                let lives = |other: &Event| {
                    matches!(
                        other.what,
                        What::Filled { price: at, leaves, liquidity: Liquidity::Maker, .. }
                            if at == price && !leaves.is_zero() && other.instrument == event.instrument
                    )
                };
                let maker = liquidity == Liquidity::Maker && !leaves.is_zero();
                count.1 += usize::from(maker && before.any(lives));
            }
        }
    }
    for algo in Algo::ALL {
        let (fills, partly) = shared.get(algo).copied().unwrap_or_default();
        assert!(fills > 300, "{fills} fills of {algo:?}");
        let by_time = matches!(algo, Algo::Fifo | Algo::CmeF | Algo::Size);
        assert!(by_time || partly > 20, "{partly} of {algo:?} beside another that lives on");
    }
}

/// Pegged orders of random commands move, lose what they follow and find it again, at every step
/// of the book; and they stand in one another's way.
#[test]
fn random_commands_move_pegged_orders() {
    let (mut moved, mut lost, mut found, mut followers) = (0, 0, 0, 0);
    for seed in 0..20 {
        let mut venue = Reference::new(CAPACITY);
        let mut standing: BTreeSet<(InstrumentId, OrderId)> = BTreeSet::new();
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            let own = matches!(command, Command::Replace(_) | Command::Reduce(_));
            let before = (moved, lost, found);
            for event in events.iter().filter(|_| !own) {
                let What::Replaced { id, price, kept_priority: false, .. } = event.what else {
                    continue;
                };
                let stood = standing.contains(&(event.instrument, id));
                moved += u32::from(stood && price.is_some());
                lost += u32::from(price.is_none());
                found += u32::from(!stood && price.is_some());
            }
            followers += u32::from(moved + found > before.0 + before.2 + 1);
            standing.clear();
            for instrument in Venue::instruments(&venue) {
                for side in Side::BOTH {
                    let orders = venue.orders(instrument, side);
                    standing.extend(orders.into_iter().map(|order| (instrument, order.id)));
                }
            }
        }
    }
    assert!(moved > 1_000, "{moved} pegged orders move");
    assert!(lost > 300, "{lost} pegged orders lose what they follow");
    assert!(found > 300, "{found} pegged orders find a price");
    assert!(followers > 300, "{followers} commands move several");
}

/// All-or-none orders are filled when they come in, by those that come in, and in between; never in
/// part, by what one command tells.
#[test]
fn random_commands_fill_all_or_none_orders() {
    let (mut entered, mut met, mut turned) = (0, 0, 0);
    for seed in 0..40 {
        let mut venue = Engine::new(CAPACITY);
        let mut wholes = BTreeSet::new();
        for (at, command) in RandomCommands::new(seed).take(3_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            let own = match &command {
                Command::New(order) => Some((order.instrument, order.id)),
                Command::Replace(replace) => Some((replace.instrument, replace.id)),
                _ => None,
            };
            for event in &events {
                let name = |id| (event.instrument, id);
                match event.what {
                    What::Accepted { id, .. } => match &command {
                        Command::New(order) if order.all_or_none => _ = wholes.insert(name(id)),
                        _ => _ = wholes.remove(&name(id)),
                    },
                    What::Replaced { id, new_id, .. } => {
                        if wholes.remove(&name(id)) {
                            wholes.insert(name(new_id));
                        } else {
                            wholes.remove(&name(new_id));
                        }
                    }
                    What::Filled { id, leaves, liquidity, .. } if wholes.contains(&name(id)) => {
                        let last = leaves.is_zero();
                        let lives = venue.book(event.instrument).and_then(|book| book.order(id));
                        assert!(
                            last || lives.is_none_or(|order| order.filled.is_zero()),
                            "{event:?}"
                        );
                        entered += usize::from(last && own == Some(name(id)));
                        met += usize::from(last && liquidity == Liquidity::Maker);
                        let turn = own != Some(name(id)) && liquidity == Liquidity::Taker;
                        turned += usize::from(last && turn);
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(entered > 100, "{entered} trade when they come in");
    assert!(met > 100, "{met} trade with one that comes in");
    assert!(turned > 100, "{turned} trade when others have come to rest");
}

/// Auctions are worth as much: they trade, what they would come to changes on the way, and every
/// kind of order comes out of them in every way.
#[test]
fn random_commands_reach_every_end_of_an_auction() {
    let (mut changes, mut crossed, mut empty, mut markets, mut unfinished) = (0, 0, 0, 0, 0);
    let mut kept_apart = BTreeSet::new();
    for seed in 0..60 {
        let mut venue = Reference::new(CAPACITY);
        let mut phases = BTreeMap::new();
        for (at, command) in RandomCommands::new(seed).take(5_000) {
            let mut events: Vec<Event> = Vec::new();
            venue.apply(at, &command, &mut events);
            for event in &events {
                match event.what {
                    What::Indicative { price, .. } => changes += usize::from(price.is_some()),
                    What::Uncrossed { price: Some(_), .. } => crossed += 1,
                    What::Uncrossed { price: None, .. } => empty += 1,
                    What::Filled { liquidity: Liquidity::Auction, leaves, .. } => {
                        unfinished += usize::from(leaves != Qty(0));
                    }
                    What::Canceled { reason: CancelReason::NoLiquidity, .. } => {
                        let ends = matches!(command, Command::Uncross { .. });
                        markets += usize::from(ends);
                    }
                    What::Phase { phase } => _ = phases.insert(event.instrument, phase),
                    What::Canceled { reason, .. } => {
                        let gathers = phases.get(&event.instrument) == Some(&Phase::Auction);
                        _ = gathers
                            && matches!(command, Command::New(_))
                            && kept_apart.insert(reason);
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(changes > 500, "{changes} changes of what an auction would come to");
    assert!(crossed > 100, "{crossed} auctions trade");
    assert!(empty > 50, "{empty} auctions do not");
    assert!(markets > 20, "{markets} market orders end with an auction");
    assert!(unfinished > 100, "{unfinished} fills in an auction leave something");
    for reason in [CancelReason::Stp, CancelReason::Oco] {
        assert!(kept_apart.contains(&reason), "no order of an auction ends as {reason:?}");
    }
}

fn waiting(venue: &Reference) -> Vec<WaitingView> {
    let instruments = Venue::instruments(venue);
    instruments.into_iter().flat_map(|instrument| venue.waiting(instrument)).collect()
}

fn is_refill(pair: &[Event]) -> bool {
    matches!(pair, [
        Event { what: What::Level { .. }, seq: before, .. },
        Event { what: What::Add { .. }, seq: after, .. },
    ] if before == after)
}
