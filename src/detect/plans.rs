//! The number plans of countries in which the first four digits decide: to ask libphonenumber takes microseconds, and to
//! make it ready for its first question 20 milliseconds.
//!
//! Source: libphonenumber's metadata, with which a test compares them.

use rlibphonenumber::Region;

/// A plan.
struct Plan {
    code: &'static str,
    /// At home a zero stands before a number.
    trunk: bool,
    /// By length: the first four digits from which on there are numbers, and from which on there are none, in turn.
    lengths: &'static [(usize, &'static [u16])],
    /// First four digits that do not decide.
    unsure: &'static [u16],
}

static DENMARK: Plan = Plan { code: "+45", trunk: false, lengths: &[(8, DANISH)], unsure: &[] };
static NORWAY: Plan = Plan { code: "+47", trunk: false, lengths: &[(8, NORWEGIAN)], unsure: &[] };
static ICELAND: Plan = Plan { code: "+354", trunk: false, lengths: &[(7, ICELANDIC)], unsure: &[] };
static SWEDEN: Plan = Plan { code: "+46", trunk: true, lengths: SWEDISH, unsure: &[] };
static FINLAND: Plan = Plan { code: "+358", trunk: true, lengths: FINNISH, unsure: &[] };
static BRITAIN: Plan = Plan { code: "+44", trunk: true, lengths: &[(10, BRITISH)], unsure: BRITISH_UNSURE };

impl Plan {
    fn of(region: Region) -> Option<&'static Self> {
        match region {
            Region::DK => Some(&DENMARK),
            Region::NO => Some(&NORWAY),
            Region::IS => Some(&ICELAND),
            Region::SE => Some(&SWEDEN),
            Region::FI => Some(&FINLAND),
            Region::GB => Some(&BRITAIN),
            _ => None,
        }
    }

    /// By the code that digits begin with.
    fn called(digits: &str) -> Option<&'static Self> {
        match digits.as_bytes() {
            [b'4', b'5', ..] => Some(&DENMARK),
            [b'4', b'7', ..] => Some(&NORWAY),
            [b'4', b'6', ..] => Some(&SWEDEN),
            [b'4', b'4', ..] => Some(&BRITAIN),
            [b'3', b'5', b'4', ..] => Some(&ICELAND),
            [b'3', b'5', b'8', ..] => Some(&FINLAND),
            _ => None,
        }
    }

    /// Whether these digits, without code and trunk, are a number of it; `None`: nothing is known here.
    fn holds(&self, digits: &str) -> Option<bool> {
        let (_, bounds) = self.lengths.iter().find(|(length, _)| *length == digits.len())?;
        let first = digits.get(..4)?.parse().ok()?;
        let known = !(self.trunk && digits.starts_with('0') || self.unsure.contains(&first));
        known.then(|| bounds.partition_point(|bound| *bound <= first) % 2 == 1)
    }
}

/// A region's number as it is written at home: its country's code, with the plus sign, and the digits behind that, or
/// `Some(None)` if there is no such number. `None`: nothing is known here.
pub fn national(region: Region, digits: &str) -> Option<Option<(&'static str, &str)>> {
    let plan = Plan::of(region)?;
    let digits = if plan.trunk { digits.strip_prefix('0')? } else { digits };
    Some(plan.holds(digits)?.then_some((plan.code, digits)))
}

/// Whether digits that begin with a country's code are a number; `None`: nothing is known here.
pub fn international(digits: &str) -> Option<bool> {
    if digits.len() < SHORTEST || digits.len() == SHORTEST && !SHORT.iter().any(|code| digits.starts_with(code)) {
        return Some(false);
    }
    let plan = Plan::called(digits)?;
    plan.holds(digits.get(plan.code.len() - 1..)?)
}

/// Digits of the shortest numbers with their code, and whose they are: `0012345` is something else.
const SHORTEST: usize = 6;
const SHORT: [&str; 3] = ["43", "49", "98"];

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

#[rustfmt::skip]
const SWEDISH: &[(usize, &[u16])] = &[
    (5, &[]), (6, SWEDISH_6), (7, SWEDISH_7), (8, SWEDISH_8), (9, SWEDISH_9), (10, SWEDISH_10), (11, &[]),
    (12, SWEDISH_12), (13, &[]),
];

