use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Key, Nodes, Tree, rank};
use crate::book::pool::NONE;

fn depth(nodes: &Nodes, at: u32) -> u32 {
    if at == NONE { 0 } else { 1 + depth(nodes, nodes[at].left).max(depth(nodes, nodes[at].right)) }
}

fn check_ranks(nodes: &Nodes, at: u32) {
    if at == NONE {
        return;
    }
    let node = &nodes[at];
    assert_eq!(rank(nodes, node.left) + 1, node.rank, "a left child is one rank below");
    let right = rank(nodes, node.right);
    assert!(right == node.rank || right + 1 == node.rank, "a right child is at most one below");
    if node.right != NONE {
        let end = nodes[node.right].right;
        assert!(rank(nodes, end) < node.rank, "no two right children of one rank in a row");
    }
    check_ranks(nodes, node.left);
    check_ranks(nodes, node.right);
}

proptest! {
    #[test]
    fn a_tree_is_an_ordered_map(steps in prop::collection::vec((any::<bool>(), -40i64..40, 0u64..3), 1..400)) {
        let (mut nodes, mut tree, mut map) = (Nodes::new(512), Tree::default(), BTreeMap::<Key, u32>::new());
        for (step, (insert, price, tie)) in (0u32..).zip(steps) {
            let key = (price, 0, tie);
            if !insert {
                prop_assert_eq!(tree.remove(&mut nodes, key), map.remove(&key));
            } else if map.insert(key, step).is_none() {
                tree.insert(&mut nodes, key, step);
            } else {
                prop_assert!(tree.remove(&mut nodes, key).is_some());
                tree.insert(&mut nodes, key, step);
            }
            check_ranks(&nodes, tree.root);
            prop_assert_eq!(nodes.len() as usize, map.len());
            prop_assert_eq!(tree.is_empty(), map.is_empty());
            prop_assert_eq!(tree.first(&nodes), map.iter().next().map(|(&k, &v)| (k, v)));
            prop_assert_eq!(tree.at_or_above(&nodes, key), map.range(key..).next().map(|(&k, &v)| (k, v)));
            prop_assert_eq!(tree.at_or_below(&nodes, key), map.range(..=key).next_back().map(|(&k, &v)| (k, v)));
            prop_assert_eq!(tree.find(&nodes, key), map.get(&key).copied());
        }
    }
}

#[test]
fn depth_grows_with_the_logarithm() {
    let (mut nodes, mut tree) = (Nodes::new(1 << 14), Tree::default());
    for price in 0..1 << 14 {
        tree.insert(&mut nodes, (price, 0, 0), 0);
    }
    assert!(depth(&nodes, tree.root) <= 2 * 14, "depth {}", depth(&nodes, tree.root));
    let keys: Vec<i64> = (0..1 << 14).filter(|price| price % 3 != 0).collect();
    for price in keys {
        tree.remove(&mut nodes, (price, 0, 0));
        tree.find(&nodes, (price, 0, 0));
    }
    check_ranks(&nodes, tree.root);
}
