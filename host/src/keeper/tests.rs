use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use ringfence_core::Time;

use super::{KeepError, Keeper, KeeperThread, read};
use crate::seat::{SeatImage, SeatImageError};
use crate::sequencer::Stamp;

/// A folder of one test, gone with it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("ringfence-keeper-{}-{name}", std::process::id()));
        _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn image(number: u16, place: u64) -> SeatImage {
    SeatImage::empty(number, Stamp { place, at: Time(place) })
}

fn keep(keeper: &Keeper, image: &SeatImage) {
    keeper.write(image, &image.to_bytes()).expect("the disk has room");
}

#[test]
fn the_two_newest_images_of_each_seat_are_kept_for_their_owner_alone() {
    let place = Place::new("newest");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    for (number, at) in [(3, 7), (3, 1_000), (0, 5), (3, 90), (3, 1_000)] {
        keep(&keeper, &image(number, at));
    }
    assert_eq!(keeper.numbers().expect("it can be read"), [0, 3]);
    let kept = keeper.kept(3).expect("it can be read");
    assert_eq!(places(&keeper, 3), [1_000, 90]);
    for (path, mode) in [(&place.0, 0o700), (&kept[0], 0o600)] {
        let found = fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(found & 0o777, mode, "{path:?}");
    }
}

#[test]
fn a_seat_that_was_left_keeps_its_number() {
    let place = Place::new("left");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    keep(&keeper, &image(2, 9));
    keeper.leave(2).expect("the disk has room");
    assert_eq!(keeper.numbers().expect("it can be read"), [2]);
    assert!(keeper.kept(2).expect("it can be read").is_empty());
    // Whoever has it again is there again.
    keep(&keeper, &image(2, 10));
    assert_eq!(fs::read_dir(&place.0).expect("it can be read").count(), 1);
}

#[test]
fn what_is_no_image_is_named() {
    let place = Place::new("damaged");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    keep(&keeper, &image(1, 4));
    let path = keeper.kept(1).expect("it can be read").remove(0);
    let mut bytes = fs::read(&path).expect("it is there");
    bytes[20] ^= 1;
    fs::write(&path, &bytes).expect("the disk has room");
    match read(&path) {
        Err(KeepError::Image { problem: SeatImageError::Damaged, .. }) => {}
        other => panic!("{other:?}"),
    }
    fs::write(&path, "text").expect("the disk has room");
    let said = read(&path).expect_err("it is text").to_string();
    assert!(said.contains(&path.display().to_string()) && said.contains("snapshot"), "{said}");
    assert!(matches!(read(&place.0), Err(KeepError::NoFile { .. })), "a folder");
    fs::File::create(&path).and_then(|file| file.set_len(4 << 30)).expect("it is a hole");
    assert!(matches!(read(&path), Err(KeepError::TooLarge { .. })));
    assert!(matches!(read(&place.0.join("none")), Err(KeepError::Io { .. })));
}

/// The journal was brought back from an older copy: places begin again below those of images.
#[test]
fn images_of_a_lost_past_give_way() {
    let place = Place::new("lost");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    for at in [900, 1_000, 40, 50] {
        keep(&keeper, &image(3, at));
    }
    keep(&keeper, &image(4, 2_000));
    assert_eq!(places(&keeper, 3), [50, 40]);
    assert_eq!(places(&keeper, 4), [2_000], "another seat's");
}

#[test]
fn what_is_none_of_its_files_is_passed_over_and_what_was_not_finished_goes() {
    let place = Place::new("stray");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    for stray in ["4096-x.seat", "9999.left", "seat", "note.txt", "0002-7.seat.77-0.part"] {
        fs::write(place.0.join(stray), "").expect("the disk has room");
    }
    keep(&keeper, &image(2, 9));
    keeper.tidy().expect("it can be read");
    assert_eq!(keeper.numbers().expect("it can be read"), [2]);
    assert_eq!(fs::read_dir(&place.0).expect("it can be read").count(), 5);
}

/// Two threads hand images in; what counts is when each was taken.
#[test]
fn nobody_is_overtaken_by_what_is_older() {
    let place = Place::new("order");
    let keeper = Keeper::open(&place.0).expect("it can be made");
    let complaints = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&complaints);
    let complain = move |said| heard.lock().expect("nobody panics").push(said);
    let thread = KeeperThread::start(keeper.clone(), complain).expect("there are threads");
    let courier = thread.courier();
    let hand_in = |image: SeatImage| courier.write(image.clone(), image.to_bytes());
    hand_in(image(1, 20)).expect("the disk has room");
    assert!(thread.has_room() && thread.offer(image(1, 10)));
    thread.give(image(1, 30));
    hand_in(image(1, 25)).expect("there is a newer one");
    assert_eq!(places(&keeper, 1), [30, 20]);
    // At the same place the later one counts: another version may have taken the seat.
    let named = SeatImage { name: "new".into(), ..image(1, 30) };
    hand_in(named).expect("the disk has room");
    let newest = keeper.kept(1).expect("it can be read").remove(0);
    assert_eq!(read(&newest).expect("it is whole").name(), "new");
    thread.give(image(1, 40));
    courier.leave(1).expect("the disk has room");
    assert!(places(&keeper, 1).is_empty(), "what came before does not come after");
    fs::remove_dir_all(&place.0).expect("it is there");
    thread.give(image(1, 50));
    assert!(matches!(courier.leave(1), Err(KeepError::Io { .. })));
    drop(thread);
    assert_eq!(complaints.lock().expect("nobody panics").len(), 1, "couriers are told themselves");
    assert!(matches!(courier.leave(1), Err(KeepError::Ended)));
}

/// The places of the images of a seat, newest first.
fn places(keeper: &Keeper, number: u16) -> Vec<u64> {
    let kept = keeper.kept(number).expect("it can be read");
    kept.iter().map(|path| read(path).expect("it is whole").taken().place).collect()
}
