//! Commands that are seldom given: definitions, limits, quotes, phases, and whatever is for many orders.

use super::Engine;
use super::limits::refuse;
use crate::book::Book;
use crate::command::{Command, Scope};
use crate::event::{CancelReason, EventSink, Op, Reject, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::InstrumentSpec;
use crate::limits::SCALE_MAX;
use crate::quantity::Qty;

/// All of a worth in hundredths of a percent: no fee is more.
const WHOLE_BPS: i32 = 10_000;

impl Engine {
    /// Does such a command.
    #[inline(never)]
    pub(super) fn apply_seldom(&mut self, command: &Command, events: &mut impl EventSink) {
        match *command {
            Command::Instrument(ref spec) => self.define(spec, events),
            Command::Account(ref spec) => self.limit_account(spec, events),
            Command::Quote(ref quote) => match self.listed_at(quote.instrument) {
                Some(position) => {
                    self.desk_of(position, events).work(false, |desk| desk.quote(quote))
                }
                None => {
                    self.reject_order(Op::Quote, quote.instrument, quote.id, quote.account, events)
                }
            },
            Command::MassCancel(scope) | Command::Kill(scope) | Command::Unblock(scope)
                if scope.instrument.is_some_and(|named| self.listed_at(named).is_none()) =>
            {
                self.reject_scope(command.op(), scope, Reject::UnknownInstrument, events);
            }
            Command::MassCancel(scope) => self.mass_cancel(scope, CancelReason::Mass, events),
            Command::Kill(scope) => self.kill(scope, events),
            Command::Unblock(scope) => self.unblock(scope, events),
            Command::Phase { instrument, phase } => match self.listed_at(instrument) {
                Some(position) => self
                    .desk(position, instrument, events)
                    .work(false, |desk| desk.enter_phase(phase)),
                None => self.reject(Op::Phase, instrument, Reject::UnknownInstrument, events),
            },
            Command::Uncross { instrument, then } => match self.listed_at(instrument) {
                Some(position) => self
                    .desk(position, instrument, events)
                    .work(false, |desk| desk.end_auction(then)),
                None => self.reject(Op::Uncross, instrument, Reject::UnknownInstrument, events),
            },
            Command::Time
            | Command::New(_)
            | Command::Cancel(_)
            | Command::Reduce(_)
            | Command::Replace(_) => {}
        }
    }

    /// Takes in an instrument.
    fn define(&mut self, spec: &InstrumentSpec, events: &mut impl EventSink) {
        match self.list(spec) {
            Ok(()) => self.out(spec.instrument, events).status(What::Phase { phase: spec.phase }),
            Err(reason) => self.reject(Op::Instrument, spec.instrument, reason, events),
        }
    }

    /// Gives an instrument a book.
    fn list(&mut self, spec: &InstrumentSpec) -> Result<(), Reject> {
        let is_full = self.books.len() >= self.capacity.instruments as usize;
        refuse(self.directory.has(spec.instrument), Reject::BadCombination)?;
        refuse(is_full, Reject::Capacity)?;
        refuse(!is_sound(spec), Reject::BadCombination)?;
        let position = self.directory.list(spec.instrument).expect("it was not listed");
        self.books.push(Book::new(spec.clone(), position));
        Ok(())
    }

    /// Cancels first: an account that cannot be blocked any more loses its orders all the same.
    fn kill(&mut self, scope: Scope, events: &mut impl EventSink) {
        let Some(account) = scope.account else {
            return self.reject_scope(Op::Kill, scope, Reject::UnknownAccount, events);
        };
        self.mass_cancel(scope, CancelReason::Kill, events);
        if let Err(reason) = self.accounts.block(account) {
            self.reject_scope(Op::Kill, scope, reason, events);
        }
    }

    fn unblock(&mut self, scope: Scope, events: &mut impl EventSink) {
        match scope.account {
            Some(account) => self.accounts.unblock(account),
            None => self.reject_scope(Op::Unblock, scope, Reject::UnknownAccount, events),
        }
    }

    fn reject(
        &mut self,
        op: Op,
        instrument: InstrumentId,
        reason: Reject,
        events: &mut impl EventSink,
    ) {
        let what = What::Rejected { op, id: OrderId(0), account: AccountId(0), reason };
        self.out(instrument, events).private(what);
    }

    fn reject_scope(&mut self, op: Op, scope: Scope, reason: Reject, events: &mut impl EventSink) {
        let account = scope.account.unwrap_or_default();
        let what = What::Rejected { op, id: OrderId(0), account, reason };
        self.out(scope.instrument.unwrap_or_default(), events).private(what);
    }

    fn mass_cancel(&mut self, scope: Scope, reason: CancelReason, events: &mut impl EventSink) {
        for at in 0..self.directory.len() {
            let (number, position) = self.directory.nth(at);
            if scope.instrument.is_none_or(|wanted| wanted == number) {
                self.desk_of(position, events).mass_cancel(scope, reason);
            }
        }
    }
}

/// Whether the parts of a definition make sense together.
pub(super) fn is_sound(spec: &InstrumentSpec) -> bool {
    let rising = spec.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let ticks = spec.ticks.iter().all(|&(_, tick)| is_tick(tick));
    let bounds =
        spec.max_qty.is_zero() || (spec.min_qty <= spec.max_qty && spec.max_qty >= Qty(spec.lot));
    let units = is_tick(spec.tick) && ticks && rising && spec.lot > 0;
    let shares = spec.allocation.fits(spec.algo);
    let fees = spec.maker_bps.max(spec.taker_bps) <= WHOLE_BPS;
    units && bounds && shares && fees && spec.scale <= SCALE_MAX
}

/// Whether a tick can be: positive, and within the range of prices.
fn is_tick(tick: u64) -> bool {
    tick > 0 && i64::try_from(tick).is_ok()
}
