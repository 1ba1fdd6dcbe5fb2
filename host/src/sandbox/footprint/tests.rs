use super::*;
use crate::runtime::pages::tests::fresh;
use crate::runtime::pages::written;

/// Memory of this length in which so many bytes were written from the second page on.
fn used(memory_len: usize, len: usize) -> &'static [u8] {
    let memory = fresh(memory_len);
    memory[4096..4096 + len].fill(1);
    memory
}

/// What the next one of a program has, from where to where, once these have handled their first events one by one.
fn given(those: &[&[u8]]) -> Vec<(usize, usize)> {
    let footprint = Footprint::default();
    for memory in those {
        footprint.learn(memory);
    }
    let memory = fresh(4 << 20);
    footprint.prepare(memory);
    written(memory).unwrap().into_iter().map(|place| (place.start, place.end)).collect()
}

#[test]
fn what_the_second_one_wrote_those_that_follow_have_beforehand() {
    let small = used(1 << 20, 5000);
    let large = used(1 << 20, 40_000);
    assert_eq!(given(&[]), []);
    assert_eq!(given(&[small]), [], "most programs have one: it is not looked at");
    assert_eq!(given(&[small, large]), [(4096, 11 * 4096)]);
    assert_eq!(given(&[large, small, large]), [(4096, 3 * 4096)], "nor is the third");
}

#[test]
fn of_what_takes_long_nothing_is_asked_for_beforehand() {
    let little = used(1 << 20, 1);
    assert_eq!(given(&[little, used(2 << 20, 1 << 20)]).len(), 1);
    let too_much = used(4 << 20, (1 << 20) + 1);
    assert_eq!(given(&[little, too_much, little]), [], "and it is looked at once");
    assert_eq!(given(&[little, used(64 << 20, 1)]).len(), 1);
    assert_eq!(given(&[little, used((64 << 20) + 4096, 1)]), []);
}
