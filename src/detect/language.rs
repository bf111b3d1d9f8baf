//! In which country's words is a text written? It decides where a number has the form of several countries' numbers.
//!
//! In: the text around a value. Out: log-odds for each country. Counts small words and letters that only one language
//! has, and the country codes and domains that stand there; asked for ambiguous candidates only.

/// A country, by the prefix of its detectors' ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// `dk.`
    Denmark,
    /// `se.`
    Sweden,
    /// `no.`
    Norway,
    /// `fi.`
    Finland,
    /// `is.`
    Iceland,
}

use Country::{Denmark, Finland, Iceland, Norway, Sweden};

const COUNTRIES: [Country; 5] = [Denmark, Sweden, Norway, Finland, Iceland];

impl Country {
    /// The country of a detector, if it is one's.
    pub fn of(detector: &str) -> Option<Self> {
        match detector.split('.').next()? {
            "dk" => Some(Denmark),
            "se" => Some(Sweden),
            "no" => Some(Norway),
            "fi" => Some(Finland),
            "is" => Some(Iceland),
            _ => None,
        }
    }
}

impl Country {
    /// The country that a check names.
    pub fn of_kind(kind: &str) -> Option<Self> {
        match kind.split(' ').next()? {
            "Danish" => Some(Denmark),
            "Swedish" => Some(Sweden),
            "Norwegian" => Some(Norway),
            "Finnish" => Some(Finland),
            "Icelandic" => Some(Iceland),
            _ => None,
        }
    }
}

/// Words of one language, or of few, and whose.
fn word(word: &str) -> &'static [Country] {
    match word {
        "og" => &[Denmark, Norway, Iceland],
        "jeg" | "har" | "er" | "der" | "ikke" | "som" => &[Denmark, Norway],
        "af" | "efter" | "blev" | "nej" | "lejer" | "vedr" | "hvad" | "kr" | "sags" | "mellem" | "tlf" | "cvr"
        | "cpr" => &[Denmark],
        "av" => &[Sweden, Norway],
        "etter" | "ble" | "hva" | "mellom" | "nei" | "leietaker" | "fnr" | "bokmål" | "fødselsnummer" => &[Norway],
        "och" | "är" | "inte" | "från" | "för" => &[Sweden],
        "på" => &[Denmark, Sweden, Norway],
        "jag" | "personnummer" | "hyresgäst" | "tfn" | "org" | "enligt" => &[Sweden],
        "ja" | "on" | "ei" | "että" | "mukaan" | "puh" | "hetu" | "henkilötunnus" | "y-tunnus" | "oy" => &[Finland],
        "að" | "ekki" | "kennitala" | "kt" | "sími" | "ehf" | "frá" => &[Iceland],
        _ => &[],
    }
}

/// Letters that few languages have.
fn letter(c: char) -> &'static [Country] {
    match c {
        'æ' | 'Æ' => &[Denmark, Norway, Iceland],
        'ø' | 'Ø' => &[Denmark, Norway],
        'ä' | 'Ä' => &[Sweden, Finland],
        'ö' | 'Ö' => &[Sweden, Finland, Iceland],
        'þ' | 'Þ' | 'ð' | 'Ð' | 'ý' => &[Iceland],
        _ => &[],
    }
}

/// What names a country by itself.
const SIGNS: &[(&str, Country)] = &[
    (".dk", Denmark),
    ("+45", Denmark),
    (".se", Sweden),
    ("+46", Sweden),
    (".no", Norway),
    ("+47", Norway),
    (".fi", Finland),
    ("+358", Finland),
    (".is", Iceland),
    ("+354", Iceland),
];

/// How much a text speaks for each country, asked by detector.
#[derive(Debug, Default, Clone, Copy)]
pub struct Language([f32; 5]);

impl Language {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let mut seen = [0f32; 5];
        let mut add = |countries: &[Country], much: f32| {
            for country in countries {
                if let Some(seen) = seen.get_mut(*country as usize) {
                    *seen += much / countries.len() as f32;
                }
            }
        };
        for part in text.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()) {
            if part.len() <= 16 {
                add(word(&part.to_lowercase()), 1.0);
            }
            part.chars().filter(|c| !c.is_ascii()).for_each(|c| add(letter(c), 0.5));
        }
        for (sign, country) in SIGNS {
            add(&[*country], text.matches(sign).count() as f32);
        }
        Self(seen)
    }

    /// Log-odds that this text is about that country's numbers: 0 where it says nothing.
    pub fn odds(&self, country: Country) -> f32 {
        let all: f32 = self.0.iter().sum();
        let own = self.0.get(country as usize).copied().unwrap_or_default();
        // Two of a kind are taken for granted, so that a single word decides little.
        let share = (own + 0.4) / (all + 0.4 * COUNTRIES.len() as f32);
        (share * COUNTRIES.len() as f32).ln().clamp(-2.5, 1.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeliest(text: &str) -> Country {
        let language = Language::of(text);
        COUNTRIES.into_iter().max_by(|a, b| language.odds(*a).total_cmp(&language.odds(*b))).unwrap()
    }

    #[test]
    fn a_sentence_tells_its_country() {
        assert_eq!(likeliest("Lejer er flyttet ud af lejemålet efter aftale"), Denmark);
        assert_eq!(likeliest("Hyresgästen är inte hemma och har flyttat från lägenheten"), Sweden);
        assert_eq!(likeliest("Leietaker ble ikke varslet etter avtale"), Norway);
        assert_eq!(likeliest("Vuokralainen ja puoliso on kutsuttu"), Finland);
        assert_eq!(likeliest("Leigjandi er ekki heima að sögn"), Iceland);
    }

    #[test]
    fn numbers_alone_say_nothing() {
        assert!(Language::of("010190-1234;5678").odds(Denmark).abs() < 0.01);
    }
}
