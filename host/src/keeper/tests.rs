use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use ringfence_core::Time;

use super::{KeepError, Keeper, read};
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
    let places: Vec<_> =
        kept.iter().map(|path| read(path).expect("it is whole").taken().place).collect();
    assert_eq!(places, [1_000, 90]);
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
    assert!(matches!(read(&place.0), Err(KeepError::TooLarge { .. })), "a folder");
    assert!(matches!(read(&place.0.join("none")), Err(KeepError::Io { .. })));
}
