use super::*;

fn verdict() -> Verdict {
    let mut tally = Tally::default();
    (tally.lots, tally.longest, tally.shortest) = (-5, 40, -60);
    (tally.made, tally.taken) = (900, 300);
    Verdict {
        name: "1 quoter".to_owned(),
        scale: 4,
        worth: 1_234_567,
        fees: -200,
        fills: 3,
        volume: 1_200,
        tally,
        counts: Counts { orders: 8, rejected: 2, refused: 1, limited: 1, ..Counts::default() },
        curve: vec![(1, 0, 0), (2, 40, 500), (3, -60, -100), (4, -5, 1_234_567)],
        gas: 70_000,
        calls: 1_000,
        fault: None,
    }
}

#[test]
fn the_paragraph_says_it_all() {
    let text = verdict().to_string();
    for line in [
        "1 quoter\n",
        "  PnL                  123.4567 (fees -0.0200)\n",
        "  deepest drawdown     0.0600\n",
        "  position             -5 lots; from -60 to 40\n",
        "  lots traded          1,200 in 3 fills\n",
        "  of them resting      75.0 %\n",
        "  hit ratio            0.0 %: 0 orders traded\n",
        "  turned away          2 by the engine, 2 before it\n",
        "  gas                  70,000 in 1,000 calls\n",
    ] {
        assert!(text.contains(line), "{line}in {text}");
    }
    assert!(!text.contains("FAULT"));
    let failed = Verdict { fault: Some("disabled: it trapped".to_owned()), ..verdict() };
    assert!(failed.to_string().ends_with("  FAULT                disabled: it trapped\n"));
}

#[test]
fn who_did_nothing_has_no_shares() {
    assert_eq!(percent(0, 0), "-");
    assert_eq!(percent(1, 3), "33.3 %");
    assert_eq!(percent(3, 3), "100.0 %");
}
