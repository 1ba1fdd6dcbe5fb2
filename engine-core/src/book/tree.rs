//! Ordered sets of keys with a value each, many of them in one pool: an AA tree.
//!
//! Used where something is looked up by order and seldom changes: the pages of a ladder, stops by
//! price, timers by time. Every operation takes a number of steps that grows with the logarithm
//! of the size (Andersson, "Balanced search trees made simple", 1993).

use super::pool::{NONE, Pool, Pooled};

/// What a set is ordered by: the first part, then the second, then the third.
pub(crate) type Key = (i64, u32, u64);

/// One element.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    key: Key,
    value: u32,
    left: u32,
    right: u32,
    rank: u8,
}

impl Default for Node {
    fn default() -> Self {
        Self { key: (0, 0, 0), value: NONE, left: NONE, right: NONE, rank: 1 }
    }
}

impl Pooled for Node {
    fn link(&mut self) -> &mut u32 {
        &mut self.left
    }
}

/// One set; its elements live in a pool that many sets share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tree {
    root: u32,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: NONE }
    }
}

/// The elements of many sets.
pub(crate) type Nodes = Pool<Node>;

impl Tree {
    /// Puts `value` under `key`, which must not be there.
    pub(crate) fn insert(&mut self, nodes: &mut Nodes, key: Key, value: u32) {
        let node = nodes.insert(Node { key, value, ..Node::default() });
        self.root = insert(nodes, self.root, node);
    }

    /// Takes `key` out and returns its value.
    pub(crate) fn remove(&mut self, nodes: &mut Nodes, key: Key) -> Option<u32> {
        let mut removed = NONE;
        self.root = remove(nodes, self.root, key, &mut removed);
        if removed == NONE {
            return None;
        }
        let value = nodes[removed].value;
        nodes.remove(removed);
        Some(value)
    }

    /// The value under `key`.
    pub(crate) fn find(&self, nodes: &Nodes, key: Key) -> Option<u32> {
        let mut at = self.root;
        while at != NONE {
            let node = &nodes[at];
            at = match key.cmp(&node.key) {
                core::cmp::Ordering::Less => node.left,
                core::cmp::Ordering::Greater => node.right,
                core::cmp::Ordering::Equal => return Some(node.value),
            };
        }
        None
    }

    /// The element with the least key.
    pub(crate) fn first(&self, nodes: &Nodes) -> Option<(Key, u32)> {
        self.at_or_above(nodes, (i64::MIN, 0, 0))
    }

    /// The element with the least key that is not below `key`.
    pub(crate) fn at_or_above(&self, nodes: &Nodes, key: Key) -> Option<(Key, u32)> {
        let (mut at, mut found) = (self.root, None);
        while at != NONE {
            let node = &nodes[at];
            if node.key >= key {
                found = Some((node.key, node.value));
                at = node.left;
            } else {
                at = node.right;
            }
        }
        found
    }

    /// The element with the greatest key that is not above `key`.
    pub(crate) fn at_or_below(&self, nodes: &Nodes, key: Key) -> Option<(Key, u32)> {
        let (mut at, mut found) = (self.root, None);
        while at != NONE {
            let node = &nodes[at];
            if node.key <= key {
                found = Some((node.key, node.value));
                at = node.right;
            } else {
                at = node.left;
            }
        }
        found
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.root == NONE
    }
}

fn rank(nodes: &Nodes, at: u32) -> u8 {
    if at == NONE { 0 } else { nodes[at].rank }
}

/// Turns a left child of the same rank into the parent.
fn skew(nodes: &mut Nodes, at: u32) -> u32 {
    let left = nodes[at].left;
    if left == NONE || nodes[left].rank != nodes[at].rank {
        return at;
    }
    nodes[at].left = nodes[left].right;
    nodes[left].right = at;
    left
}

/// Lifts the middle of three of the same rank.
fn split(nodes: &mut Nodes, at: u32) -> u32 {
    let right = nodes[at].right;
    if right == NONE || rank(nodes, nodes[right].right) != nodes[at].rank {
        return at;
    }
    nodes[at].right = nodes[right].left;
    nodes[right].left = at;
    nodes[right].rank += 1;
    right
}

fn insert(nodes: &mut Nodes, at: u32, node: u32) -> u32 {
    if at == NONE {
        return node;
    }
    debug_assert_ne!(nodes[at].key, nodes[node].key, "keys are unique");
    if nodes[node].key < nodes[at].key {
        let left = insert(nodes, nodes[at].left, node);
        nodes[at].left = left;
    } else {
        let right = insert(nodes, nodes[at].right, node);
        nodes[at].right = right;
    }
    let at = skew(nodes, at);
    split(nodes, at)
}

fn remove(nodes: &mut Nodes, at: u32, key: Key, removed: &mut u32) -> u32 {
    if at == NONE {
        return NONE;
    }
    match key.cmp(&nodes[at].key) {
        core::cmp::Ordering::Less => {
            let left = remove(nodes, nodes[at].left, key, removed);
            nodes[at].left = left;
        }
        core::cmp::Ordering::Greater => {
            let right = remove(nodes, nodes[at].right, key, removed);
            nodes[at].right = right;
        }
        core::cmp::Ordering::Equal if nodes[at].left == NONE => {
            *removed = at;
            return nodes[at].right;
        }
        core::cmp::Ordering::Equal if nodes[at].right == NONE => {
            *removed = at;
            return nodes[at].left;
        }
        core::cmp::Ordering::Equal => {
            // The element before takes this one's place; its own place is the one that goes.
            let mut before = nodes[at].left;
            while nodes[before].right != NONE {
                before = nodes[before].right;
            }
            let (key, value) = (nodes[before].key, nodes[before].value);
            let left = remove(nodes, nodes[at].left, key, removed);
            nodes[*removed].value = nodes[at].value;
            (nodes[at].left, nodes[at].key, nodes[at].value) = (left, key, value);
        }
    }
    rebalance(nodes, at)
}

fn rebalance(nodes: &mut Nodes, at: u32) -> u32 {
    let least = rank(nodes, nodes[at].left).min(rank(nodes, nodes[at].right)) + 1;
    if least < nodes[at].rank {
        nodes[at].rank = least;
        let right = nodes[at].right;
        if right != NONE && nodes[right].rank > least {
            nodes[right].rank = least;
        }
    }
    let at = skew(nodes, at);
    let right = nodes[at].right;
    if right != NONE {
        let right = skew(nodes, right);
        nodes[at].right = right;
        let end = nodes[right].right;
        if end != NONE {
            let end = skew(nodes, end);
            nodes[right].right = end;
        }
    }
    let at = split(nodes, at);
    let right = nodes[at].right;
    if right != NONE {
        let right = split(nodes, right);
        nodes[at].right = right;
    }
    at
}

#[cfg(test)]
mod tests;
