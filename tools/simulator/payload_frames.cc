// SPDX-License-Identifier: Apache-2.0
// What is framed and not read: gRPC over HTTP/2 (RFC 9113, headers as RFC 7541 §6 without
// a dynamic table), TLS (RFC 8446 §5), uploads over HTTP.
#include "tools/simulator/payload_frames.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace mimir::simulator {
namespace {

constexpr std::size_t kRecordBytes = std::size_t{16} << 10;
constexpr std::size_t kGrpcBodyBytesMax = (std::size_t{16} << 10) - 5;  // of one DATA frame

enum FrameType : std::uint8_t { kData = 0, kHeaders = 1, kSettings = 4 };
constexpr std::uint8_t kAcknowledged = 0x1;
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;

void frame_head(std::string& out, std::size_t length, FrameType type, unsigned flags,
                std::uint32_t stream) {
  big(out, length, 3);
  big(out, type, 1);
  big(out, flags, 1);
  big(out, stream, 4);
}

/// A string of HPACK, not Huffman-coded (RFC 7541 §5.2). REQUIRES: shorter than 127.
void text(std::string& out, std::string_view value) {
  value = value.substr(0, 126);
  out += static_cast<char>(value.size());
  out += value;
}

/// The front of a protobuf message of `size` bytes that is one string (wire type 2); the
/// string follows. A message of nothing is shorter than its smallest field.
std::string protobuf_front(std::size_t size) {
  std::string front;
  if (size == 0) return front;
  front += '\x0a';
  const std::size_t rest = size - 2;
  if (rest < 128) {
    front += static_cast<char>(rest);
  } else {
    const std::size_t length = size - 3;
    front += static_cast<char>((length & 0x7fU) | 0x80U);
    front += static_cast<char>(length >> 7);
  }
  return front;
}

/// What a length that was drawn is as a protobuf message.
std::size_t protobuf_size(std::size_t drawn) {
  return drawn < 4 ? 0 : std::min(drawn, kGrpcBodyBytesMax);
}

/// Streams that the client opens are odd and ascend (RFC 9113 §5.1.1).
std::uint32_t stream_of(std::uint32_t exchange) { return 2 * exchange + 1; }

std::string tls_record(std::uint8_t type, std::string_view content) {
  std::string record;
  big(record, type, 1);
  big(record, 0x0303, 2);
  big(record, content.size(), 2);
  record += content;
  return record;
}

std::string hello(std::uint8_t type, std::string_view middle, std::string_view extensions) {
  std::string body("\x03\x03", 2);
  for (int i = 0; i < 32; ++i) body += static_cast<char>(37 * i + type);
  body += '\x20';
  for (int i = 0; i < 32; ++i) body += static_cast<char>(91 * i + 5);
  body += middle;
  big(body, extensions.size(), 2);
  body += extensions;
  std::string handshake(1, static_cast<char>(type));
  big(handshake, body.size(), 3);
  return tls_record(22, handshake + body);
}

}  // namespace

void big(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) {
    out += static_cast<char>((value >> (8 * (i - 1))) & 0xffU);
  }
}

std::array<Greeting, 8> grpc_greetings() {
  std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  frame_head(preface, 6, kSettings, 0, 0);
  preface += std::string("\x00\x04\x00\x3f\xff\xff", 6);  // the initial window
  std::string server;
  frame_head(server, 6, kSettings, 0, 0);
  server += std::string("\x00\x05\x00\x00\x40\x00", 6);  // the largest frame
  frame_head(server, 0, kSettings, kAcknowledged, 0);
  std::string acknowledged;
  frame_head(acknowledged, 0, kSettings, kAcknowledged, 0);
  return {{{true, preface}, {false, server}, {true, acknowledged}}};
}

