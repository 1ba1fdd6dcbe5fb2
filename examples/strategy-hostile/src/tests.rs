use super::*;

#[test]
fn every_attack_is_read_by_its_name() {
    for attack in Attack::ALL {
        let mut text = String::from("instrument=7\nptr=4294967295\nlen=5\nattack=");
        text.push_str(attack.name());
        let orders = Orders::parse(&text).expect("its own name");
        assert_eq!((orders.attack, orders.instrument), (attack, 7));
        assert_eq!((orders.ptr, orders.len), (u32::MAX, 5));
    }
}

#[test]
fn what_is_no_order_is_refused() {
    for wrong in ["attack=", "attack", "ptr=-1", "len=4294967296", "colour=red"] {
        assert!(Orders::parse(wrong).is_none(), "{wrong}");
    }
    assert_eq!(Orders::parse("").map(|orders| orders.attack), Some(Attack::Calm));
}
