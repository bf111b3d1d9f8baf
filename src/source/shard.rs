//! A share of the jobs, so that several machines scan one tree without talking to each other.
//!
//! In: `I/N` and the location of a job. Out: whether the job is in the share. Every location is in exactly one of the
//! shares `1/N` to `N/N`, the same in every run and on every system. Neighbours in a folder go to different shares: one
//! deep folder is everybody's.

use std::str::FromStr;

/// One of so many shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    number: u64,
    /// Of how many.
    of: u64,
}

impl Shard {
    /// The job of this location is in it.
    pub fn holds(self, location: &str) -> bool {
        let hash = blake3::hash(location.as_bytes());
        let number = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        number % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let numbers = typed.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        let known = numbers.filter(|(number, of)| (1..=*of).contains(number));
        known
            .map(|(number, of)| Self { number, of })
            .ok_or("a share is written 1/4, 2/4, 3/4 or 4/4: they count from 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_location_is_in_one_share() {
        let shares: Vec<Shard> = (1..=3).map(|n| format!("{n}/3").parse().unwrap()).collect();
        let mut held = [0; 3];
        for location in (0..300).map(|n| format!("share/løn/{n}.txt")) {
            let of: Vec<usize> = (0..3).filter(|n| shares[*n].holds(&location)).collect();
            assert_eq!(of.len(), 1, "{location}");
            held[of[0]] += 1;
        }
        assert!(held.iter().all(|n| (70..130).contains(n)), "{held:?}");
    }

    /// Machines of another kind, and versions to come, must agree.
    #[test]
    fn it_is_the_same_for_ever() {
        let of = |location| (1..=1000).find(|n| Shard { number: *n, of: 1000 }.holds(location));
        assert_eq!([of("a"), of("share/hr/løn.xlsx")], [Some(144), Some(751)]);
    }

    #[test]
    fn shares_count_from_one() {
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/4"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        assert!("4/4".parse::<Shard>().is_ok());
    }
}
