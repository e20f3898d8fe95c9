//! What there is to be: pure functions of a certificate's number, so that nothing has to be kept in memory.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Days over which the certificates were issued.
const SPAN: i64 = 240 * DAY;

/// Life of a certificate.
pub(crate) const LIFE: i64 = 90 * DAY;

/// How often each set of names was certified: every 60 days.
const GENERATIONS: u64 = 4;

/// Accounts of clients; the first has a fifth of everything.
pub(crate) const ACCOUNTS: u64 = 400;

/// One in so many did not renew in the end.
const FORGETFUL: u64 = 997;

const ROLES: [&str; 10] = ["web", "api", "db", "cache", "mail", "vpn", "git", "ci", "log", "mon"];
const DOMAINS: [&str; 6] =
    ["prod.internal", "corp.internal", "lab.internal", "example.org", "shop.example.org", "example.net"];

/// The plan of an installation.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How many certificates.
    pub(crate) certificates: u64,
    lineages: u64,
    slots: u64,
    now: i64,
}

/// One certificate of the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    /// Its place in time.
    pub(crate) number: u64,
    /// Which set of names.
    pub(crate) lineage: u64,
    /// When it was issued, in Unix milliseconds.
    pub(crate) issued_ms: i64,
    /// Whether no other follows for its names.
    pub(crate) is_last: bool,
    /// Whether it renews another.
    pub(crate) renews: bool,
    /// When it was revoked, in Unix seconds.
    pub(crate) revoked_at: Option<i64>,
}

impl Planned {
    pub(crate) fn issued_at(&self) -> i64 {
        self.issued_ms / 1000
    }

    pub(crate) fn not_after(&self) -> i64 {
        self.issued_at() + LIFE
    }

    /// UUIDv7, in the order of time.
    pub(crate) fn id(&self, kind: u16) -> String {
        id(self.issued_ms, kind, self.number)
    }
}

/// UUIDv7 of a moment, told apart by what it is for and a number.
pub(crate) fn id(at_ms: i64, kind: u16, number: u64) -> String {
    let (high, low) = (at_ms >> 16, at_ms & 0xffff);
    format!("{high:08x}-{low:04x}-7{:03x}-8{:03x}-{number:012x}", number & 0xfff, kind & 0xfff)
}

impl Plan {
    pub(crate) fn new(certificates: u64, now: i64) -> Self {
        // Those who forgot leave a gap in the last generation.
        let lineages =
            certificates.div_ceil(GENERATIONS) + certificates / GENERATIONS / (FORGETFUL * GENERATIONS - 1) + 1;
        Self { certificates, lineages, slots: lineages * GENERATIONS, now }
    }

    /// Every certificate, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = Planned> + use<> {
        let plan = self.clone();
        let most = usize::try_from(self.certificates).unwrap_or(usize::MAX);
        (0..self.slots).filter_map(move |slot| plan.at(slot)).take(most)
    }

    fn at(&self, slot: u64) -> Option<Planned> {
        let (lineage, generation) = (slot % self.lineages, slot / self.lineages);
        let forgotten = lineage % FORGETFUL == 0;
        if forgotten && generation == GENERATIONS - 1 {
            return None;
        }
        let step = i128::from(SPAN) * 1000 * i128::from(slot) / i128::from(self.slots);
        let issued_ms = (self.now - SPAN - 120) * 1000 + i64::try_from(step).unwrap_or_default();
        let revoked_at = (slot % 211 == 7).then_some(issued_ms / 1000 + 5 * DAY).filter(|at| *at < self.now);
        let last = if forgotten { GENERATIONS - 2 } else { GENERATIONS - 1 };
        let (is_last, renews) = (generation == last, generation > 0);
        Some(Planned { number: slot, lineage, issued_ms, is_last, renews, revoked_at })
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// The names of a lineage.
    pub(crate) fn names(lineage: u64) -> Vec<String> {
        let pick = |list: &[&'static str], by: u64| list[usize::try_from(by).unwrap_or_default() % list.len()];
        let domain = format!("z{:03}.{}", lineage / 10 % 150, pick(&DOMAINS, lineage / 1500));
        let host = format!("{}-{lineage:06}.{domain}", pick(&ROLES, lineage));
        match lineage % 20 {
            0 => vec![format!("*.app-{lineage:06}.{domain}")],
            1..=4 => vec![host.clone(), format!("www.{host}")],
            _ => vec![host],
        }
    }

    /// The account of a lineage; none where an operator issues.
    pub(crate) fn account(lineage: u64) -> Option<u64> {
        match lineage % 20 {
            19 => None,
            10..=13 => Some(0),
            _ => Some(1 + lineage / 20 % (ACCOUNTS - 1)),
        }
    }

    /// Who answers for a lineage.
    pub(crate) fn owner(lineage: u64) -> Option<String> {
        lineage.is_multiple_of(3).then(|| format!("team-{:02}", lineage / 3 % 40))
    }

    /// The id of an account.
    pub(crate) fn account_id(&self, number: u64) -> String {
        id((self.now - SPAN - DAY) * 1000, 0xacc, number)
    }
}
