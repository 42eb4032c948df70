// Texts of addresses, as the registry and Windows's tables have them. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace keyturn::host {

// Whether it looks like an IPv4 or IPv6 address ("10.0.0.5", "fe80::1%12"); what looks like one and is none
// is refused by whoever connects.
bool is_ip_address(std::string_view text);
inline bool is_ipv6(std::string_view address) { return address.find(':') != address.npos; }
// "0.0.0.0" and "::".
bool is_any_address(std::string_view address);
// Letters, digits, "-", "_" and ".", of any script; at most 255 bytes.
bool can_be_host_name(std::string_view text);
// The same address: the case of hexadecimal digits and an IPv6 zone ("%12") don't count.
bool is_same_address(std::string_view a, std::string_view b);

}  // namespace keyturn::host
