//! A table of entries: linear probing, no tombstones.

use alloc::vec;
use alloc::vec::Vec;

use super::mixer::Mixer;
use super::{Name, Names};

/// Entries stand at or behind the position that the upper bits of their mix name (linear probing),
/// and removal closes the gap.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<u32>,
    /// What is left of a mix when so many lower bits are gone is a position.
    shift: u32,
}

/// What an entry is made of: in the lower bits its place and one more, so that 0 is empty; then
/// some of the lower bits of its mix; then how far behind its first position it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The bits of the place.
    place: u32,
    /// How many those are.
    bits: u32,
    mixer: Mixer,
}

impl Form {
    /// One position behind.
    pub(super) const STEP: u32 = 1 << 28;
    /// An entry so far behind, or further, does not say how far.
    const FAR: u32 = u32::MAX / Self::STEP;

    /// That of places up to a capacity.
    pub(super) fn new(capacity: u32, mixer: Mixer) -> Self {
        let bits = (u32::BITS - capacity.leading_zeros()).max(1);
        Self { place: (1 << bits) - 1, bits, mixer }
    }

    /// The mix of a name.
    #[inline(always)]
    pub(super) const fn mix(&self, name: Name) -> u32 {
        self.mixer.mix(name)
    }

    /// Where one of `mix` stands first, all but its place.
    #[inline(always)]
    pub(super) const fn first(&self, mix: u32) -> u32 {
        (mix << self.bits) & (Self::STEP - 1)
    }

    /// So many positions behind.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "no more than FAR")]
    pub(super) const fn at(away: usize) -> u32 {
        let far = Self::FAR as usize;
        (if away < far { away } else { far }) as u32 * Self::STEP
    }

    /// The same one position further.
    #[inline(always)]
    pub(super) const fn further(tag: u32) -> u32 {
        match tag.checked_add(Self::STEP) {
            Some(tag) => tag,
            None => tag,
        }
    }

    #[inline(always)]
    pub(super) const fn place(&self, entry: u32) -> u32 {
        (entry & self.place).wrapping_sub(1)
    }

    #[inline(always)]
    pub(super) const fn tag(&self, entry: u32) -> u32 {
        entry & !self.place
    }
}

/// Room for one more name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vacancy {
    pub(super) at: usize,
    /// The entry, all but its place.
    pub(super) tag: u32,
}

impl Table {
    pub(super) fn new(len: usize) -> Self {
        debug_assert!(len.is_power_of_two() && len > 1, "positions are bits");
        Self { entries: vec![0; len], shift: 32 - len.trailing_zeros() }
    }

    pub(super) fn find(&self, form: &Form, name: Name, names: impl Names) -> Option<(usize, u32)> {
        let likely = self.find_likely(form, name, names)?;
        if names.is_it(likely.1, name) { Some(likely) } else { self.find_behind(form, name, names) }
    }

    /// Most stand first, or are not there: no loop where this is inlined.
    #[inline(always)]
    pub(super) fn find_likely(
        &self,
        form: &Form,
        name: Name,
        names: impl Names,
    ) -> Option<(usize, u32)> {
        let mix = form.mix(name);
        let at = self.home(mix);
        let entry = self.entries[at];
        if entry == 0 {
            return None;
        }
        let place = form.place(entry);
        if form.tag(entry) == form.first(mix) && names.may_be(place, name) {
            Some((at, place))
        } else {
            self.find_behind(form, name, names)
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn find_behind(
        &self,
        form: &Form,
        name: Name,
        names: impl Names,
    ) -> Option<(usize, u32)> {
        let (mut at, mut tag) = (self.home(form.mix(name)), form.first(form.mix(name)));
        loop {
            (at, tag) = ((at + 1) & self.mask(), Form::further(tag));
            let entry = self.entries[at];
            if entry == 0 {
                return None;
            }
            if form.tag(entry) == tag && names.is_it(form.place(entry), name) {
                return Some((at, form.place(entry)));
            }
        }
    }

    #[inline(always)]
    pub(super) fn vacancy(&self, form: &Form, name: Name, names: impl Names) -> Option<Vacancy> {
        let mix = form.mix(name);
        let at = self.home(mix);
        if self.entries[at] == 0 {
            Some(Vacancy { at, tag: form.first(mix) })
        } else {
            self.vacancy_behind(form, name, names)
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn vacancy_behind(
        &self,
        form: &Form,
        name: Name,
        names: impl Names,
    ) -> Option<Vacancy> {
        let (mut at, mut tag) = (self.home(form.mix(name)), form.first(form.mix(name)));
        loop {
            let entry = self.entries[at];
            if entry == 0 {
                return Some(Vacancy { at, tag });
            }
            if form.tag(entry) == tag && names.is_it(form.place(entry), name) {
                return None;
            }
            (at, tag) = ((at + 1) & self.mask(), Form::further(tag));
        }
    }

    #[inline]
    pub(super) fn position_of(&self, form: &Form, name: Name, place: u32) -> Option<usize> {
        let mut at = self.home(form.mix(name));
        loop {
            match self.entries[at] {
                0 => return None,
                entry if form.place(entry) == place => return Some(at),
                _ => at = (at + 1) & self.mask(),
            }
        }
    }

    /// Adds a name that is not there. How far behind its first position it stands now.
    #[inline]
    pub(super) fn insert(&mut self, form: &Form, name: Name, place: u32) -> usize {
        let mix = form.mix(name);
        let home = self.home(mix);
        let (mut at, mut tag) = (home, form.first(mix));
        while self.entries[at] != 0 {
            (at, tag) = ((at + 1) & self.mask(), Form::further(tag));
        }
        self.entries[at] = tag | (place + 1);
        at.wrapping_sub(home) & self.mask()
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, form: &Form, at: usize, names: impl Names) {
        if self.entries[(at + 1) & self.mask()] == 0 {
            self.entries[at] = 0;
        } else {
            self.close(form, at, names);
        }
    }

    /// Takes an entry out behind which others stand.
    #[cold]
    #[inline(never)]
    pub(super) fn close(&mut self, form: &Form, mut gap: usize, names: impl Names) {
        let mut at = gap;
        loop {
            at = (at + 1) & self.mask();
            let entry = self.entries[at];
            if entry == 0 {
                break;
            }
            let mut away = (entry / Form::STEP) as usize;
            if away == Form::FAR as usize {
                let home = self.home(form.mix(names.name_of(form.place(entry))));
                away = at.wrapping_sub(home) & self.mask();
            }
            let by = at.wrapping_sub(gap) & self.mask();
            if away >= by {
                self.entries[gap] = (entry % Form::STEP) | Form::at(away - by);
                gap = at;
            }
        }
        self.entries[gap] = 0;
    }

    #[inline(always)]
    pub(super) fn mask(&self) -> usize {
        self.entries.len().wrapping_sub(1)
    }

    #[inline(always)]
    pub(super) fn home(&self, mix: u32) -> usize {
        (mix >> self.shift) as usize
    }
}
