use super::*;

#[test]
fn an_average_approaches_a_new_price() {
    let mut average = Ewma::of_span(9);
    average.add(Price(-1000));
    for _ in 0..200 {
        average.add(Price(500));
    }
    assert_eq!(average.price(), Some(Price(499)));
    let distance = (500 << Ewma::POINT) - average.fixed().unwrap();
    assert!(distance < 5, "stops within a few of the last digits: {distance}");
}

#[test]
fn an_average_of_span_one_is_the_last_price() {
    let mut average = Ewma::of_span(1);
    for price in [3, -8, 1 << 40] {
        average.add(Price(price));
        assert_eq!(average.price(), Some(Price(price)));
    }
}

#[test]
fn an_average_is_held_at_the_ends() {
    let mut average = Ewma::of_span(3);
    average.add(Price::MIN);
    average.add(Price::MAX);
    average.add(Price::MAX);
    assert!(average.fixed().is_some());
}

#[test]
fn an_empty_window_says_nothing() {
    let window = Window::<4>::default();
    assert!(window.is_empty());
    assert_eq!((window.mean(), window.vwap(), window.deviation()), (None, None, None));
}

#[test]
fn a_window_is_what_its_latest_trades_are() {
    let mut window = Window::<4>::new();
    let mut trades = [(0, 0); 4];
    let mut random = 7;
    for step in 0..100 {
        let drawn = crate::testing::fake::next_random(&mut random);
        let (price, qty) = ((drawn % 2001) as i64 - 1000, drawn >> 48);
        window.add(Price(price), Qty(qty));
        trades[step % 4] = (price, qty as i64);
        if step < 3 {
            continue;
        }
        let mean = trades.iter().map(|t| t.0).sum::<i64>().div_euclid(4);
        assert_eq!(window.mean(), Some(Price(mean)));
        let (worth, lots) =
            trades.iter().fold((0, 0), |(worth, lots), t| (worth + t.0 * t.1, lots + t.1));
        assert_eq!(window.vwap(), Some(Price(worth.div_euclid(lots))));
        let sum = trades.iter().map(|t| t.0).sum::<i64>();
        let scatter: i64 = trades.iter().map(|t| (4 * t.0 - sum).pow(2)).sum::<i64>() / 4;
        assert_eq!(window.deviation(), Some(scatter.unsigned_abs().isqrt() / 4), "step {step}");
    }
}

#[test]
fn a_window_without_volume_has_no_average_by_volume() {
    let mut window = Window::<2>::new();
    window.add(Price(5), Qty(0));
    assert_eq!((window.len(), window.mean(), window.vwap()), (1, Some(Price(5)), None));
}

#[test]
fn extremes_are_those_of_the_latest_prices() {
    let mut random = 7;
    let mut extremes = Extremes::<5>::new();
    assert_eq!((extremes.min(), extremes.max()), (None, None));
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        let price = Price((crate::testing::fake::next_random(&mut random) % 8) as i64 - 4);
        extremes.add(price);
        seen.push(price);
        let latest = &seen[seen.len().saturating_sub(5)..];
        assert_eq!(extremes.min(), latest.iter().min().copied(), "{latest:?}");
        assert_eq!(extremes.max(), latest.iter().max().copied(), "{latest:?}");
    }
}

#[test]
fn an_average_by_volume_needs_volume_and_never_overflows() {
    let mut vwap = Vwap::new();
    assert_eq!(vwap.price(), None);
    vwap.add(Price(-7), Qty(0));
    assert_eq!(vwap.price(), None);
    vwap.add(Price(-7), Qty(2));
    vwap.add(Price(-8), Qty(1));
    assert_eq!(vwap.price(), Some(Price(-8)), "rounded down");
    for _ in 0..4 {
        vwap.add(Price::MAX, Qty(u64::MAX));
    }
    assert!(vwap.price().is_some());
}

#[test]
fn samples_have_no_volume() {
    let mut window = Window::<2>::new();
    for difference in [7, -3, 4] {
        window.sample(Price(difference));
    }
    assert_eq!((window.mean(), window.deviation()), (Some(Price(0)), Some(3)));
    assert_eq!(window.vwap(), None);
}
