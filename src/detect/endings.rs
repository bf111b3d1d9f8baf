//! Lists of endings and of words, looked up by their last byte: a word has one, a list has dozens.

/// Endings by their last byte.
pub struct Endings(Vec<Vec<&'static str>>);

impl Endings {
    /// Of these.
    pub fn new(endings: &[&'static str]) -> Self {
        let mut all = vec![Vec::new(); 256];
        for ending in endings {
            let last = ending.bytes().next_back().unwrap_or_default();
            if let Some(same) = all.get_mut(usize::from(last)) {
                same.push(*ending);
            }
        }
        Self(all)
    }

    /// Those that a word has.
    pub fn of<'s>(&'s self, word: &'s str) -> impl Iterator<Item = &'static str> + 's {
        let last = word.bytes().next_back().unwrap_or_default();
        let same = self.0.get(usize::from(last)).map_or(&[][..], Vec::as_slice);
        same.iter().copied().filter(move |ending| word.ends_with(ending))
    }

    /// Whether it is one of them.
    pub fn holds(&self, word: &str) -> bool {
        self.of(word).any(|ending| ending.len() == word.len())
    }
}
