//! Where data may be: the register (path → purpose, basis, owner, categories, retention) and the organisation itself.
//!
//! In: `[[place]]`, `[[purpose]]` and `[organisation]` of a policy file. Out: the entry that covers a location, and who is
//! inside. A glob that does not begin with `/` or `**` matches at any folder, so that it holds however the scan names
//! its root; and it covers all that is below what it matches, inside archives too.

use globset::{Glob, GlobBuilder, GlobSet};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::period::Period;

/// Top-level domains of the countries of the EU and the EEA.
/// <https://www.iana.org/domains/root/db>, <https://european-union.europa.eu/principles-countries-history/eu-countries_en>;
/// `gp`, `mq`, `gf`, `re` and `yt` are parts of France, `ax` of Finland.
const EEA: &[&str] = &[
    "at", "ax", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "eu", "fi", "fr", "gf", "gp", "gr", "hr", "hu", "ie",
    "is", "it", "li", "lt", "lu", "lv", "mq", "mt", "nl", "no", "pl", "pt", "re", "ro", "se", "si", "sk", "yt",
];

/// Country domains that are sold to anybody and say nothing of a country.
const ANYWHERE: &[&str] = &["ai", "cc", "co", "fm", "io", "me", "nu", "tv", "ws"];

/// Path globs, compiled.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Globs {
    written: Vec<String>,
    globs: Vec<Glob>,
    set: GlobSet,
}

impl Globs {
    /// The globs, as written.
    pub fn written(&self) -> String {
        self.written.join(", ")
    }

    /// Does one of them match the location, or a folder that it is in?
    pub fn cover(&self, location: &str) -> bool {
        self.set.is_match(location)
    }
}

impl TryFrom<Vec<String>> for Globs {
    type Error = String;

    fn try_from(written: Vec<String>) -> Result<Self, String> {
        let mut globs = Vec::new();
        for glob in &written {
            let plain = glob.trim_end_matches('/').trim_start_matches("./");
            if plain.is_empty() {
                return Err("a path must not be empty: write `**` for everywhere".to_owned());
            }
            let root = if plain.starts_with('/') || plain.starts_with("**") { "" } else { "**/" };
            for below in ["", "/**", "!/**"] {
                let built = GlobBuilder::new(&format!("{root}{plain}{below}")).literal_separator(true).build();
                globs.push(built.map_err(|error| format!("`{glob}` is no path glob: {}", error.kind()))?);
            }
        }
        let set = GlobSet::new(&globs).map_err(|_| "these paths are too large together: use fewer or simpler ones")?;
        Ok(Self { written, globs, set })
    }
}

/// What only the organisation knows of itself.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Organisation {
    /// Its own mail domains, those below them included; everybody else is outside.
    pub domains: Vec<String>,
    /// Where national ids belong.
    pub case_systems: Option<Globs>,
    /// Shared folders.
    pub shared: Option<Globs>,
    /// Places whose data may be used for limited purposes only (GDPR art. 18); items there are marked.
    pub restricted: Option<Globs>,
    /// Who has left: account names or mail addresses.
    pub departed: Vec<String>,
    /// Who is there: account names or mail addresses. With it, everybody else has left.
    pub staff: Vec<String>,
}

impl Organisation {
    /// What this one leaves open, another says.
    pub fn or(self, other: Self) -> Self {
        let list = |mine: Vec<String>, theirs| if mine.is_empty() { theirs } else { mine };
        Self {
            domains: list(self.domains, other.domains),
            case_systems: self.case_systems.or(other.case_systems),
            shared: self.shared.or(other.shared),
            restricted: self.restricted.or(other.restricted),
            departed: list(self.departed, other.departed),
            staff: list(self.staff, other.staff),
        }
    }

    /// Is this address one of its own?
    pub fn inside(&self, address: &str) -> bool {
        self.domains.iter().any(|own| {
            let (domain, own) = (domain(address), own.trim_start_matches('@'));
            let below = domain.len().checked_sub(own.len()).and_then(|at| domain.split_at_checked(at));
            below.is_some_and(|(sub, end)| end.eq_ignore_ascii_case(own) && (sub.is_empty() || sub.ends_with('.')))
        })
    }

