use super::*;

fn block(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn blocks_are_aligned_and_apart() {
    let heap = Heap::<256>::new();
    // SAFETY: no layout has the size 0, and what is written lies in what was handed out.
    let (a, b) = unsafe { (heap.alloc(block(3, 1)), heap.alloc(block(16, 16))) };
    assert!(b.addr().is_multiple_of(16) && b.addr() >= a.addr() + 3);
    assert_eq!(heap.used(), 32);
}

#[test]
fn a_full_heap_refuses() {
    let heap = Heap::<64>::new();
    // SAFETY: no layout has the size 0.
    unsafe {
        assert!(!heap.alloc(block(60, 1)).is_null());
        assert!(heap.alloc(block(5, 1)).is_null());
        assert!(!heap.alloc(block(4, 1)).is_null());
        assert!(Heap::<0>::default().alloc(block(1, 1)).is_null());
    }
}

#[test]
fn what_was_handed_out_last_is_used_again() {
    let heap = Heap::<64>::new();
    // SAFETY: no layout has the size 0, and each block goes back once, with its own layout.
    unsafe {
        let a = heap.alloc(block(16, 8));
        let b = heap.alloc(block(16, 8));
        heap.dealloc(b, block(16, 8));
        assert_eq!(heap.used(), 16);
        let b = heap.alloc(block(8, 8));
        heap.dealloc(a, block(16, 8));
        assert_eq!(heap.used(), 24, "not the last: not used again");
        heap.dealloc(b, block(8, 8));
        assert_eq!(heap.used(), 16);
    }
}

#[test]
fn a_block_grows_in_place_or_moves_with_what_is_in_it() {
    let heap = Heap::<128>::new();
    // SAFETY: as above; writes stay within their blocks.
    unsafe {
        let a = heap.alloc(block(8, 8));
        a.write_bytes(7, 8);
        assert_eq!(heap.realloc(a, block(8, 8), 16), a);
        let wall = heap.alloc(block(8, 8));
        let moved = heap.realloc(a, block(16, 8), 32);
        assert!(moved.addr() > wall.addr());
        assert_eq!(core::slice::from_raw_parts(moved, 8), [7; 8]);
        assert_eq!(heap.realloc(moved, block(32, 8), 8), moved);
        assert!(heap.realloc(moved, block(8, 8), 1000).is_null());
    }
}

#[test]
fn zeros_are_written_only_where_something_was() {
    let heap = Heap::<128>::new();
    // SAFETY: as above; what is written to the heap itself lies in it, and no block is there yet.
    unsafe {
        let a = heap.alloc(block(24, 8));
        a.write_bytes(7, 24);
        heap.dealloc(a, block(24, 8));
        heap.start().add(40).write(9);
        let zeros = heap.alloc_zeroed(block(64, 8));
        let found = core::slice::from_raw_parts(zeros, 64);
        assert_eq!(found[..40], [0; 40]);
        assert_eq!(found[40], 9, "nothing was handed out here, so nothing is written");
        assert!(heap.alloc_zeroed(block(65, 1)).is_null());
    }
}

#[test]
fn a_block_that_grew_in_place_is_written_when_zeros_are_wanted_there() {
    let heap = Heap::<64>::new();
    // SAFETY: as above.
    unsafe {
        let a = heap.alloc(block(8, 8));
        assert_eq!(heap.realloc(a, block(8, 8), 32), a);
        a.write_bytes(7, 32);
        heap.dealloc(a, block(32, 8));
        let zeros = heap.alloc_zeroed(block(64, 8));
        assert_eq!(core::slice::from_raw_parts(zeros, 64), [0; 64]);
    }
}
