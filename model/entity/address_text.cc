// SPDX-License-Identifier: Apache-2.0
#include "model/entity/address_text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

namespace mimir::entity {
namespace {

constexpr std::size_t kMappedBits = 96;  // of ::ffff:0:0, in front of an IPv4 address

constexpr std::size_t prefix_in_128(const Cidr& cidr) {
  return cidr.prefix_bits + (cidr.base.is_ipv4() ? kMappedBits : 0);
}

// The part of byte `i` that lies in a prefix of `bits`.
constexpr std::uint8_t mask_of_byte(std::size_t i, std::size_t bits) {
  if (bits >= (i + 1) * 8) return 0xff;
  if (bits <= i * 8) return 0;
  return static_cast<std::uint8_t>(0xff << (8 - (bits - i * 8)));
}

struct ZeroRun {
  std::size_t begin = 0;
  std::size_t length = 0;
};

// RFC 5952 §4.2: the longest run of at least two zero groups, the first of equals.
ZeroRun longest_zero_run(const std::array<unsigned, 8>& groups) {
  ZeroRun best;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    i = std::max(end, i + 1);
  }
  return best.length >= 2 ? best : ZeroRun{};
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return {};
  std::copy(text.begin(), text.end(), terminated.begin());
  if (text.find(':') != std::string_view::npos) {
    in6_addr six{};
    if (inet_pton(AF_INET6, terminated.data(), &six) != 1) return {};
    Address address;
    std::memcpy(address.bytes.data(), &six, sizeof six);
    return address;
  }
  in_addr four{};
  if (inet_pton(AF_INET, terminated.data(), &four) != 1) return {};
  return Address::from_ipv4(ntohl(four.s_addr));
}

std::string to_text(const Address& address) {
  const auto& bytes = address.bytes;
  if (address.is_ipv4()) {
    return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  }
  const ZeroRun zeros = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (zeros.length > 0 && i == zeros.begin) {
      text += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view number = text.substr(slash + 1);
  const std::optional<Address> address = parse_address(text.substr(0, slash));
  if (!address || number.empty() || (number.size() > 1 && number.front() == '0')) return {};

  std::uint8_t bits = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), bits);
  if (fault != std::errc{} || end != number.data() + number.size()) return {};
  const bool dotted = text.find(':') == std::string_view::npos;
  if (bits > (dotted ? 32 : 128)) return {};
  if (!dotted && address->is_ipv4()) {  // ::ffff:10.0.0.0/104 is 10.0.0.0/8
    if (bits < kMappedBits) return {};
    bits = static_cast<std::uint8_t>(bits - kMappedBits);
  }

  Cidr cidr{*address, bits};
  const std::size_t prefix = prefix_in_128(cidr);
  for (std::size_t i = 0; i < cidr.base.bytes.size(); ++i) {
    cidr.base.bytes[i] = static_cast<std::uint8_t>(cidr.base.bytes[i] & mask_of_byte(i, prefix));
  }
  return cidr;
}

std::string to_text(const Cidr& cidr) {
  return fmt::format("{}/{}", to_text(cidr.base), cidr.prefix_bits);
}

bool contains(const Cidr& cidr, const Address& address) {
  if (cidr.base.is_ipv4() != address.is_ipv4()) return false;
  const std::size_t prefix = prefix_in_128(cidr);
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const std::uint8_t mask = mask_of_byte(i, prefix);
    if (((cidr.base.bytes[i] ^ address.bytes[i]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace mimir::entity