const SWEDISH_6: &[u16] = &[2000, 2100];

#[rustfmt::skip]
const SWEDISH_7: &[u16] = &[
    1100, 1200, 1300, 1400, 1600, 1700, 2000, 2200, 2300, 2400, 2600, 2700, 3300, 3400, 3500, 3700, 4000, 4100, 4200,
    4300, 4400, 4500, 4600, 4700, 6000, 6100, 6300, 6400, 8000, 9000, 9001, 9009, 9010, 9100, 9391, 9399, 9441, 9449,
    9910, 9960, 9990, 10000,
];

#[rustfmt::skip]
const SWEDISH_8: &[u16] = &[
    1100, 1240, 1250, 1260, 1300, 1450, 1500, 1530, 1550, 1700, 1710, 1720, 1730, 1770, 1800, 2280, 2300, 2420, 2430,
    2440, 2460, 2490, 2500, 2520, 2530, 2540, 2580, 2590, 2600, 2720, 2780, 2790, 2800, 2820, 2900, 2960, 2970, 2980,
    3000, 3050, 3100, 3230, 3250, 3260, 3300, 3410, 3450, 3470, 3500, 3730, 3800, 3840, 3900, 3910, 3920, 3940, 4000,
    4120, 4130, 4190, 4200, 4320, 4330, 4340, 4350, 4360, 4400, 4500, 4510, 4520, 4540, 4580, 4590, 4730, 4740, 4750,
    4760, 4820, 4850, 4870, 4900, 4970, 4980, 5070, 5100, 5160, 5200, 5270, 5280, 5290, 5300, 5350, 5400, 5560, 5600,
    5610, 5630, 5660, 5700, 5720, 5730, 5740, 5800, 5880, 5890, 5920, 6000, 6100, 6110, 6140, 6200, 6250, 6300, 6410,
    6420, 6460, 6470, 6480, 6500, 6540, 6570, 6580, 6600, 6640, 6700, 6730, 6800, 6810, 6820, 6830, 6840, 6850, 6870,
    6880, 6900, 6940, 6950, 6970, 8000, 9000, 9001, 9009, 9010, 9170, 9180, 9190, 9200, 9310, 9320, 9360, 9391, 9399,
    9400, 9440, 9441, 9449, 9500, 9550, 9600, 9620, 9700, 9720, 9730, 9740, 9750, 9790, 9800, 9820,
];

#[rustfmt::skip]
const SWEDISH_9: &[u16] = &[
    1010, 1090, 1100, 1240, 1250, 1260, 1300, 1450, 1500, 1530, 1550, 1700, 1710, 1720, 1730, 1770, 1800, 2280, 2300,
    2420, 2430, 2440, 2460, 2490, 2500, 2520, 2530, 2540, 2580, 2590, 2600, 2720, 2780, 2790, 2800, 2820, 2900, 2960,
    2970, 2980, 3000, 3050, 3100, 3230, 3250, 3260, 3300, 3410, 3450, 3470, 3500, 3730, 3800, 3840, 3900, 3910, 3920,
    3940, 4000, 4120, 4130, 4190, 4200, 4320, 4330, 4340, 4350, 4360, 4400, 4500, 4510, 4520, 4540, 4580, 4590, 4730,
    4740, 4750, 4760, 4820, 4850, 4870, 4900, 4970, 4980, 5070, 5100, 5160, 5200, 5270, 5280, 5290, 5300, 5350, 5400,
    5560, 5600, 5610, 5630, 5660, 5700, 5720, 5730, 5740, 5800, 5880, 5890, 5920, 6000, 6100, 6110, 6140, 6200, 6250,
    6300, 6410, 6420, 6460, 6470, 6480, 6490, 6540, 6570, 6580, 6600, 6640, 6700, 6730, 6800, 6810, 6820, 6830, 6840,
    6850, 6870, 6880, 6900, 6940, 6950, 6970, 7000, 7100, 7200, 7410, 7420, 7500, 7510, 7590, 7600, 7780, 7800, 9000,
    9001, 9009, 9010, 9170, 9180, 9190, 9200, 9310, 9320, 9360, 9391, 9399, 9400, 9440, 9441, 9449, 9500, 9550, 9600,
    9620, 9700, 9720, 9730, 9740, 9750, 9790, 9800, 9820,
];

