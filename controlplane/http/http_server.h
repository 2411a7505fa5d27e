// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mimir::controlplane {

struct HttpRequest {
  bool is_post = false;
  std::string_view path;   ///< "/api/v1/windows", as it was sent: nothing is unescaped
  std::string_view query;  ///< what follows `?`; may be empty
  std::string_view body{};
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

struct HttpOptions {
  /// A Unix socket to serve at instead of all below; its owner and group may connect.
  std::string socket_path{};
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any that is free
  /// Asked of every request as `Authorization: Bearer TOKEN`, unless empty.
  std::string token;
  /// But of these paths: a browser cannot send one for a page, which asks for it itself.
  std::vector<std::string> public_paths;
  /// PEM files; both or neither. With them the server speaks TLS 1.2 and up, only.
  std::string certificate_path;
  std::string key_path;

  [[nodiscard]] bool is_loopback() const;
};

/// Serves what a handler answers, by HTTP/1.1 (RFC 9110, RFC 9112): GET and HEAD, and POST
/// at a Unix socket alone.
///
/// What a client can cost: kConnectionMax connections, 8 kB of headers, no body (64 kB at a
/// Unix socket), ten seconds for whatever it does next; then it is cut off. On loopback a request
/// must name a loopback host, so that no page of a browser reaches it by a name of its own.
///
/// Threads: open() and serve() on one, which starts one more for all connections; the
/// handler runs there, one request at a time.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  static constexpr std::size_t kConnectionMax = 64;

  /// Binds; null, with what went wrong in `fault`, if that cannot be.
  [[nodiscard]] static std::unique_ptr<HttpServer> open(const HttpOptions& options, Handler handler,
                                                        std::string& fault);
  virtual ~HttpServer() = default;
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Until then nobody is answered.
  virtual void serve() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;

 protected:
  HttpServer() = default;
};

}  // namespace mimir::controlplane