    /// Has the owner of this name left? Unknown, and so not, without a list.
    pub fn departed(&self, owner: &str) -> bool {
        let named = |list: &[String]| {
            list.iter().any(|entry| {
                let account = entry.split('@').next().unwrap_or_default();
                [entry.as_str(), account].iter().any(|name| name.to_lowercase() == owner.to_lowercase())
            })
        };
        named(&self.departed) || (!self.staff.is_empty() && !named(&self.staff))
    }
}

/// Is this address under the domain of a country outside the EU and the EEA? Domains such as `.com` do not tell.
pub fn outside_eea(address: &str) -> bool {
    let country = domain(address).rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    country.len() == 2 && !EEA.contains(&country.as_str()) && !ANYWHERE.contains(&country.as_str())
}

fn domain(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or_default().trim_end_matches(['>', '.', ' '])
}

/// How long data is kept for a purpose: the policy's own word, for every place that is registered for it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// What places name in `purpose`.
    pub name: String,
    /// Legal basis.
    pub basis: Option<String>,
    /// Categories of data that it needs.
    pub allows: Option<Vec<String>>,
    /// How long.
    pub keep: Option<Period>,
    /// The section of the policy's text.
    pub reference: Option<String>,
}

/// An entry of the register.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The locations that it covers.
    pub path: Globs,
    /// What the data is for.
    pub purpose: Option<String>,
    /// Legal basis.
    pub basis: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Categories of data that may be there; left out, none is named and none refused.
    pub allows: Option<Vec<String>>,
    /// How long it is kept.
    pub keep: Option<Period>,
    /// When what it is kept for came to its end: the day that `from end` counts from.
    pub end: Option<Date>,
    /// Exempt from deletion up to and including this day.
    pub keep_until: Option<Date>,
    /// The law that asks for that.
    pub reason: Option<String>,
    /// The section of the policy's text about its purpose.
    #[serde(skip)]
    pub reference: Option<String>,
}

impl Place {
    /// How long it is kept, in words.
    pub fn retention(&self) -> Option<String> {
        let keep = self.keep.as_ref().map(|keep| keep.written.clone());
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let until = self.keep_until.map(|day| format!("until {day}{reason}"));
        let told: Vec<String> = keep.into_iter().chain(until).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Takes from its purpose what it does not say itself.
    pub fn inherit(&mut self, purposes: &[Purpose]) {
        let named =
            |purpose: &&Purpose| self.purpose.as_ref().is_some_and(|p| p.to_lowercase() == purpose.name.to_lowercase());
        if let Some(purpose) = purposes.iter().find(named) {
            self.basis = self.basis.take().or_else(|| purpose.basis.clone());
            self.allows = self.allows.take().or_else(|| purpose.allows.clone());
            self.keep = self.keep.take().or_else(|| purpose.keep.clone());
            self.reference.clone_from(&purpose.reference);
        }
    }
}

/// A dispensation: what it covers is no breach up to and including a day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// The locations that it covers.
    pub path: Globs,
    /// The rules; left out, all of them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rule: Vec<toml::Spanned<String>>,
    /// Why.
    pub reason: String,
    /// Its last day.
    #[serde(deserialize_with = "crate::patterns::day")]
    pub until: Date,
}

impl Exemption {
    /// Does it hold for a rule and a location on this day?
    pub fn holds(&self, rule: &str, location: &str, today: Date) -> bool {
        self.until >= today
            && (self.rule.is_empty() || self.rule.iter().any(|named| named.get_ref() == rule))
            && self.path.cover(location)
    }
}

/// What is to be done at once about a critical breach, beside what its rule says.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Whom to tell.
    pub contact: Option<String>,
    /// What to do and how soon, in the policy's language; `{contact}` stands for whom to tell.
    pub message: Option<String>,
    /// The same in English.
    pub message_en: Option<String>,
}

