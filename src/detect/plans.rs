//! The number plans of three countries in which the first four digits decide: to ask libphonenumber takes microseconds,
//! and to make it ready for its first question 20 milliseconds.
//!
//! Source: libphonenumber's metadata, with which a test compares them.

use rlibphonenumber::Region;

/// A plan whose numbers all have as many digits.
struct Plan {
    region: Region,
    code: &'static str,
    length: usize,
    /// The first four digits from which on there are numbers, and from which on there are none, in turn.
    bounds: &'static [u16],
}

const PLANS: [Plan; 3] = [
    Plan { region: Region::DK, code: "45", length: 8, bounds: DANISH },
    Plan { region: Region::NO, code: "47", length: 8, bounds: NORWEGIAN },
    Plan { region: Region::IS, code: "354", length: 7, bounds: ICELANDIC },
];

impl Plan {
    /// Whether these digits are a number of it; `None`: they are too many or too few.
    fn holds(&self, digits: &str) -> Option<bool> {
        let first = digits.get(..4).filter(|_| digits.len() == self.length)?.parse().ok()?;
        Some(self.bounds.partition_point(|bound: &u16| *bound <= first) % 2 == 1)
    }
}

/// Whether digits are a number of a region; `None`: nothing is known here.
pub fn national(region: Region, digits: &str) -> Option<bool> {
    PLANS.iter().find(|plan| plan.region == region)?.holds(digits)
}

/// The same of digits that begin with a country's code.
pub fn international(digits: &str) -> Option<bool> {
    PLANS.iter().find_map(|plan| plan.holds(digits.strip_prefix(plan.code)?))
}

#[rustfmt::skip]
const DANISH: &[u16] = &[
    2010, 2100, 2110, 2200, 2210, 2300, 2310, 2400, 2410, 2500, 2510, 2900, 2910, 3000, 3010, 3100, 3110, 3200,
    3210, 3300, 3310, 3400, 3410, 3500, 3510, 3600, 3610, 3700, 3810, 3900, 3910, 4000, 4010, 4100, 4110, 4200,
    4210, 4300, 4310, 4400, 4410, 4500, 4510, 4600, 4610, 4700, 4710, 4800, 4810, 4900, 4910, 5000, 5010, 5100,
    5110, 5200, 5210, 5300, 5310, 5400, 5410, 5500, 5510, 5600, 5610, 5700, 5710, 5800, 5810, 5900, 5910, 6000,
    6010, 6100, 6110, 6200, 6210, 6300, 6310, 6400, 6410, 6500, 6510, 6600, 6610, 6900, 6910, 7000, 7010, 7100,
    7110, 7200, 7210, 7300, 7310, 7400, 7410, 7500, 7510, 7600, 7610, 7700, 7710, 7800, 7810, 7900, 7910, 8100,
    8110, 8200, 8210, 8300, 8610, 8700, 8710, 8800, 8810, 8900, 8910, 9100, 9110, 9200, 9210, 9300, 9310, 9400,
    9410, 9500, 9600, 9700, 9710, 9800, 9810, 9900, 9910, 10000,
];

#[rustfmt::skip]
const NORWEGIAN: &[u16] = &[
    2100, 2500, 3100, 3400, 3500, 3600, 3700, 3900, 4000, 4200, 4500, 4536, 4537, 4900, 5100, 5400, 5500, 5800,
    6100, 6500, 6600, 8020, 8100, 8109, 8120, 8140, 8150, 8160, 8200, 8210, 8290, 8300, 8500, 8560, 8800, 8810,
    9000, 10000,
];

#[rustfmt::skip]
const ICELANDIC: &[u16] = &[
    4100, 4130, 4140, 4170, 4190, 4280, 4300, 4390, 4400, 4430, 4440, 4460, 4480, 4570, 4580, 4590, 4600, 4790,
    4800, 4840, 4860, 4890, 4900, 4930, 4940, 4980, 4990, 5000, 5050, 5060, 5100, 5210, 5220, 5230, 5250, 5260,
    5270, 5290, 5300, 5360, 5370, 5380, 5390, 5410, 5430, 5480, 5500, 5730, 5750, 5760, 5770, 5790, 5800, 5840,
    5850, 5920, 5930, 5970, 5980, 6000, 6110, 6190, 6200, 6270, 6300, 6310, 6320, 6330, 6360, 6420, 6440, 6450,
    6460, 6480, 6490, 6520, 6550, 6560, 6590, 6670, 6690, 6710, 6800, 6810, 6860, 7000, 7500, 7510, 7550, 7560,
    7570, 7580, 7600, 8100, 8200, 8260, 8290, 8700, 8710, 8730, 8780, 8790, 8800, 8810, 8820, 8840, 8880, 8890,
    8900, 9010, 9015, 9018, 9019, 9022, 9025, 9028, 9029, 9030, 9031, 9032, 9033, 9034, 9035, 9038, 9039, 9040,
    9041, 9043, 9045, 9048, 9052, 9053, 9055, 9058, 9059, 9060, 9071, 9074, 9077, 9078, 9080, 9084, 9085, 9088,
    9540, 9550, 9580, 9590,
];

#[cfg(test)]
mod tests {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

    use super::*;

    #[test]
    fn plans_are_those_of_the_library() {
        for plan in &PLANS {
            let rest = plan.length - 4;
            let bounds = plan.bounds.iter().flat_map(|bound| [bound - 1, *bound]);
            for first in (0..10_000).step_by(7).chain(bounds.filter(|first| *first < 10_000)).map(u32::from) {
                // All of these, or none.
                for last in [0, 4711 * first % 10_000, 9999] {
                    let digits = format!("{first:04}{:0rest$}", last % 10u32.pow(rest as u32));
                    let written = format!("+{}{digits}", plan.code);
                    let asked = |text: &str, region| {
                        let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
                        let written = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
                        PHONE_NUMBER_UTIL.is_valid_number(&number).then_some(written)
                    };
                    let holds = national(plan.region, &digits).unwrap();
                    assert_eq!(international(written.trim_start_matches('+')), Some(holds));
                    let expected = holds.then(|| written.clone());
                    assert_eq!(asked(&digits, Some(plan.region)), expected, "{digits}");
                    assert_eq!(asked(&written, None), expected, "{written}");
                }
            }
        }
    }
}
