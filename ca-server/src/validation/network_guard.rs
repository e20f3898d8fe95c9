//! Which addresses a validation may reach. Pure: no name is resolved and nothing is opened here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The networks of one ACME endpoint's validations.
#[derive(Clone, Debug)]
pub struct NetworkGuard {
    allow: Option<Vec<IpNet>>,
    deny: Vec<IpNet>,
}

/// Networks that are no unicast at all: no list opens them.
const NEVER: [IpNet; 5] = [
    v4([0, 0, 0, 0], 8),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Closed unless `allow` covers them: whoever asks from inside this machine or link is trusted by far too much software.
const LOCAL: [IpNet; 4] = [
    v4([127, 0, 0, 0], 8),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    v4([169, 254, 0, 0], 16),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
];

/// Cloud metadata services hand credentials to whoever asks, so that `0.0.0.0/0` does not open them: an entry of `allow` must lie
/// within one of these.
const METADATA: [IpNet; 8] = [
    // Most clouds, and the task and pod credentials of AWS.
    v4([169, 254, 169, 254], 32),
    v4([169, 254, 170, 2], 32),
    v4([169, 254, 170, 23], 32),
    // Alibaba, Oracle, Azure's host agent.
    v4([100, 100, 100, 200], 32),
    v4([192, 0, 0, 192], 32),
    v4([168, 63, 129, 16], 32),
    // AWS and Google over IPv6.
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
];

const fn v4(octets: [u8; 4], prefix: u8) -> IpNet {
    let [a, b, c, d] = octets;
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

const fn v6(segments: [u16; 8], prefix: u8) -> IpNet {
    let [a, b, c, d, e, f, g, h] = segments;
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix))
}

impl NetworkGuard {
    /// With `allow`, only its networks are reached; without, all unicast but loopback, link-local and metadata. `deny` wins.
    pub fn new(allow: Option<Vec<IpNet>>, deny: Vec<IpNet>) -> Self {
        Self { allow, deny }
    }

    /// Whether a connection to `address` may be opened.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        // An IPv6 address that a router or the host's stack turns into an IPv4 one is judged as both.
        let inner = embedded_ipv4(address).is_none_or(|inner| self.permits(inner.into()));
        inner && !within(&NEVER, address) && !within(&self.deny, address) && self.opens(address)
    }

    fn opens(&self, address: IpAddr) -> bool {
        let Some(allow) = &self.allow else { return !within(&LOCAL, address) && !within(&METADATA, address) };
        match METADATA.iter().find(|service| service.contains(&address)) {
            Some(service) => allow.iter().any(|entry| service.contains(entry) && entry.contains(&address)),
            None => within(allow, address),
        }
    }
}

