//! Definitions of instruments, and of what accounts may.

use ringfence_core::limits::SCALE_MAX;
use ringfence_core::{
    AccountId, AccountSpec, Algo, InstrumentId, InstrumentSpec, Phase, Price, Qty, ReplacePolicy,
};

use super::{Fields, LineError};

impl Fields<'_> {
    pub(super) fn instrument(&self) -> Result<InstrumentSpec, LineError> {
        let (mut instrument, mut symbol) = (None, None);
        let mut spec = InstrumentSpec::new(InstrumentId(0), "");
        for field in self.own() {
            match &*field.key {
                "instrument" => instrument = Some(InstrumentId(field.u32()?)),
                "symbol" => symbol = Some(field.symbol()?),
                "scale" => spec.scale = field.within(0, i128::from(SCALE_MAX))?,
                "tick" => spec.tick = field.u64()?,
                "ticks" => spec.ticks = field.ticks()?,
                "lot" => spec.lot = field.u64()?,
                "min_qty" => spec.min_qty = Qty(field.u64()?),
                "max_qty" => spec.max_qty = Qty(field.u64()?),
                "max_notional" => spec.max_notional = field.u64()?,
                "algo" => spec.algo = field.one_of(Algo::ALL, Algo::name)?,
                "fifo_percent" => {
                    spec.allocation.fifo_percent = Some(field.within(0, i128::from(u8::MAX))?)
                }
                "pro_rata_min" => spec.allocation.pro_rata_min = Some(Qty(field.u64()?)),
                "top_min" => spec.allocation.top_min = Some(Qty(field.u64()?)),
                "top_max" => spec.allocation.top_max = Some(Qty(field.u64()?)),
                "leveling" => spec.allocation.leveling = field.boolean()?,
                "makers" => spec.allocation.makers = field.makers()?,
                "reference" => spec.reference = Some(Price(field.i64()?)),
                "static_band" => spec.static_band = Some(field.u64()?),
                "dynamic_band" => spec.dynamic_band = Some(field.u64()?),
                "volatility_auction_ns" => spec.volatility_auction_ns = field.u64()?,
                "maker_bps" => spec.maker_bps = field.i32()?,
                "taker_bps" => spec.taker_bps = field.i32()?,
                "max_orders" => spec.max_orders = field.u32()?,
                "replace_policy" => {
                    spec.replace_policy = field.one_of(ReplacePolicy::ALL, ReplacePolicy::name)?;
                }
                "phase" => spec.phase = field.one_of(Phase::ALL, Phase::name)?,
                _ => return Err(field.unknown(&self.op, INSTRUMENT_KEYS)),
            }
        }
        spec.instrument = self.needed(instrument, "instrument")?;
        spec.symbol = self.needed(symbol, "symbol")?;
        Ok(spec)
    }

    pub(super) fn account(&self) -> Result<AccountSpec, LineError> {
        let mut account = None;
        let mut spec = AccountSpec::default();
        let (mut per_ns, mut mmp_ns) = (None, None);
        for field in self.own() {
            match &*field.key {
                "account" => account = Some(AccountId(field.u32()?)),
                "max_order_qty" => spec.max_order_qty = Some(field.u64()?),
                "max_order_notional" => spec.max_order_notional = Some(field.u64()?),
                "max_open_orders" => spec.max_open_orders = Some(field.u32()?),
                "max_open_qty" => spec.max_open_qty = Some(field.u64()?),
                "max_long" => spec.max_long = Some(field.u64()?),
                "max_short" => spec.max_short = Some(field.u64()?),
                "collar" => spec.collar = Some(field.u64()?),
                "max_messages" => spec.max_messages = Some(field.u32()?),
                "per_ns" => per_ns = Some(field.u64()?),
                "mmp_qty" => spec.mmp_qty = Some(field.u64()?),
                "mmp_fills" => spec.mmp_fills = Some(field.u32()?),
                "mmp_ns" => mmp_ns = Some(field.u64()?),
                "cash" => spec.cash = Some(field.i64()?),
                "position" => spec.position = field.i64()?,
                _ => return Err(field.unknown(&self.op, ACCOUNT_KEYS)),
            }
        }
        spec.account = self.needed(account, "account")?;
        let usual = |counts: bool| if counts { INTERVAL_NS } else { 0 };
        spec.per_ns = per_ns.unwrap_or(usual(spec.max_messages.is_some()));
        spec.mmp_ns = mmp_ns.unwrap_or(usual(spec.mmp_qty.is_some() || spec.mmp_fills.is_some()));
        Ok(spec)
    }
}

const INSTRUMENT_KEYS: &str = "instrument, symbol, scale, tick, lot, algo, fifo_percent, \
     pro_rata_min, top_min, top_max, leveling, makers, reference, \
     static_band, dynamic_band, volatility_auction_ns, maker_bps, taker_bps, max_orders, \
     replace_policy, ticks, min_qty, max_qty, max_notional, phase";
const ACCOUNT_KEYS: &str = "account, max_order_qty, max_order_notional, max_open_orders, \
     max_open_qty, max_long, max_short, collar, max_messages, per_ns, mmp_qty, mmp_fills, mmp_ns, \
     cash, position";

/// What messages and fills are counted in where nobody says: a second.
const INTERVAL_NS: u64 = 1_000_000_000;
