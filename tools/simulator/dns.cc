// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/dns.h"

namespace mimir::simulator::dns {
namespace {

constexpr std::uint32_t kQuery = 0x0100;  // recursion desired
constexpr std::uint32_t kReply = 0x8180;  // and available
constexpr std::uint32_t kNoSuchName = 3;  // RCODE
constexpr std::uint32_t kTypeSoa = 6;
constexpr std::uint32_t kClassInternet = 1;
constexpr std::uint32_t kPointerToQuestion = 0xc00c;  // §4.1.4
constexpr std::uint32_t kNegativeTtlS = 5;

void put16(std::string& out, std::uint32_t value) {
  out += static_cast<char>((value >> 8) & 0xffU);
  out += static_cast<char>(value & 0xffU);
}

void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffffU);
}

void put_name(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
  }
  out += '\0';
}

std::string question(std::uint16_t id, std::uint32_t flags, std::uint32_t answers,
                     std::uint32_t authorities, std::string_view name, std::uint16_t type) {
  std::string out;
  put16(out, id);
  put16(out, flags);
  put16(out, 1);
  put16(out, answers);
  put16(out, authorities);
  put16(out, 0);
  put_name(out, name);
  put16(out, type);
  put16(out, kClassInternet);
  return out;
}

/// All of a record that answers the question, but its data.
void put_record_head(std::string& out, std::uint16_t type, std::uint32_t ttl_s,
                     std::uint32_t data_bytes) {
  put16(out, kPointerToQuestion);
  put16(out, type);
  put16(out, kClassInternet);
  put32(out, ttl_s);
  put16(out, data_bytes);
}

}  // namespace

std::string query(std::uint16_t id, std::string_view name, std::uint16_t type) {
  return question(id, kQuery, 0, 0, name, type);
}

std::string address_reply(std::uint16_t id, std::string_view name,
                          const std::vector<std::uint32_t>& addresses, std::uint32_t ttl_s) {
  std::string out =
      question(id, kReply, static_cast<std::uint32_t>(addresses.size()), 0, name, kTypeA);
  for (const std::uint32_t address : addresses) {
    put_record_head(out, kTypeA, ttl_s, 4);
    put32(out, address);
  }
  return out;
}

std::string text_reply(std::uint16_t id, std::string_view name, std::string_view text,
                       std::uint32_t ttl_s) {
  std::string out = question(id, kReply, 1, 0, name, kTypeTxt);
  put_record_head(out, kTypeTxt, ttl_s, static_cast<std::uint32_t>(text.size() + 1));
  out += static_cast<char>(text.size());
  out += text;
  return out;
}

std::string empty_reply(std::uint16_t id, std::string_view name, std::uint16_t type,
                        std::string_view zone, bool no_such_name) {
  std::string out = question(id, kReply | (no_such_name ? kNoSuchName : 0), 0, 1, name, type);
  std::string authority;
  put_name(authority, "ns.dns." + std::string(zone));
  put_name(authority, "hostmaster." + std::string(zone));
  put32(authority, 1767571200);  // serial, then refresh, retry, expire, minimum
  put32(authority, 7200);
  put32(authority, 1800);
  put32(authority, 86400);
  put32(authority, kNegativeTtlS);
  put_name(out, zone);
  put16(out, kTypeSoa);
  put16(out, kClassInternet);
  put32(out, kNegativeTtlS);
  put16(out, static_cast<std::uint32_t>(authority.size()));
  return out + authority;
}

}  // namespace mimir::simulator::dns
