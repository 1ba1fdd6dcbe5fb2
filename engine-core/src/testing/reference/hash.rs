//! The hash of the whole state, word for word.

use super::Reference;
use super::book::{Order, is_dark};
use crate::side::Side;
use crate::state_hash::StateHasher;

impl Reference {
    /// A hash of the whole state, in the words and order that `docs/semantics.md` names.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.word(self.seq);
        hasher.word(self.now.0);
        hasher.word(self.blocked.len() as u64);
        for account in &self.blocked {
            hasher.word(u64::from(account.0));
        }
        for listing in &self.listings {
            hasher.word(u64::from(listing.spec.instrument.0));
            hasher.word(u64::from(listing.phase as u8));
            hasher.optional(listing.last_trade.map(|price| price.0));
            hasher.word(listing.trades);
            hasher.word(listing.call as u64 | u64::from(listing.gathers) << 8);
            if let Some(until) = listing.until {
                hasher.word(until.0);
            }
            for side in Side::BOTH {
                for order in listing.book.in_order_of_service(side) {
                    hash_resting(&mut hasher, order);
                }
            }
            for order in &listing.book.waiting {
                hash_waiting(&mut hasher, order);
            }
        }
        self.hash_accounts(&mut hasher);
        hasher.finish()
    }
}

/// What rests: where, and what of it is open, shown and filled.
fn hash_resting(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(terms.id.0);
    hasher.word(u64::from(terms.account.0));
    hasher.signed(terms.price.unwrap_or_default().0);
    hasher.word(order.open.0);
    hasher.word(order.shown.0);
    hasher.word(order.filled.0);
    hasher.word(u64::from(terms.stp_group));
    hasher.word(terms_word(order) | u64::from(order.top) << 33);
    if order.is_pegged() {
        return hash_what_few_have(hasher, order);
    }
    let special = order.quote || terms.reduce_only || order.for_call;
    if terms.display.0 == 0 && terms.expire_at.0 == 0 && terms.group == 0 && !special {
        return hasher.word(0);
    }
    // Nothing of what orders have that wait.
    let kind = 1 + order.plain_type() as u64;
    for word in [kind, terms.expire_at.0, terms.display.0, terms.group, 0, 0, 0, 0, 0, 0, 0] {
        hasher.word(word);
    }
}

/// What waits, and for what.
fn hash_waiting(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(terms.id.0);
    hasher.word(u64::from(terms.account.0));
    hasher.word(order.open.0);
    hasher.word(u64::from(terms.stp_group));
    hasher.word(terms_word(order));
    hash_what_few_have(hasher, order);
}

fn hash_what_few_have(hasher: &mut StateHasher, order: &Order) {
    let terms = &order.terms;
    hasher.word(1 + order.plain_type() as u64);
    hasher.word(terms.expire_at.0);
    hasher.word(terms.display.0);
    hasher.word(terms.group);
    hasher.optional(order.limit().map(|price| price.0));
    hasher.optional(terms.stop.map(|price| price.0));
    hasher.word(terms.trail);
    hasher.word(terms.min_qty.0);
    hasher.word(terms.parent);
    if order.is_pegged() {
        hasher.word(terms.peg as u64);
        hasher.signed(terms.offset);
    }
}

fn terms_word(order: &Order) -> u64 {
    let terms = &order.terms;
    u64::from(terms.side as u8)
        | u64::from(terms.tif as u8) << 8
        | u64::from(terms.stp as u8) << 16
        | u64::from(terms.post_only as u8) << 24
        | u64::from(is_dark(terms)) << 32
        | u64::from(terms.all_or_none) << 34
        | u64::from(terms.reduce_only) << 35
        | u64::from(order.quote) << 36
}
