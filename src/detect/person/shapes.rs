//! Words and endings that make a name, or make it a firm's, a house's or a street's (`patterns/names/shapes.toml`).

use serde::Deserialize;

use crate::detect::endings::Endings;

/// The lists of the file, which says what each is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    pub patronymic: Endings,
    pub family: Endings,
    pub finnish: Endings,
    pub genitive: Endings,
    pub cases: Endings,
    pub short: Endings,
    pub greetings: Endings,
    pub closings: Endings,
    pub honorifics: Endings,
    pub saints: Endings,
    pub houses: Endings,
    pub verbs: Endings,
    pub places: Endings,
    pub no_person: Endings,
}