const SWEDISH_10: &[u16] = &[9001, 9009, 9391, 9399, 9441, 9449, 9910, 9960, 9990, 10000];

const SWEDISH_12: &[u16] = &[2520, 2530, 2540, 2560, 6730, 6770, 6780, 6790];

#[rustfmt::skip]
const FINNISH: &[(usize, &[u16])] = &[
    (5, FINNISH_5), (6, FINNISH_6), (7, FINNISH_7), (8, FINNISH_8), (9, FINNISH_9), (10, FINNISH_10), (11, FINNISH_11),
    (12, FINNISH_11), (13, &[]),
];

#[rustfmt::skip]
const FINNISH_5: &[u16] = &[
    1910, 1990, 2020, 2060, 2090, 2900, 3100, 3900, 5100, 5900, 6100, 6900, 8100, 8900, 9000, 9010, 9100, 9900,
];

#[rustfmt::skip]
const FINNISH_6: &[u16] = &[
    1000, 1100, 1310, 1390, 1410, 1490, 1510, 1590, 1610, 1690, 1710, 1790, 1810, 1890, 1910, 1990, 2000, 4900, 5000,
    5900, 6100, 6900, 7500, 7510, 7530, 7600, 8100, 8900, 9000, 9010, 9100, 9900,
];

#[rustfmt::skip]
const FINNISH_7: &[u16] = &[
    1000, 1100, 1310, 1390, 1410, 1490, 1510, 1590, 1610, 1690, 1710, 1790, 1810, 1890, 1910, 1990, 2000, 4900, 5000,
    5900, 6100, 6900, 7500, 7510, 7530, 7600, 8000, 8010, 8100, 8900, 9000, 9010, 9100, 9900,
];

#[rustfmt::skip]
const FINNISH_8: &[u16] = &[
    1000, 1100, 1310, 1390, 1410, 1490, 1510, 1590, 1610, 1690, 1710, 1790, 1810, 1890, 1910, 1990, 2000, 4900, 5000,
    5900, 6000, 6030, 6100, 6900, 7000, 7060, 7099, 7100, 7500, 7510, 7530, 7600, 8000, 8010, 8100, 8900, 9000, 9010,
    9100, 9900,
];

#[rustfmt::skip]
const FINNISH_9: &[u16] = &[
    1000, 1100, 1310, 1390, 1410, 1490, 1510, 1590, 1610, 1690, 1710, 1790, 1810, 1890, 1910, 1990, 2000, 4900, 5000,
    5900, 6000, 6030, 6100, 6900, 7000, 7060, 7099, 7200, 7500, 7510, 7530, 7600, 8000, 8010, 8100, 8900, 9000, 9010,
    9100, 9900,
];

#[rustfmt::skip]
const FINNISH_10: &[u16] = &[
    1000, 1100, 2000, 2100, 2900, 3100, 3900, 4900, 5000, 5100, 6060, 6070, 7010, 7060, 7070, 7090, 7300, 7400, 7500,
    7510, 7530, 7600,
];

const FINNISH_11: &[u16] = &[7010, 7060];

