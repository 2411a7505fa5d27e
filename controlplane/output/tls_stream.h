// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mimir::controlplane {

/// A TCP connection with TLS 1.2 and up to a host whose certificate is its own, by name or
/// address (RFC 6125), and signed by somebody who is trusted.
///
/// Threads: one owner. Nothing here waits but open(), for five seconds at most.
class TlsStream {
 public:
  struct Options {
    std::string host;  ///< without brackets
    std::string port;
    std::string ca_path;  ///< PEM: who signs its certificate; empty: whom the machine trusts
  };

  /// Null, with the reason, if there is none to be had.
  [[nodiscard]] static std::unique_ptr<TlsStream> open(const Options& options, std::string& fault);
  virtual ~TlsStream() = default;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// To wait for, and to ask what is still on its way; nobody else reads, writes or closes it.
  [[nodiscard]] virtual int socket() const = 0;
  /// How many bytes were taken; none with an empty `fault`: not now, give the same again.
  [[nodiscard]] virtual std::size_t send(std::string_view bytes, std::string& fault) = 0;
  /// Whether the peer closed the connection, or it broke. What it said is not kept.
  [[nodiscard]] virtual bool has_gone() = 0;

 protected:
  TlsStream() = default;
};

}  // namespace mimir::controlplane
