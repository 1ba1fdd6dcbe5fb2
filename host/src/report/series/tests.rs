use super::{KEPT_MAX, Thinned};

#[test]
fn a_full_list_keeps_every_second_and_goes_on_so() {
    let mut list = Thinned::default();
    for number in 0..3 * KEPT_MAX {
        list.push(|| number);
    }
    assert_eq!((list.given(), list.every()), (3 * KEPT_MAX as u64, 4));
    let every_fourth: Vec<_> = (0..3 * KEPT_MAX).step_by(4).collect();
    assert_eq!(list.kept(), every_fourth);
}
