// SPDX-License-Identifier: Apache-2.0
#include "model/graph/observation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

namespace mimir::graph {
namespace {

using entity::Cidr;
using entity::contains;

struct SpecialPrefix {
  Cidr cidr;
  AddressClass means = AddressClass::kUnknown;
};

constexpr Cidr ipv4(std::uint32_t base, std::uint8_t prefix_bits) {
  return {.base = Address::from_ipv4(base), .prefix_bits = prefix_bits};
}

constexpr Cidr ipv6(std::uint8_t first, std::uint8_t second, std::uint8_t prefix_bits) {
  Cidr cidr{.base = {}, .prefix_bits = prefix_bits};
  cidr.base.bytes[0] = first;
  cidr.base.bytes[1] = second;
  return cidr;
}

constexpr Cidr ipv6_ending_in(std::uint8_t last) {
  Cidr cidr{.base = {}, .prefix_bits = 128};
  cidr.base.bytes[15] = last;
  return cidr;
}

constexpr std::array kSpecialPrefixes = {
    SpecialPrefix{ipv4(0x00000000, 8), AddressClass::kIgnored},   // "this network", RFC 791
    SpecialPrefix{ipv4(0x0a000000, 8), AddressClass::kUnknown},   // RFC 1918
    SpecialPrefix{ipv4(0x64400000, 10), AddressClass::kUnknown},  // RFC 6598
    SpecialPrefix{ipv4(0x7f000000, 8), AddressClass::kIgnored},   // RFC 1122
    SpecialPrefix{ipv4(0xa9fe0000, 16), AddressClass::kUnknown},  // RFC 3927
    SpecialPrefix{ipv4(0xac100000, 12), AddressClass::kUnknown},  // RFC 1918
    SpecialPrefix{ipv4(0xc0a80000, 16), AddressClass::kUnknown},  // RFC 1918
    SpecialPrefix{ipv4(0xe0000000, 4), AddressClass::kIgnored},   // RFC 5771
    SpecialPrefix{ipv4(0xffffffff, 32), AddressClass::kIgnored},  // RFC 919
    SpecialPrefix{ipv6_ending_in(0), AddressClass::kIgnored},     // RFC 4291 §2.5.2
    SpecialPrefix{ipv6_ending_in(1), AddressClass::kIgnored},     // RFC 4291 §2.5.3
    SpecialPrefix{ipv6(0xfc, 0x00, 7), AddressClass::kUnknown},   // RFC 4193
    SpecialPrefix{ipv6(0xfe, 0x80, 10), AddressClass::kUnknown},  // RFC 4291 §2.5.6
    SpecialPrefix{ipv6(0xff, 0x00, 8), AddressClass::kIgnored},   // RFC 4291 §2.7
};

bool any_contains(std::span<const Cidr> cidrs, const Address& address) {
  return std::any_of(cidrs.begin(), cidrs.end(),
                     [&](const Cidr& cidr) { return contains(cidr, address); });
}

// Equal bits at the front of the two, in the count of their family.
std::uint8_t common_bits(const Address& left, const Address& right) {
  int bits = 0;
  for (std::size_t i = left.is_ipv4() ? 12 : 0; i < 16; ++i) {
    const auto difference = static_cast<std::uint8_t>(left.bytes[i] ^ right.bytes[i]);
    bits += std::countl_zero(difference);
    if (difference != 0) break;
  }
  return static_cast<std::uint8_t>(bits);
}

Cidr truncated(const Address& address, std::uint8_t prefix_bits) {
  Cidr cidr{.base = address, .prefix_bits = prefix_bits};
  std::size_t bit = prefix_bits + (address.is_ipv4() ? std::size_t{96} : 0);
  for (; bit < 128; ++bit) {
    const auto mask = static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
    cidr.base.bytes[bit / 8] = static_cast<std::uint8_t>(cidr.base.bytes[bit / 8] & mask);
  }
  return cidr;
}

// `addresses` ascend, so those of one group are neighbours, and the first and the
// last of a group have no more in common than any two.
std::vector<Cidr> covering(std::span<const Address> addresses) {
  std::vector<Cidr> cidrs;
  std::size_t first = 0;
  while (first < addresses.size()) {
    const Address& low = addresses[first];
    const std::uint8_t group_bits = low.is_ipv4() ? 16 : 48;
    const std::uint8_t longest_bits = low.is_ipv4() ? 24 : 64;
    std::size_t last = first;
    while (last + 1 < addresses.size() && addresses[last + 1].is_ipv4() == low.is_ipv4() &&
           common_bits(low, addresses[last + 1]) >= group_bits) {
      ++last;
    }
    const std::uint8_t bits = std::min(longest_bits, common_bits(low, addresses[last]));
    cidrs.push_back(truncated(low, bits));
    first = last + 1;
  }
  return cidrs;
}

// Every prefix at which classify() can change its answer.
std::vector<Cidr> prefixes_of(const ObservationConfig& config) {
  std::vector<Cidr> prefixes;
  for (const SpecialPrefix& special : kSpecialPrefixes) prefixes.push_back(special.cidr);
  for (const auto* list :
       {&config.outside_cidrs, &config.node_cidrs, &config.pod_cidrs, &config.service_cidrs}) {
    prefixes.insert(prefixes.end(), list->begin(), list->end());
  }
  return prefixes;
}

// Halves the range until all of it has one answer.
bool reaches(const Cidr& range, std::span<const Cidr> except, std::span<const Cidr> prefixes,
             const ObservationConfig& config) {
  const auto covers = [&range](const Cidr& other) {
    return other.prefix_bits <= range.prefix_bits && contains(other, range.base);
  };
  if (std::any_of(except.begin(), except.end(), covers)) return false;
  const auto divides = [&range](const Cidr& other) {
    return other.prefix_bits > range.prefix_bits && contains(range, other.base);
  };
  if (std::none_of(prefixes.begin(), prefixes.end(), divides) &&
      std::none_of(except.begin(), except.end(), divides)) {
    return classify(range.base, config) == AddressClass::kOutside;
  }
  Cidr half = range;
  ++half.prefix_bits;
  if (reaches(half, except, prefixes, config)) return true;
  const std::size_t bit = range.prefix_bits + (range.base.is_ipv4() ? std::size_t{96} : 0);
  half.base.bytes[bit / 8] = static_cast<std::uint8_t>(half.base.bytes[bit / 8] | 0x80U >> bit % 8);
  return reaches(half, except, prefixes, config);
}

}  // namespace

bool reaches_outside(const Cidr& range, std::span<const Cidr> except,
                     const ObservationConfig& config) {
  return reaches(range, except, prefixes_of(config), config);
}

AddressClass classify(const Address& address, const ObservationConfig& config) {
  if (any_contains(config.outside_cidrs, address)) return AddressClass::kOutside;
  if (any_contains(config.node_cidrs, address)) return AddressClass::kNode;
  if (any_contains(config.pod_cidrs, address) || any_contains(config.service_cidrs, address)) {
    return AddressClass::kUnknown;
  }
  for (const SpecialPrefix& special : kSpecialPrefixes) {
    if (contains(special.cidr, address)) return special.means;
  }
  return AddressClass::kOutside;
}

ObservationConfig propose_cidrs(ObservationConfig config, const entity::EntityMap& entities) {
  std::vector<Address> pods;
  std::vector<Address> services;
  std::vector<Address> nodes;
  for (const entity::EntityMap::History& history : entities.histories()) {
    // An address that was ever a node's is a node's: host-network pods borrow it.
    bool pod = false;
    bool service = false;
    bool node = false;
    for (const entity::EntityMap::Interval& interval : history.intervals) {
      const entity::Kind kind = entities.entity(interval.entity).kind;
      pod |= kind == entity::Kind::kPod;
      service |= kind == entity::Kind::kService;
      node |= kind == entity::Kind::kNode;
    }
    if (node) {
      nodes.push_back(history.address);
    } else if (service) {
      services.push_back(history.address);
    } else if (pod) {
      pods.push_back(history.address);
    }
  }
  if (config.pod_cidrs.empty()) config.pod_cidrs = covering(pods);
  if (config.service_cidrs.empty()) config.service_cidrs = covering(services);
  if (config.node_cidrs.empty()) {
    for (const Address& address : nodes) {
      const std::uint8_t all_bits = address.is_ipv4() ? 32 : 128;
      config.node_cidrs.push_back({.base = address, .prefix_bits = all_bits});
    }
  }
  return config;
}

}  // namespace mimir::graph
