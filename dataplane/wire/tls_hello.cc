// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/tls_hello.h"

#include <cstdint>

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/fact_text.h"

namespace mimir::wire {

namespace {

constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kApplicationLayerProtocols = 16;

// RFC 8701 §2: values that mean nothing, drawn anew for each connection.
bool is_grease(unsigned value) noexcept {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

void add(NameHash& hash, unsigned value) noexcept {
  hash.add(static_cast<std::uint8_t>(value >> 8));
  hash.add(static_cast<std::uint8_t>(value));
}

/// The extensions that are told of; each is the bytes behind its lengths.
struct Extensions {
  std::span<const std::byte> server_name;
  std::span<const std::byte> protocols;
  bool is_cut = false;
};

Extensions read_extensions(Cursor& in, NameHash& hash) noexcept {
  Extensions found;
  // Clients shuffle them: what is hashed is which there are.
  std::uint32_t sum = 0;
  while (in.left() > 0) {
    const auto type = in.big_endian<std::uint16_t>();
    const std::size_t bytes = in.big_endian<std::uint16_t>();
    const std::span<const std::byte> data = in.take(bytes);
    if (in.failed()) {
      found.is_cut = true;
      break;
    }
    if (type == kServerName) found.server_name = data;
    if (type == kApplicationLayerProtocols) found.protocols = data;
    if (!is_grease(type)) sum += (type + 1U) * 0x9e3779b1U;
  }
  add(hash, sum >> 16);
  add(hash, sum & 0xffff);
  return found;
}

void write_server_name(std::span<const std::byte> data, FactText& text) noexcept {
  Cursor in(data);
  in.skip(2);
  const auto kind = in.big_endian<std::uint8_t>();
  const std::size_t bytes = in.big_endian<std::uint16_t>();
  const std::span<const std::byte> name = in.take(bytes);
  if (!in.failed() && kind == 0) text.put_lower(name);
}

/// Writes the first; returns how many there are.
std::uint16_t write_protocols(std::span<const std::byte> data, FactText& text) noexcept {
  Cursor in(data);
  in.skip(2);
  std::uint16_t count = 0;
  while (in.left() > 0) {
    const std::size_t bytes = in.big_endian<std::uint8_t>();
    const std::span<const std::byte> protocol = in.take(bytes);
    if (in.failed()) break;
    if (count == 0) text.put(protocol);
    ++count;
  }
  return count;
}

}  // namespace

bool read_tls_hello(std::span<const std::byte> segment, PayloadFact& fact) noexcept {
  constexpr unsigned kHandshake = 22;
  constexpr unsigned kClientHello = 1;
  constexpr std::size_t kRandomBytes = 32;
  Cursor in(segment);
  const auto content = in.big_endian<std::uint8_t>();
  const auto record_version = in.big_endian<std::uint16_t>();
  const std::size_t record_bytes = in.big_endian<std::uint16_t>();
  const auto message = in.big_endian<std::uint8_t>();
  in.skip(3);  // its length, which may be that of several records
  const auto version = in.big_endian<std::uint16_t>();
  in.skip(kRandomBytes);
  if (in.failed() || content != kHandshake || record_version >> 8 != 3 || message != kClientHello ||
      version >> 8 != 3 || record_bytes < kRandomBytes) {
    return false;
  }
  in.skip(in.big_endian<std::uint8_t>());  // session identifier
  const std::size_t suite_bytes = in.big_endian<std::uint16_t>();
  Cursor suites(in.take(suite_bytes));
  in.skip(in.big_endian<std::uint8_t>());  // compression methods
  if (in.failed() || suite_bytes % 2 != 0) return false;
  NameHash hash;
  while (suites.left() > 0) {
    const auto suite = suites.big_endian<std::uint16_t>();
    if (!is_grease(suite)) add(hash, suite);
  }
  fact.kind = FactKind::kTlsHello;
  fact.value = {version, 0, 0};
  if (in.left() >= 2) {
    const std::size_t extension_bytes = in.big_endian<std::uint16_t>();
    if (in.left() < extension_bytes) fact.flags |= kTextCut;
    in.limit(extension_bytes);
    const Extensions extensions = read_extensions(in, hash);
    if (extensions.is_cut) fact.flags |= kTextCut;
    FactText text(fact);
    write_server_name(extensions.server_name, text);
    text.begin_second();
    fact.value[1] = write_protocols(extensions.protocols, text);
  }
  fact.hash = hash.value();
  return true;
}

}  // namespace mimir::wire
