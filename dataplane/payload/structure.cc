// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "dataplane/payload/application_table.h"
#include "dataplane/wire/cursor.h"

namespace mimir::payload {

namespace {

using Bytes = std::span<const std::byte>;
using wire::Cursor;

std::uint8_t at(Bytes bytes, std::size_t index) noexcept {
  return index < bytes.size() ? std::to_integer<std::uint8_t>(bytes[index]) : std::uint8_t{0};
}

std::uint32_t little_endian(Bytes bytes, std::size_t index, std::size_t count) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8 | at(bytes, index + i - 1);
  return value;
}

bool is_printable(Bytes bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::byte byte) {
    const auto value = std::to_integer<unsigned>(byte);
    return value >= 0x20 && value < 0x7f;
  });
}

// RFC 8446 §5.1. The record after the first, if it begins here, must be one too.
bool is_tls_record(Bytes bytes) noexcept {
  constexpr std::size_t kHeaderBytes = 5;
  constexpr unsigned kBytesMax = 16384 + 2048;  // RFC 5246 §6.2.3
  Cursor in(bytes);
  for (unsigned i = 0; i < 2 && (i == 0 || in.left() >= kHeaderBytes); ++i) {
    const auto content = in.big_endian<std::uint8_t>();
    const auto version = in.big_endian<std::uint16_t>();
    const std::size_t record_bytes = in.big_endian<std::uint16_t>();
    if (in.failed() || content < 0x14 || content > 0x18 || version < 0x0300 || version > 0x0304 ||
        record_bytes == 0 || record_bytes > kBytesMax) {
      return false;
    }
    if (content == 0x14 && record_bytes != 1) return false;
    if (content == 0x15 && record_bytes != 2 && record_bytes < 18) return false;
    in.skip(std::min(record_bytes, in.left()));
  }
  return true;
}

// RFC 9113 §6: the lengths and streams that each type of frame may have.
bool is_http2_frame(unsigned type, std::size_t bytes, unsigned flags, unsigned stream) noexcept {
  constexpr std::size_t kBytesMax = 16384;
  if (bytes > kBytesMax) return false;
  switch (type) {
    case 0:  // DATA
      return stream != 0 && (flags & ~0x09U) == 0;
    case 1:  // HEADERS
      return stream != 0 && (flags & ~0x2dU) == 0 && bytes > 0;
    case 2:  // PRIORITY
      return stream != 0 && bytes == 5 && flags == 0;
    case 3:  // RST_STREAM
      return stream != 0 && bytes == 4 && flags == 0;
    case 4:  // SETTINGS
      return stream == 0 && bytes % 6 == 0 && (flags == 0 || (flags == 1 && bytes == 0));
    case 6:  // PING
      return stream == 0 && bytes == 8 && (flags & ~0x01U) == 0;
    case 7:  // GOAWAY
      return stream == 0 && bytes >= 8 && flags == 0;
    case 8:  // WINDOW_UPDATE
      return bytes == 4 && flags == 0;
    case 9:  // CONTINUATION
      return stream != 0 && (flags & ~0x04U) == 0;
    default:
      return false;
  }
}

// Frames to the end of what is here. A single one must have a length of its own, or
// anything that begins with a few zeros would do.
bool has_http2_frames(Bytes bytes) noexcept {
  constexpr std::size_t kPrefaceBytes = 24;
  Cursor in(bytes);
  const bool has_preface = at(bytes, 0) == 'P' && at(bytes, 4) == '*';
  if (has_preface) in.skip(kPrefaceBytes);
  unsigned whole_count = 0;
  bool has_fixed = false;
  while (in.left() >= 9) {
    const std::size_t frame_bytes =
        std::size_t{in.big_endian<std::uint8_t>()} << 16 | in.big_endian<std::uint16_t>();
    const unsigned type = in.big_endian<std::uint8_t>();
    const unsigned flags = in.big_endian<std::uint8_t>();
    const unsigned stream = in.big_endian<std::uint32_t>();
    if (stream >> 31 != 0 || !is_http2_frame(type, frame_bytes, flags, stream)) return false;
    has_fixed = has_fixed || (type >= 2 && type <= 8);
    if (frame_bytes > in.left()) return has_preface || whole_count > 0;
    in.skip(frame_bytes);
    ++whole_count;
  }
  return has_preface || (in.left() == 0 && whole_count > 0 && (has_fixed || whole_count > 1));
}