#[rustfmt::skip]
const BRITISH: &[u16] = &[
    1130, 1136, 1137, 1139, 1140, 1148, 1150, 1153, 1156, 1166, 1170, 1175, 1179, 1185, 1189, 1190, 1200, 1201, 1202,
    1203, 1204, 1219, 1223, 1230, 1233, 1238, 1239, 1240, 1241, 1247, 1248, 1251, 1252, 1265, 1267, 1272, 1273, 1281,
    1282, 1319, 1320, 1321, 1322, 1331, 1332, 1336, 1337, 1338, 1339, 1345, 1346, 1351, 1352, 1365, 1366, 1370, 1371,
    1374, 1375, 1378, 1379, 1385, 1386, 1390, 1392, 1396, 1397, 1399, 1400, 1401, 1403, 1421, 1422, 1426, 1427, 1441,
    1442, 1447, 1449, 1459, 1460, 1468, 1469, 1486, 1487, 1498, 1499, 1500, 1501, 1504, 1505, 1521, 1522, 1523, 1524,
    1532, 1534, 1537, 1538, 1541, 1542, 1551, 1553, 1574, 1575, 1585, 1586, 1587, 1588, 1589, 1590, 1596, 1597, 1601,
    1603, 1605, 1606, 1607, 1608, 1627, 1628, 1632, 1633, 1640, 1641, 1645, 1646, 1648, 1650, 1657, 1659, 1660, 1661,
    1662, 1663, 1679, 1680, 1682, 1683, 1693, 1694, 1696, 1697, 1699, 1700, 1701, 1702, 1703, 1704, 1705, 1706, 1710,
    1720, 1731, 1732, 1734, 1736, 1739, 1740, 1741, 1743, 1755, 1756, 1762, 1763, 1774, 1775, 1781, 1782, 1783, 1784,
    1791, 1792, 1800, 1803, 1804, 1805, 1810, 1821, 1826, 1827, 1831, 1832, 1836, 1837, 1839, 1840, 1846, 1847, 1849,
    1851, 1853, 1854, 1860, 1862, 1867, 1869, 1881, 1882, 1891, 1892, 1893, 1895, 1897, 1899, 1901, 1902, 1906, 1908,
    1921, 1922, 1927, 1928, 1930, 1931, 1936, 1937, 1940, 1942, 1956, 1957, 1958, 1959, 1960, 1962, 1965, 1967, 1973,
    1974, 1976, 1977, 1979, 1980, 1990, 1992, 1996, 1997, 1998, 2000, 2020, 2030, 2050, 2070, 2090, 2300, 2320, 2380,
    2420, 2470, 2480, 2800, 2850, 2860, 2930, 3000, 3100, 3300, 3500, 3700, 3800, 5500, 5700, 7000, 7603, 7608, 7609,
    7623, 7627, 7634, 7635, 7640, 7642, 7643, 7645, 7646, 7648, 7654, 7655, 7659, 7664, 7665, 7667, 7669, 7670, 7677,
    7678, 7681, 7682, 7684, 7685, 7691, 7692, 7693, 7694, 7699, 8010, 8080, 8090, 8420, 8460, 8700, 8740, 9000, 9200,
    9800, 9850, 9890, 9900,
];

const BRITISH_UNSURE: &[u16] = &[1137, 1146, 1147, 1165, 1218, 1481, 1534, 1624, 7624, 7646, 7665, 7700, 7911];

#[cfg(test)]
mod tests {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

    use super::*;
    use crate::random::random;

    #[test]
    fn short_numbers_are_few() {
        for digits in (0..100_000).step_by(7).map(|n| format!("{n:05}")).chain((0..10_000).map(|n| format!("{n:04}99")))
        {
            let number = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None);
            let valid = number.is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number));
            assert!(!valid || international(&digits).is_none(), "{digits}");
        }
    }

    #[test]
    fn plans_are_those_of_the_library() {
        let mut random = random(17);
        for region in [Region::DK, Region::NO, Region::IS, Region::SE, Region::FI, Region::GB] {
            let plan = Plan::of(region).unwrap();
            for (length, bounds) in plan.lengths {
                let rest = length - 4;
                let (trunk, from) = if plan.trunk { ("0", 1000) } else { ("", 0) };
                let edges = bounds.iter().flat_map(|bound| [bound - 1, *bound]).map(usize::from);
                for first in (from..10_000).step_by(7).chain(edges.filter(|first| (from..10_000).contains(first))) {
                    // All of these, or none.
                    for last in [0, random(10_usize.pow(rest as u32)), 10_usize.pow(rest as u32) - 1] {
                        let digits = format!("{first:04}{last:0rest$}");
                        let Some(holds) = plan.holds(&digits) else { continue };
                        let (home, away) = (format!("{trunk}{digits}"), format!("{}{digits}", plan.code));
                        let asked = |text: &str, region| {
                            let number = PHONE_NUMBER_UTIL.parse(text, region).ok()?;
                            let written = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
                            PHONE_NUMBER_UTIL.is_valid_number(&number).then_some(written)
                        };
                        assert_eq!(international(away.trim_start_matches('+')), Some(holds));
                        assert_eq!(national(region, &home), Some(holds.then_some((plan.code, &*digits))));
                        let expected = holds.then(|| away.clone());
                        assert_eq!(asked(&home, Some(region)), expected, "{home}");
                        assert_eq!(asked(&away, None), expected, "{away}");
                    }
                }
            }
        }
    }
}
