"""Which IP addresses are public hosts: no request that a user causes may reach anything else.

`ipaddress` knows IANA's registries of special addresses as they were when Python was released, and calls some addresses
global that lead into another network. So the rule for IPv6 is what IANA has given out, without what wraps an IPv4
address, and for IPv4 what `ipaddress` says, without the blocks below.
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; Linux takes 0.0.0.0 for itself
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata is 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's own host, seen from its virtual machines
            "169.254.0.0/16",  # link-local, with the metadata of AWS, Google and Azure, and of ECS tasks
            "172.16.0.0/12",
            "192.0.0.0/24",  # IETF protocols; Oracle's metadata is 192.0.0.192
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays from 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)

_GIVEN_OUT = IPv6Network("2000::/3")
"""All that IANA has given out for hosts: not ::1, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7 (with AWS's fd00:ec2::254),
fe80::/10, fec0::/10 or ff00::/8."""

_NOT_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF protocols, with Teredo, which wraps an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which wraps an IPv4 address
            "3fff::/20",
        ),
    )
)


def is_public(address: str) -> bool:
    """Return whether an IP address, as the resolver gives it, is that of a public host."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return found.is_global and not any(found in block for block in _NOT_V4)
    return _is_public_v6(found)


def _is_public_v6(found: IPv6Address) -> bool:
    if found.scope_id is not None or found not in _GIVEN_OUT or not found.is_global:
        return False
    return not any(found in block for block in _NOT_V6)
