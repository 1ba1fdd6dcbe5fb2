use ringfence_core::wire::{EVENT_LEN, EventRecord};

use super::{Item, Mail, Post};

/// Splits a mailbox with these numbers of events per command into batches of `cap`.
fn batches(commands: &[u64], cap: usize) -> Vec<Vec<u64>> {
    let (mut post, mut items): (_, Vec<Item>) = (Post::default(), Vec::new());
    let mut seq = 0;
    for &count in commands {
        for number in 0..count {
            seq += 1;
            let item = post.put(&EventRecord { seq, ..EventRecord::default() }).unwrap();
            items.push(if number == 0 { item.first() } else { item });
        }
    }
    let mut mail = Mail::new(&post, &items);
    assert!(mail.records().map(|record| record.seq).eq(1..=seq));
    let mut batches = Vec::new();
    let mut inbox = vec![[0; EVENT_LEN]; cap];
    while !mail.is_empty() {
        let len = mail.move_into(&mut inbox);
        let seqs = inbox[..len].iter().map(|bytes| EventRecord::from_bytes(bytes).seq);
        batches.push(seqs.collect());
    }
    batches
}

#[test]
fn a_batch_is_as_full_as_whole_commands_make_it() {
    assert_eq!(batches(&[1, 1, 1, 1, 1], 2), [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(batches(&[2, 3, 1], 4), [vec![1, 2], vec![3, 4, 5, 6]]);
    assert_eq!(batches(&[4], 4), [vec![1, 2, 3, 4]]);
    assert_eq!(batches(&[], 4), Vec::<Vec<u64>>::new());
}

#[test]
fn what_one_command_caused_is_split_only_where_it_does_not_fit() {
    assert_eq!(batches(&[1, 5, 1], 3), [vec![1], vec![2, 3, 4], vec![5, 6, 7]]);
    assert_eq!(batches(&[3, 3], 3), [vec![1, 2, 3], vec![4, 5, 6]]);
}

#[test]
fn a_full_post_takes_nothing_more() {
    let mut post = Post::default();
    let record = EventRecord::default();
    assert!((0..super::POST_MAX).all(|_| post.put(&record).is_some()));
    assert_eq!(post.put(&record), None);
    post.clear();
    assert!(post.put(&record).is_some());
}