fn within(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The IPv4 address that an IPv6 one carries and leads to.
fn embedded_ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let octets = address.octets();
    let four =
        |start: usize| Some(Ipv4Addr::new(octets[start], octets[start + 1], octets[start + 2], octets[start + 3]));
    match address.segments() {
        // RFC 6052 §2.1, NAT64 with the well-known prefix; RFC 8215, with a local one (and the /96 layout that is in use).
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 1, ..] => four(12),
        // RFC 3056 §2, 6to4.
        [0x2002, ..] => four(2),
        // RFC 4380 §4, Teredo: the client's address stands there inverted.
        [0x2001, 0, ..] => four(12).map(|address| Ipv4Addr::from_bits(!address.to_bits())),
        // RFC 4291 §2.5.5.1, IPv4-compatible, deprecated; `::` and `::1` are none.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => four(12),
        // RFC 2765 §2.1, IPv4-translated.
        [0, 0, 0, 0, 0xffff, 0, _, _] => four(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn guard(allow: Option<&[&str]>, deny: &[&str]) -> NetworkGuard {
        let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        NetworkGuard::new(allow.map(networks), networks(deny))
    }

    #[track_caller]
    fn refused(guard: &NetworkGuard, addresses: &[&str]) {
        for address in addresses {
            assert!(!guard.permits(address.parse().unwrap()), "{address} must be refused");
        }
    }

    #[track_caller]
    fn permitted(guard: &NetworkGuard, addresses: &[&str]) {
        for address in addresses {
            assert!(guard.permits(address.parse().unwrap()), "{address} must be permitted");
        }
    }

    const NO_UNICAST: &[&str] =
        &["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "ff02::1"];

    const METADATA_ADDRESSES: &[&str] = &[
        "169.254.169.254",
        "169.254.170.2",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    ];

    #[test]
    fn by_default_private_and_public_unicast_is_open() {
        let guard = guard(None, &[]);
        permitted(&guard, &["10.0.0.1", "172.16.9.9", "192.168.1.1", "100.64.0.1", "203.0.113.7", "8.8.8.8"]);
        permitted(&guard, &["fd12:3456::1", "2001:db8::1", "2606:4700::1111", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"]);
    }

    #[test]
    fn by_default_loopback_link_local_metadata_and_no_unicast_are_closed() {
        let guard = guard(None, &[]);
        refused(&guard, &["127.0.0.1", "127.255.0.1", "::1", "169.254.0.1", "fe80::1", "febf::1"]);
        refused(&guard, NO_UNICAST);
        refused(&guard, METADATA_ADDRESSES);
    }

    #[test]
    fn every_disguise_of_loopback_is_closed() {
        let disguises = [
            "::ffff:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::127.0.0.1",
            "64:ff9b:1:ffff:0:0:127.0.0.1",
            "2002:7f00:1::1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            // Teredo inverts the client's address: 127.0.0.1 is 80ff:fffe.
            "2001:0:102:304:0:0:80ff:fffe",
        ];
        refused(&guard(None, &[]), &disguises);
        refused(&guard(Some(&["::/0", "10.0.0.0/8"]), &[]), &disguises);
        refused(&guard(Some(&["0.0.0.0/0", "::/0"]), &["127.0.0.0/8"]), &disguises);
    }

    #[test]
    fn allow_replaces_the_default() {
        let guard = guard(Some(&["10.0.0.0/8", "127.0.0.0/8", "fd00::/8"]), &[]);
        permitted(&guard, &["10.1.2.3", "127.0.0.1", "::ffff:127.0.0.1", "fd12::1"]);
        refused(&guard, &["192.168.1.1", "8.8.8.8", "::1", "2001:db8::1", "fd00:ec2::254"]);
    }

    #[test]
    fn deny_wins() {
        let guard = guard(Some(&["10.0.0.0/8", "2001:db8::/32"]), &["10.1.0.0/16", "2001:db8:1::/48"]);
        permitted(&guard, &["10.2.0.1", "2001:db8:2::1"]);
        refused(&guard, &["10.1.0.1", "::ffff:10.1.0.1", "2001:db8:1::1"]);
    }

    #[test]
    fn not_even_everything_opens_metadata_and_no_unicast() {
        let guard = guard(Some(&["0.0.0.0/0", "::/0"]), &[]);
        permitted(&guard, &["127.0.0.1", "::1", "169.254.0.1", "10.0.0.1", "8.8.8.8", "2001:db8::1"]);
        refused(&guard, NO_UNICAST);
        refused(&guard, METADATA_ADDRESSES);
        refused(&super::tests::guard(Some(&["169.254.0.0/16"]), &[]), &["169.254.169.254"]);
    }

    #[test]
    fn metadata_is_opened_by_its_own_address_only() {
        permitted(&guard(Some(&["169.254.169.254/32"]), &[]), &["169.254.169.254"]);
        permitted(&guard(Some(&["fd00:ec2::254/128"]), &[]), &["fd00:ec2::254"]);
        refused(&guard(Some(&["169.254.169.254/32"]), &["169.254.0.0/16"]), &["169.254.169.254"]);
    }

    proptest::proptest! {
        #[test]
        fn an_ipv4_address_and_its_mapped_form_are_judged_alike(bits: u32, allow_bits: u32, prefix in 0_u8..=32) {
            let network = IpNet::new(Ipv4Addr::from_bits(allow_bits).into(), prefix).unwrap();
            let address = Ipv4Addr::from_bits(bits);
            for guard in [NetworkGuard::new(None, vec![network]), NetworkGuard::new(Some(vec![network]), vec![])] {
                proptest::prop_assert_eq!(guard.permits(address.into()), guard.permits(address.to_ipv6_mapped().into()));
            }
        }
    }
}
