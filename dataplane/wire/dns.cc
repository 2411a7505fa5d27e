// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/dns.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/fact_text.h"

namespace mimir::wire {

namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kNameBytesMax = 255;
constexpr unsigned kAnswerMax = 64;

struct MessageHeader {
  std::uint16_t flags;
  std::uint16_t questions;
  std::uint16_t answers;

  [[nodiscard]] bool is_response() const noexcept { return (flags & 0x8000) != 0; }
  [[nodiscard]] unsigned opcode() const noexcept { return flags >> 11 & 0xf; }
};

// What is in use: far from all that two bytes can say.
bool is_type(unsigned type) noexcept {
  return (type >= 1 && type <= 110) || (type >= 249 && type <= 262) || type == 32769 ||
         (type >= 65280 && type <= 65534);  // private use: iodine takes one of these
}

// Its upper bit is mDNS's "unicast answer wanted" and "flush the cache", RFC 6762 §5.4.
bool is_class(unsigned value) noexcept {
  const unsigned without_flag = value & 0x7fff;
  return without_flag == 1 || without_flag == 3 || without_flag == 4 || without_flag == 254 ||
         without_flag == 255;
}

bool read_header(Cursor& in, MessageHeader& header) noexcept {
  constexpr unsigned kZ = 0x0040;
  in.skip(2);
  header.flags = in.big_endian<std::uint16_t>();
  header.questions = in.big_endian<std::uint16_t>();
  header.answers = in.big_endian<std::uint16_t>();
  const auto authorities = in.big_endian<std::uint16_t>();
  const auto additionals = in.big_endian<std::uint16_t>();
  if (in.failed() || (header.flags & kZ) != 0) return false;
  const unsigned opcode = header.opcode();
  if (opcode != 0 && opcode != 4 && opcode != 5) return false;
  if (!header.is_response() && (header.flags & 0x000f) != 0) return false;  // RCODE
  // A query may carry answers that it knows already (mDNS), a response may have lost its
  // question (mDNS again); neither has hundreds.
  const bool has_one = header.questions == 1 ||
                       (header.questions == 0 && header.is_response() && header.answers > 0) ||
                       (header.questions > 1 && header.questions <= 16 && !header.is_response());
  return has_one && header.answers <= 256 && authorities <= 64 && additionals <= 256;
}

// RFC 1035 §3.1. Questions are never compressed: there is nothing before them to point to.
bool read_name(Cursor& in, FactText& text, NameHash& hash) noexcept {
  std::size_t name_bytes = 1;
  for (bool is_first = true;; is_first = false) {
    const auto label_bytes = in.big_endian<std::uint8_t>();
    if (in.failed() || label_bytes > kLabelBytesMax) return false;
    if (label_bytes == 0) return true;
    name_bytes += label_bytes + 1U;
    const std::span<const std::byte> label = in.take(label_bytes);
    if (in.failed() || name_bytes > kNameBytesMax) return false;
    if (!is_first) text.put('.');
    text.put_lower(label);
    hash.add('.');
    for (const std::byte byte : label) hash.add(std::to_integer<std::uint8_t>(byte));
  }
}

// RFC 1001 §14.1: NetBIOS has the messages of DNS, and names that are 32 letters A to P.
bool is_netbios_name(std::string_view name) noexcept {
  constexpr std::size_t kEncodedBytes = 32;
  const std::size_t first_bytes = std::min(name.find('.'), name.size());
  return first_bytes == kEncodedBytes &&
         std::ranges::all_of(name.substr(0, first_bytes),
                             [](char c) { return c >= 'a' && c <= 'p'; });
}

void skip_name(Cursor& in) noexcept {
  for (;;) {
    const auto label_bytes = in.big_endian<std::uint8_t>();
    if (in.failed() || label_bytes == 0) return;
    if (label_bytes >= 0xc0) {  // a pointer ends a name, RFC 1035 §4.1.4
      in.skip(1);
      return;
    }
    in.skip(label_bytes);
  }
}

// Addresses carry little; everything else is what the answering end chose to say.
std::uint16_t answer_bytes(Cursor& in, unsigned answer_count) noexcept {
  std::size_t bytes = 0;
  for (unsigned i = 0; i < std::min(answer_count, kAnswerMax); ++i) {
    skip_name(in);
    const auto type = in.big_endian<std::uint16_t>();
    in.skip(6);
    const std::size_t data_bytes = in.big_endian<std::uint16_t>();
    if (in.failed()) break;
    if (type != kDnsTypeA && type != kDnsTypeAaaa) bytes += data_bytes;
    in.skip(data_bytes);
  }
  return static_cast<std::uint16_t>(std::min<std::size_t>(bytes, 0xffff));
}

}  // namespace

bool read_dns(std::span<const std::byte> message, PayloadFact& fact) noexcept {
  Cursor in(message);
  MessageHeader header{};
  if (!read_header(in, header)) return false;
  fact.kind = header.is_response() ? FactKind::kDnsResponse : FactKind::kDnsQuery;
  if (header.questions == 0) {
    Cursor answer = in;
    skip_name(answer);
    const auto type = answer.big_endian<std::uint16_t>();
    const auto value = answer.big_endian<std::uint16_t>();
    if (answer.failed() || !is_type(type) || !is_class(value)) return false;
    fact.value = {type, answer_bytes(in, header.answers), 0};
    return true;
  }
  FactText text(fact);
  NameHash hash;
  if (!read_name(in, text, hash)) return false;
  const auto type = in.big_endian<std::uint16_t>();
  const auto value = in.big_endian<std::uint16_t>();
  if (in.failed() || !is_type(type) || !is_class(value)) return false;
  const bool may_be_netbios = type == 32 || type == 33;  // NB and NBSTAT, or NIMLOC and SRV
  if (may_be_netbios && is_netbios_name(fact.first_text())) return false;
  fact.hash = hash.value();
  fact.value = {type, 0, 0};
  if (header.is_response()) {
    fact.value[1] = answer_bytes(in, header.answers);
    fact.value[2] = static_cast<std::uint16_t>(header.flags & 0xf);
  }
  return true;
}

bool read_dns_over_tcp(std::span<const std::byte> segment, PayloadFact& fact,
                       std::span<const std::byte>& rest) noexcept {
  Cursor in(segment);
  const std::size_t message_bytes = in.big_endian<std::uint16_t>();
  if (in.failed() || message_bytes < kHeaderBytes) return false;
  const std::span<const std::byte> message = in.rest().first(std::min(message_bytes, in.left()));
  in.skip(message.size());
  rest = in.rest();
  return read_dns(message, fact);
}

}  // namespace mimir::wire
