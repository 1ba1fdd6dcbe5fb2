//! The crate matchcore. It names orders by the number of their command and changes quantities to
//! what they become, so the workload is translated beforehand.

use matchcore::{
    AmendCmd, AmendPatch, CancelCmd, Command, CommandEffects, CommandKind, CommandMeta,
    CommandOutcome, CommandReport, LimitOrder, LimitOrderPatch, NewOrder, OrderBook, OrderFlags,
    OrderId, OrderKind, Price, Quantity, QuantityPolicy, SequenceNumber, Side, SubmitCmd,
    TimeInForce, Timestamp,
};

use super::{Books, Fills};
use crate::workload::{Kind, Order, Workload};

/// The crate matchcore.
#[derive(Debug)]
pub struct Matchcore {
    books: Vec<OrderBook>,
    /// The number of the next command, by book.
    numbers: Vec<u64>,
    /// What the commands to come name.
    targets: std::vec::IntoIter<Target>,
    /// By book and number of the command that placed it, an order's name in the workload.
    names: Vec<Vec<u64>>,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    order: u64,
    open: u32,
}

impl Books for Matchcore {
    const NAME: &'static str = "matchcore 0.4.0";
    const EXCUSE: &'static str = "a replace trades through its own limit";

    fn new(workload: &Workload) -> Self {
        let mut numbers = vec![0; usize::from(workload.books)];
        let mut names = vec![Vec::new(); usize::from(workload.books)];
        let all = workload.preload.iter().chain(&workload.commands);
        let most = all.clone().map(|order| order.id).max().unwrap_or(0);
        let mut placed = vec![0; usize::try_from(most).expect("fits memory") + 1];
        let mut targets = Vec::new();
        for order in all {
            let book = usize::from(order.book);
            let id = usize::try_from(order.id).expect("fits memory");
            if matches!(order.kind, Kind::Add | Kind::Aggress) {
                placed[id] = numbers[book];
            }
            numbers[book] += 1;
            names[book].push(order.id);
            targets.push(Target { order: placed[id], open: order.open });
        }
        numbers.fill(0);
        let books = numbers.iter().map(|_| OrderBook::new("book")).collect();
        Self { books, numbers, targets: targets.into_iter(), names }
    }

    #[inline]
    fn apply(&mut self, order: &Order, fills: &mut Fills) {
        let book = usize::from(order.book);
        let target = self.targets.next().expect("a command of the workload");
        let number = self.numbers[book];
        self.numbers[book] += 1;
        let meta = CommandMeta { sequence_number: SequenceNumber(number), timestamp: Timestamp(0) };
        let outcome = self.books[book].execute(&Command { meta, kind: command(order, target) });
        let effects = match &outcome {
            CommandOutcome::Applied(CommandReport::Submit(effects)) => effects,
            CommandOutcome::Applied(CommandReport::Amend(effects)) => effects,
            _ => return,
        };
        note(effects, order, &self.names[book], fills);
    }
}

fn command(order: &Order, target: Target) -> CommandKind {
    let standard = |qty: u32| QuantityPolicy::Standard { quantity: Quantity(u64::from(qty)) };
    let price = Price(order.price.cast_unsigned());
    let order_id = OrderId(target.order);
    let amend = |patch| CommandKind::Amend(AmendCmd { order_id, patch: AmendPatch::Limit(patch) });
    match order.kind {
        Kind::Add | Kind::Aggress => {
            let side = if order.buys { Side::Buy } else { Side::Sell };
            let adds = order.kind == Kind::Add;
            let time = if adds { TimeInForce::Gtc } else { TimeInForce::Ioc };
            let flags = OrderFlags::new(side, false, time);
            let limit = LimitOrder::new(price, standard(order.qty), flags);
            CommandKind::Submit(SubmitCmd { order: NewOrder::Limit(limit) })
        }
        Kind::Cancel => CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit }),
        Kind::Reduce => amend(LimitOrderPatch::new().with_quantity_policy(standard(target.open))),
        Kind::Replace => amend(
            LimitOrderPatch::new().with_price(price).with_quantity_policy(standard(order.qty)),
        ),
    }
}

#[inline]
fn note(effects: &CommandEffects, order: &Order, names: &[u64], fills: &mut Fills) {
    let Some(result) = effects.target_order().match_result() else { return };
    for trade in result.trades() {
        let maker = usize::try_from(trade.maker_order_id().0).expect("fits memory");
        let price = trade.price().0.cast_signed();
        fills.fill(order.book, order.id, names[maker], price, trade.quantity().0);
    }
}