// A packet: three bytes of length, a number; it fills the segment or goes on behind it.
bool is_mysql_packet(Bytes bytes) noexcept {
  const std::size_t packet_bytes = little_endian(bytes, 0, 3);
  return bytes.size() >= 5 && packet_bytes > 0 && packet_bytes + 4 >= bytes.size();
}

// HandshakeResponse41: capabilities, longest packet, character set, 23 zeros.
bool is_mysql_login(Bytes bytes) noexcept {
  constexpr std::size_t kZerosAt = 13;
  constexpr std::size_t kZeroCount = 23;
  if (!is_mysql_packet(bytes) || bytes.size() < kZerosAt + kZeroCount) return false;
  return std::ranges::all_of(bytes.subspan(kZerosAt, kZeroCount),
                             [](std::byte byte) { return byte == std::byte{0}; });
}

// A type and a length that counts itself, one after the other; the last may go on.
bool has_postgresql_messages(Bytes bytes) noexcept {
  constexpr std::uint32_t kBytesMax = 1U << 24;
  Cursor in(bytes);
  unsigned count = 0;
  while (in.left() > 0) {
    const auto type = static_cast<char>(in.big_endian<std::uint8_t>());
    const auto message_bytes = in.big_endian<std::uint32_t>();
    const bool is_type = (type >= 'A' && type <= 'Z') || (type >= 'a' && type <= 'z') ||
                         (type >= '1' && type <= '3');
    if (!is_type || message_bytes < 4 || message_bytes > kBytesMax) return false;
    if (in.failed()) return count > 1;
    if (count == 0 && type == 'Q' &&
        !is_printable(in.rest().first(std::min<std::size_t>(in.left(), 3)))) {
      return false;
    }
    if (message_bytes - 4 > in.left()) return count > 0 || type == 'Q' || type == 'P';
    in.skip(message_bytes - 4);
    ++count;
  }
  return count > 0;
}

bool is_mongodb_message(Bytes bytes) noexcept {
  constexpr std::uint32_t kBytesMax = 48'000'000;
  const std::uint32_t message_bytes = little_endian(bytes, 0, 4);
  const std::uint32_t opcode = little_endian(bytes, 12, 4);
  const bool is_opcode = opcode == 1 || opcode == 2012 || opcode == 2013 ||
                         (opcode >= 2001 && opcode <= 2007 && opcode != 2003);
  return is_opcode && message_bytes >= 16 && message_bytes <= kBytesMax &&
         message_bytes >= bytes.size();
}

// AMQP 0-9-1 §4.2.3: type, channel, size, payload, 0xCE.
bool has_amqp_frames(Bytes bytes) noexcept {
  constexpr std::uint32_t kBytesMax = 1U << 20;
  Cursor in(bytes);
  unsigned whole_count = 0;
  while (in.left() >= 7) {
    const auto type = in.big_endian<std::uint8_t>();
    in.skip(2);
    const auto frame_bytes = in.big_endian<std::uint32_t>();
    if ((type > 3 && type != 8) || type == 0 || frame_bytes > kBytesMax) return false;
    if (frame_bytes + 1 > in.left()) return whole_count > 0;
    in.skip(frame_bytes);
    if (in.big_endian<std::uint8_t>() != 0xce) return false;
    ++whole_count;
  }
  return whole_count > 0;
}

// Length, key, version, correlation, client: RequestHeader v1 and v2.
bool is_kafka_request(Bytes bytes) noexcept {
  constexpr unsigned kVersionMax = 20;
  Cursor in(bytes);
  const std::size_t request_bytes = in.big_endian<std::uint32_t>();
  in.skip(2);
  const auto version = in.big_endian<std::uint16_t>();
  in.skip(4);
  const auto client_bytes = in.big_endian<std::uint16_t>();
  if (in.failed() || request_bytes < 10 || request_bytes + 4 < bytes.size() ||
      version > kVersionMax) {
    return false;
  }
  if (client_bytes == 0xffff) return request_bytes + 4 == bytes.size();  // null
  return client_bytes > 0 && client_bytes <= 255 && client_bytes + 10U <= request_bytes &&
         client_bytes <= in.left() && is_printable(in.take(client_bytes));
}

bool is_memcached_binary(Bytes bytes) noexcept {
  constexpr std::size_t kHeaderBytes = 24;
  Cursor in(bytes);
  in.skip(2);
  const auto key_bytes = in.big_endian<std::uint16_t>();
  const auto extra_bytes = in.big_endian<std::uint8_t>();
  const auto type = in.big_endian<std::uint8_t>();
  const auto status = in.big_endian<std::uint16_t>();
  const auto body_bytes = in.big_endian<std::uint32_t>();
  return bytes.size() >= kHeaderBytes && type == 0 && extra_bytes <= 20 && status < 0x100 &&
         key_bytes <= 250 && body_bytes >= key_bytes + extra_bytes && body_bytes < (1U << 21) &&
         body_bytes + kHeaderBytes >= bytes.size();
}