impl Notify {
    /// What this one leaves open, another says.
    pub fn or(self, other: Self) -> Self {
        Self {
            contact: self.contact.or(other.contact),
            message: self.message.or(other.message),
            message_en: self.message_en.or(other.message_en),
        }
    }

    /// Adds it to a message.
    pub fn add(&self, message: &mut String, notice: Option<&String>) {
        if let Some(notice) = notice {
            message.push_str(". ");
            message.push_str(&notice.replace("{contact}", self.contact.as_deref().unwrap_or("?")));
        }
    }
}

/// The register: all entries, looked up in one pass.
#[derive(Debug, Clone)]
pub struct Register {
    places: Vec<Place>,
    all: GlobSet,
    /// The entry of each glob.
    of: Vec<usize>,
}

impl Register {
    /// A register of these places, in their order; fails where their globs are too large together.
    pub fn new(places: Vec<Place>) -> Result<Self, globset::Error> {
        let of = places.iter().enumerate().flat_map(|(n, place)| place.path.globs.iter().map(move |_| n)).collect();
        let all = GlobSet::new(places.iter().flat_map(|place| &place.path.globs))?;
        Ok(Self { places, all, of })
    }

    /// The first entry that covers a location.
    pub fn find(&self, location: &str) -> Option<&Place> {
        let first = self.all.matches(location).into_iter().filter_map(|glob| self.of.get(glob)).min()?;
        self.places.get(*first)
    }

    /// The entries.
    pub fn places(&self) -> &[Place] {
        &self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(globs: &[&str]) -> Globs {
        Globs::try_from(globs.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_glob_holds_from_any_folder_and_for_all_below() {
        let esdh = globs(&["ESDH/**", "mail/anna.pst", "løn*.xlsx"]);
        for inside in [
            "ESDH/a.txt",
            "tests/share/ESDH/b/a.txt",
            "/srv/ESDH/x.zip!/a/b.txt",
            "mail/anna.pst!/Indbakke/1",
            "x/løn 2019.xlsx",
        ] {
            assert!(esdh.cover(inside), "{inside}");
        }
        for outside in ["ESDH2/a.txt", "a.txt", "old-mail/anna.pst!/1", "lønninger/a.xlsx"] {
            assert!(!esdh.cover(outside), "{outside}");
        }
        assert!(!globs(&["/srv/a"]).cover("x/srv/a"));
        assert!(globs(&["ESDH/"]).cover("x/ESDH/y"));
        assert!(globs(&["**/*.{mp4,avi}"]).cover("x/y.mp4"));
        assert!(Globs::try_from(vec!["a[".to_owned()]).unwrap_err().contains("`a[`"));
        assert!(Globs::try_from(vec!["/".to_owned()]).is_err());
    }

    #[test]
    fn who_is_inside() {
        let us =
            Organisation { domains: vec!["example.dk".to_owned(), "blåbær.dk".to_owned()], ..Default::default() };
        assert!(us.inside("anna@example.dk") && us.inside("x@mail.EXAMPLE.dk") && us.inside("ø@blåbær.dk"));
        assert!(
            !us.inside("anna@notexample.dk") && !us.inside("example.dk@x.dk") && !us.inside("") && !us.inside("å@æ")
        );
        assert!(outside_eea("x@firma.cn") && outside_eea("x@a.co.uk") && outside_eea("x@a.gl"));
        assert!(
            !outside_eea("x@a.se") && !outside_eea("x@a.com") && !outside_eea("x@a.nu") && !outside_eea("x@localhost")
        );
    }

    #[test]
    fn who_has_left() {
        let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let us = Organisation { departed: list(&["anna@example.dk"]), ..Default::default() };
        assert!(us.departed("Anna") && us.departed("anna@example.dk") && !us.departed("bo"));
        let us = Organisation { staff: list(&["bo"]), ..Default::default() };
        assert!(us.departed("anna") && !us.departed("Bo") && !Organisation::default().departed("anna"));
    }
}
