// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "controlplane/http/http_origin.h"

namespace mimir::controlplane {

struct HttpClientOptions {
  HttpOrigin origin;
  /// PEM files, each may be empty: who signs the server's certificate (empty: whom this
  /// machine trusts), and the client's own certificate chain and key, both or neither.
  std::string ca_path;
  std::string certificate_path;
  std::string key_path;
};

/// What becomes of one GET. Called from HttpClient::run_for().
class HttpReader {
 public:
  virtual ~HttpReader() = default;

  virtual void on_status(unsigned status) = 0;
  /// The next piece of the body. False: enough, the connection is closed.
  [[nodiscard]] virtual bool on_body(std::string_view bytes) = 0;
  /// Nothing more comes; called exactly once, last. `fault` is empty if the answer was
  /// whole, else says what went wrong.
  virtual void on_end(const std::string& fault) = 0;
};

/// Asks one server, by HTTP/1.1 (RFC 9110, RFC 9112), for several answers at a time and
/// hands them over as they come, however long they last. TLS 1.2 and up; the certificate
/// must be the host's, by name or address (RFC 6125).
///
/// What a server can cost: a connection an answer, 16 kB of headers, and of bodies only
/// what a reader keeps. A peer that vanished is noticed within half a minute.
///
/// Threads: one owner; nothing happens outside of run_for() but resolving names.
class HttpClient {
 public:
  struct Request {
    std::string target;  ///< path and query
    std::string token;   ///< sent as `Authorization: Bearer TOKEN`, unless empty
    /// How long nothing may come before it is given up.
    std::chrono::seconds patience{30};
  };

  /// Null, with what went wrong in `fault`, if a file of `options` cannot be used.
  [[nodiscard]] static std::unique_ptr<HttpClient> open(const HttpClientOptions& options,
                                                        std::string& fault);
  virtual ~HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// REQUIRES: `reader` outlives its on_end(), or this.
  virtual void get(const Request& request, HttpReader& reader) = 0;
  virtual void run_for(std::chrono::milliseconds duration) = 0;

 protected:
  HttpClient() = default;
};

}  // namespace mimir::controlplane