// TPKT says how long the packet is; what else asks for X.224 connections (H.323, S7) has
// neither a cookie nor a request to negotiate.
bool is_rdp_connection(Bytes bytes) noexcept {
  constexpr std::size_t kFixedBytes = 11;
  const std::size_t packet_bytes = std::size_t{at(bytes, 2)} << 8 | at(bytes, 3);
  if (packet_bytes != bytes.size() || at(bytes, 4) + 5U != packet_bytes) return false;
  if (packet_bytes == kFixedBytes) return true;
  const std::uint8_t next = at(bytes, kFixedBytes);
  const bool has_negotiation =
      (next == 1 || next == 2 || next == 3) && at(bytes, 13) == 8 && at(bytes, 14) == 0;
  return has_negotiation || (next == 'C' && at(bytes, 12) == 'o');
}

// SEQUENCE { INTEGER messageID, [APPLICATION n] operation }, X.690 §8.1.3 lengths.
bool is_ldap_message(Bytes bytes) noexcept {
  Cursor in(bytes);
  in.skip(1);
  std::size_t length = in.big_endian<std::uint8_t>();
  if (length > 0x80 && length <= 0x84) {
    std::size_t value = 0;
    for (std::size_t i = length - 0x80; i > 0; --i)
      value = value << 8 | in.big_endian<std::uint8_t>();
    length = value;
  } else if (length >= 0x80) {
    return false;
  }
  const std::size_t left = in.left();
  const auto tag = in.big_endian<std::uint8_t>();
  const auto id_bytes = in.big_endian<std::uint8_t>();
  if (in.failed() || tag != 2 || id_bytes == 0 || id_bytes > 4 || length > (1U << 24)) return false;
  in.skip(id_bytes);
  const auto operation = in.big_endian<std::uint8_t>();
  const bool is_operation = (operation >= 0x60 && operation <= 0x79) || operation == 0x42 ||
                            operation == 0x4a || operation == 0x50;
  return !in.failed() && is_operation && length >= 5 &&
         (length == left || length > left || at(bytes, bytes.size() - left + length) == 0x30);
}

bool is_thrift_name(Bytes name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](std::byte byte) {
    const auto c = std::to_integer<unsigned>(byte);
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == ':' || c == '$';
  });
}

// "Thrift binary protocol encoding" and "compact protocol encoding": version, name.
bool is_thrift_message(Bytes bytes) noexcept {
  Cursor in(bytes);
  if (at(bytes, 0) == 0) in.skip(4);
  const auto first = in.big_endian<std::uint8_t>();
  if (first == 0x82) {
    in.skip(1);
    for (unsigned i = 0; i < 5 && (in.big_endian<std::uint8_t>() & 0x80) != 0; ++i) {
    }
    const std::size_t name_bytes = in.big_endian<std::uint8_t>();
    return name_bytes > 1 && name_bytes < 128 && is_thrift_name(in.take(name_bytes));
  }
  in.skip(3);
  const std::size_t name_bytes = in.big_endian<std::uint32_t>();
  return !in.failed() && name_bytes < 256 && is_thrift_name(in.take(name_bytes));
}

}  // namespace

bool has_structure(Structure structure, std::span<const std::byte> bytes) noexcept {
  switch (structure) {
    case Structure::kAny:
      return true;
    case Structure::kTlsRecord:
      return is_tls_record(bytes);
    case Structure::kHttp2Frames:
      return has_http2_frames(bytes);
    case Structure::kMysqlPacket:
      return is_mysql_packet(bytes);
    case Structure::kMysqlLogin:
      return is_mysql_login(bytes);
    case Structure::kPostgresqlMessages:
      return has_postgresql_messages(bytes);
    case Structure::kMongodbMessage:
      return is_mongodb_message(bytes);
    case Structure::kAmqpFrames:
      return has_amqp_frames(bytes);
    case Structure::kKafkaRequest:
      return is_kafka_request(bytes);
    case Structure::kMemcachedBinary:
      return is_memcached_binary(bytes);
    case Structure::kRdpConnection:
      return is_rdp_connection(bytes);
    case Structure::kLdapMessage:
      return is_ldap_message(bytes);
    case Structure::kThriftMessage:
      return is_thrift_message(bytes);
  }
  return false;
}

}  // namespace mimir::payload
