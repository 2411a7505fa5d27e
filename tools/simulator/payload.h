// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// Bytes to be sent, as pieces of buffers that somebody else holds.
struct Message {
  std::array<std::string_view, 4> parts;
  std::size_t part_count = 0;
  std::size_t size = 0;

  void add(std::string_view part) {
    parts[part_count++] = part;
    size += part.size();
  }

  /// The `length` bytes from `offset` on. REQUIRES: offset + length <= size.
  [[nodiscard]] Message slice(std::size_t offset, std::size_t length) const;

  /// Copies `length` bytes from `offset` on to `out`. REQUIRES: offset + length <= size.
  void copy(std::size_t offset, std::size_t length, std::uint8_t* out) const;
};

/// Something said right after a connection is made.
struct Greeting {
  bool from_client;
  std::string bytes;
};

/// Writes what the application protocols put on the wire: true framing around
/// invented content, so that a dissector reads every message to its end.
///
/// Invariant: a Message is valid until the next call.
/// Memory: 1.5 MB of prepared content, from which the bulk of every body is a slice.
class Payloads {
 public:
  /// `are_users_scripts` decides what requests from outside say of themselves.
  explicit Payloads(Random& random, bool are_users_scripts = false);

  /// `from_outside` requests carry a browser's headers, others those of a library.
  /// `exchange` is how many there were on the connection before this one.
  [[nodiscard]] Message request(const Operation& operation, const Service& server,
                                bool from_outside, std::uint32_t exchange);
  [[nodiscard]] Message reply(const Operation& operation, const Service& server,
                              std::uint32_t exchange);

  [[nodiscard]] Message probe_request(std::string_view host, std::uint16_t port);
  [[nodiscard]] Message probe_reply();

  /// A scraper asks for metrics, and has them compressed; their size hardly differs.
  [[nodiscard]] Message scrape_request(std::string_view host, std::uint16_t port);
  [[nodiscard]] Message scrape_reply();

  /// The keep-alive of a pooled connection. Empty: this end of this protocol says none.
  [[nodiscard]] Message heartbeat(Protocol protocol, bool from_client);

  [[nodiscard]] Message amqp_delivery(const Operation& operation);
  [[nodiscard]] Message amqp_acknowledgement();

  /// What both sides say before the first request.
  [[nodiscard]] static std::array<Greeting, 8> greetings(Protocol protocol);

  /// What the client says before it closes; empty for most.
  [[nodiscard]] Message farewell(Protocol protocol);

  /// `size` bytes in records of TLS. REQUIRES: size <= 128 KiB.
  [[nodiscard]] Message tls_records(std::size_t size);

  /// A POST or PUT of `size` bytes without structure. REQUIRES: size <= 64 KiB.
  [[nodiscard]] Message http_upload(std::string_view method, std::string_view path,
                                    std::string_view host, std::size_t size);
  [[nodiscard]] Message http_empty_reply();

  /// Without structure, as long as the law has it.
  [[nodiscard]] Message noise(const SizeLaw& law) { return noise(draw(law)); }

  /// Bytes without structure, as of an encrypted archive. REQUIRES: length <= 192 KiB.
  [[nodiscard]] Message noise(std::size_t length);

 private:
  [[nodiscard]] std::size_t draw(const SizeLaw& law);
  [[nodiscard]] Message http_request(const Operation& operation, const Service& server,
                                     bool from_outside);
  [[nodiscard]] Message http_reply(const Operation& operation);
  [[nodiscard]] Message grpc_request(const Operation& operation, const Service& server,
                                     std::uint32_t exchange);
  [[nodiscard]] Message grpc_reply(const Operation& operation, std::uint32_t exchange);
  [[nodiscard]] Message mysql_rows(std::size_t size);
  [[nodiscard]] Message mongo(std::string_view verb, std::string_view collection, std::size_t size,
                              bool from_client);
  [[nodiscard]] Message amqp_content(std::string method, std::size_t size);
  /// Appends a body of exactly `size` bytes to `message`; tail_ may be used.
  void add_body(Message& message, Content content, std::size_t size);
  void append_identifier(std::string& text, std::size_t digits);

  Random& random_;
  bool are_users_scripts_;
  std::string head_;
  std::string tail_;
  std::string html_;
  std::string json_;
  std::string jpeg_;
  std::string rows_;
  std::string noise_;
  std::string records_;
  std::uint32_t mongo_request_ = 1;
};

}  // namespace mimir::simulator
