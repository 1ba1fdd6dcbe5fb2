//! Strategies come back with their venue: from their images, and what the journal says since.

use std::path::Path;

use ringfence_core::{Capacity, Event};
use ringfence_host::Host;
use ringfence_host::comeback::{Comeback, WhyAfresh};
use ringfence_host::host::Request;
use ringfence_host::journal::{Folder as Disk, Settings};
use ringfence_host::recovery::{self, Witness};
use ringfence_host::sandbox::Sandbox;
use ringfence_host::seat::SeatImage;
use ringfence_host::sequencer::{Stamp, Stamped};

use crate::command::Folder;
use crate::seat_images::{Cast, commands, seen};
use crate::told::Tape;

/// The day in groups of one to four commands, as clients send them.
fn groups() -> Vec<Vec<Stamped>> {
    let (mut groups, mut rest) = (Vec::new(), &commands()[..]);
    for len in (1..=4).cycle() {
        let (group, later) = rest.split_at(len.min(rest.len()));
        groups.push(group.to_vec());
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    groups
}

fn play(host: &mut Host, groups: &[Vec<Stamped>]) -> Vec<(Stamp, Event)> {
    let mut tape = Tape::default();
    for group in groups {
        host.turn_of(group.iter().cloned().map(Request::from), &mut tape).unwrap();
    }
    tape.0
}

/// A host that goes on with the journal in a folder.
fn recover(folder: &Path, witness: &mut impl Witness) -> Host {
    let disk = Box::new(Disk::open(folder).unwrap());
    let recovered = recovery::recover(disk, Capacity::SMALL, Settings::default(), witness).unwrap();
    Host::resume(recovered.engine, recovered.sequencer)
}

fn images(host: &mut Host) -> Vec<Vec<u8>> {
    (0..3).map(|seat| host.image(seat).unwrap().to_bytes()).collect()
}

fn add(comeback: &mut Comeback, cast: &Cast, images: &[Vec<u8>]) {
    for (number, bytes) in (0..).zip(images) {
        let image = SeatImage::read(bytes).unwrap();
        let (program, config) = (cast.program(number, 1), Cast::config(number));
        let guest = match image.guest() {
            Some(guest) => Sandbox::restore(&program, &config, guest).unwrap(),
            None => Sandbox::start(&program, &config).unwrap(),
        };
        comeback.add(cast.seat(number, guest), image);
    }
}

#[test]
fn whoever_was_killed_goes_on_as_if_nothing_had_been() {
    let (cast, groups) = (Cast::new(), groups());
    let folder = Folder::new("comeback");
    let mut whole = recover(Path::new(&folder.path("whole")), &mut ());
    cast.fresh(&mut whole, 0);
    let expected = play(&mut whole, &groups);
    for (kept, killed) in [(1, 1), (1, 90), (20, 21), (50, 120), (130, groups.len())] {
        let journal = folder.path(&format!("{kept}-{killed}"));
        let mut host = recover(Path::new(&journal), &mut ());
        cast.fresh(&mut host, 0);
        let mut tape = play(&mut host, &groups[..kept]);
        let images = images(&mut host);
        tape.extend(play(&mut host, &groups[kept..killed]));
        let (before, last) = (seen(&host), host.sequencer().last());
        drop(host);

        let mut comeback = Comeback::new(true);
        add(&mut comeback, &cast, &images);
        let mut again = recover(Path::new(&journal), &mut comeback);
        for number in 0..3 {
            let returned = comeback.take(number).unwrap_or_else(|why| panic!("{number}: {why}"));
            assert_eq!(returned.taken.place + returned.commands, last.place, "{number}");
            again.seat_again(returned.seat, &returned.image).unwrap();
        }
        assert_eq!(seen(&again), before, "kept after {kept}, killed after {killed}");
        tape.extend(play(&mut again, &groups[killed..]));
        assert!(tape == expected, "kept after {kept}, killed after {killed}");
        assert_eq!(seen(&again), seen(&whole));
    }
}

/// Where records do not say what was heard together, whoever decides otherwise is found out.
#[test]
fn whoever_would_decide_otherwise_begins_afresh() {
    let (cast, groups) = (Cast::new(), groups());
    let folder = Folder::new("comeback-differs");
    let journal = folder.path("journal");
    let mut host = recover(Path::new(&journal), &mut ());
    cast.fresh(&mut host, 0);
    play(&mut host, &groups[..10]);
    let images = images(&mut host);
    play(&mut host, &groups[10..60]);
    drop(host);
    let mut comeback = Comeback::new(false);
    add(&mut comeback, &cast, &images);
    drop(recover(Path::new(&journal), &mut comeback));
    // Who asks for the same however it is told may go on.
    let whys: Vec<_> = (0..3).filter_map(|number| comeback.take(number).err()).collect();
    assert!(!whys.is_empty());
    for why in whys {
        assert!(matches!(why, WhyAfresh::Differs { place } if place > 10), "{why}");
    }
}

#[test]
fn an_image_of_another_past_is_told_from_ones_own() {
    let (cast, groups) = (Cast::new(), groups());
    let folder = Folder::new("comeback-past");
    let journal = folder.path("journal");
    let mut host = recover(Path::new(&journal), &mut ());
    cast.fresh(&mut host, 0);
    play(&mut host, &groups[..10]);
    let early = images(&mut host);
    play(&mut host, &groups[10..30]);
    host.snapshot(&()).unwrap();
    host.wait_for_snapshot();
    let begun = host.sequencer().last().place;
    let mut other = recover(Path::new(&folder.path("other")), &mut ());
    cast.fresh(&mut other, 0);
    play(&mut other, &groups[..50]);
    let late = images(&mut other);
    drop((host, other));

    let why = |images: &[Vec<u8>]| {
        let mut comeback = Comeback::new(true);
        add(&mut comeback, &cast, images);
        drop(recover(Path::new(&journal), &mut comeback));
        comeback.take(1).unwrap_err()
    };
    let taken = SeatImage::read(&early[1]).unwrap().taken().place;
    assert_eq!(why(&early), WhyAfresh::TooOld { taken, begun });
    let taken = SeatImage::read(&late[1]).unwrap().taken().place;
    assert_eq!(why(&late), WhyAfresh::Ahead { taken, last: begun });
    assert_eq!(why(&[]), WhyAfresh::NoImage);
}

#[test]
fn too_much_is_not_told_again() {
    let (cast, groups) = (Cast::new(), groups());
    let folder = Folder::new("comeback-much");
    let journal = folder.path("journal");
    let mut host = recover(Path::new(&journal), &mut ());
    cast.fresh(&mut host, 0);
    play(&mut host, &groups[..5]);
    let early = images(&mut host);
    play(&mut host, &groups[5..20]);
    let late = images(&mut host);
    let taken = host.sequencer().last().place;
    play(&mut host, &groups[20..25]);
    let since = host.sequencer().last().place - taken;
    drop(host);
    let mut comeback = Comeback::new(true).telling_at_most(since);
    add(&mut comeback, &cast, &[early[0].clone(), late[1].clone(), late[2].clone()]);
    drop(recover(Path::new(&journal), &mut comeback));
    assert_eq!(comeback.take(0).unwrap_err(), WhyAfresh::TooMuch { commands: since });
    for number in 1..3 {
        let returned = comeback.take(number).unwrap_or_else(|why| panic!("{number}: {why}"));
        assert_eq!(returned.commands, since);
    }
}