std::array<Greeting, 8> tls_greetings() {
  const std::string client = hello(1, std::string_view("\x00\x02\x13\x01\x01\x00", 6),
                                   std::string_view("\x00\x2b\x00\x03\x02\x03\x04", 7));
  std::string server = hello(2, std::string_view("\x13\x01\x00", 3),
                             std::string_view("\x00\x2b\x00\x02\x03\x04", 6));
  const std::string change = tls_record(20, "\x01");
  std::string sealed(2790, '\0');  // the certificate and what goes with it
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    sealed[i] = static_cast<char>((i * 2654435761U) >> 13);
  }
  server += change + tls_record(23, sealed);
  return {{{true, client}, {false, server}, {true, change + tls_record(23, sealed.substr(0, 53))}}};
}

Message Payloads::grpc_request(const Operation& operation, const Service& server,
                               std::uint32_t exchange) {
  const std::size_t size = protobuf_size(draw(operation.request));
  std::string headers("\x83\x86", 2);  // POST, http
  headers += '\x04';                   // :path
  text(headers, operation.path);
  headers += '\x01';  // :authority
  text(headers, server.name);
  headers += std::string("\x0f\x10", 2);  // content-type
  text(headers, "application/grpc");
  headers += '\0';
  text(headers, "te");
  text(headers, "trailers");
  head_.clear();
  frame_head(head_, headers.size(), kHeaders, kEndHeaders, stream_of(exchange));
  head_ += headers;
  frame_head(head_, 5 + size, kData, kEndStream, stream_of(exchange));
  big(head_, 0, 1);
  big(head_, size, 4);
  const std::string front = protobuf_front(size);
  head_ += front;
  Message message;
  message.add(head_);
  add_body(message, Content::kHtml, size - front.size());
  return message;
}

Message Payloads::grpc_reply(const Operation& operation, std::uint32_t exchange) {
  const std::size_t size = protobuf_size(draw(operation.reply));
  std::string headers("\x88\x0f\x10", 3);  // 200, content-type
  text(headers, "application/grpc");
  head_.clear();
  frame_head(head_, headers.size(), kHeaders, kEndHeaders, stream_of(exchange));
  head_ += headers;
  frame_head(head_, 5 + size, kData, 0, stream_of(exchange));
  big(head_, 0, 1);
  big(head_, size, 4);
  const std::string front = protobuf_front(size);
  head_ += front;
  std::string trailers(1, '\0');
  text(trailers, "grpc-status");
  text(trailers, "0");
  tail_.clear();
  frame_head(tail_, trailers.size(), kHeaders, kEndHeaders | kEndStream, stream_of(exchange));
  tail_ += trailers;
  Message message;
  message.add(head_);
  add_body(message, Content::kHtml, size - front.size());
  message.add(tail_);
  return message;
}

Message Payloads::tls_records(std::size_t size) {
  const std::size_t whole = size / kRecordBytes;
  const std::size_t rest = size % kRecordBytes;
  Message message;
  if (rest > 0) {
    const Message body = noise(rest);
    head_ = std::string("\x17\x03\x03", 3);
    big(head_, rest, 2);
    message.add(head_);
    message.add(body.parts[0]);
  }
  if (whole > 0) message.add(std::string_view(records_).substr(0, whole * (kRecordBytes + 5)));
  return message;
}

Message Payloads::http_upload(std::string_view method, std::string_view path, std::string_view host,
                              std::size_t size) {
  head_.clear();
  fmt::format_to(std::back_inserter(head_),
                 "{} {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\n"
                 "Content-Length: {}\r\n\r\n",
                 method, path, host, size);
  Message message;
  message.add(head_);
  const Message body = noise(size);
  if (size > 0) message.add(body.parts[0]);
  return message;
}

Message Payloads::http_empty_reply() {
  head_ = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";
  Message message;
  message.add(head_);
  return message;
}

Message Payloads::farewell(Protocol protocol) {
  Message message;
  if (protocol == Protocol::kMysql) {
    head_ = std::string("\x01\0\0\0\x01", 5);  // COM_QUIT
    message.add(head_);
  }
  return message;
}

}  // namespace mimir::simulator
