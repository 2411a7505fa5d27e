// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/http_server.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>

namespace mimir::controlplane {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;
using LocalStream = beast::basic_stream<Local>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::seconds kRequestPatience{10};
constexpr std::uint32_t kHeaderBytesMax = 8192;
constexpr std::uint64_t kBodyBytesMax = 65536;

/// In a time that does not tell where they differ.
bool is_same_secret(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned>(static_cast<unsigned char>(c)) ^
                  static_cast<unsigned>(static_cast<unsigned char>(wanted[i]));
  }
  return difference == 0;
}

bool is_loopback_host(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const std::size_t end = is_bracketed ? host.find(']') + 1 : host.find(':');
  const std::string_view name = host.substr(0, end);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

/// What all connections share; outlives them.
struct Service {
  HttpOptions options;
  HttpServer::Handler handler;
  bool is_loopback = true;
  std::size_t connection_count = 0;

  using Request = http::request<http::string_body>;
  using Response = http::response<http::string_body>;

  [[nodiscard]] bool is_local() const { return !options.socket_path.empty(); }

  [[nodiscard]] HttpResponse answer(const Request& request) const {
    const auto refuse = [](unsigned status, const char* why) {
      return HttpResponse{.status = status, .content_type = "text/plain", .body = why};
    };
    const bool is_post = request.method() == http::verb::post && is_local();
    if (request.method() != http::verb::get && request.method() != http::verb::head && !is_post) {
      return refuse(405, "GET and HEAD only\n");
    }
    const std::string host(request[http::field::host]);
    if (!is_local() && is_loopback && !is_loopback_host(host)) {
      return refuse(421, "ask for localhost: this server listens there only\n");
    }
    const std::string_view target(request.target().data(), request.target().size());
    const std::size_t mark = target.find('?');
    const std::string_view path = target.substr(0, mark);
    if (!is_public(path) && !is_same_secret(std::string(request[http::field::authorization]),
                                            "Bearer " + options.token)) {
      return refuse(401, "give the token: Authorization: Bearer TOKEN\n");
    }
    return handler({.is_post = is_post,
                    .path = path,
                    .query = mark == std::string_view::npos ? "" : target.substr(mark + 1),
                    .body = request.body()});
  }

  [[nodiscard]] bool is_public(std::string_view path) const {
    const std::vector<std::string>& paths = options.public_paths;
    return options.token.empty() || std::find(paths.begin(), paths.end(), path) != paths.end();
  }

  [[nodiscard]] Response respond(const Request& request) const {
    HttpResponse answered = answer(request);
    Response response{static_cast<http::status>(answered.status), request.version()};
    response.set(http::field::server, "mimir");
    response.set(http::field::content_type, answered.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Content-Security-Policy",
                 "default-src 'self'; base-uri 'none'; form-action 'none'; "
                 "frame-ancestors 'none'");
    if (answered.status == 401) response.set(http::field::www_authenticate, "Bearer");
    if (answered.status == 405) response.set(http::field::allow, "GET, HEAD");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(answered.body);
    response.prepare_payload();
    if (request.method() == http::verb::head) response.body().clear();
    return response;
  }
};

/// One connection. It owns itself: what waits for the network holds it.
template <class Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, Service& service) : stream_(std::move(stream)), service_(service) {
    ++service_.connection_count;
  }
  ~Session() { --service_.connection_count; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      expire();
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code error) {
                                if (!error) self->read();
                              });
    } else {
      read();
    }
  }

 private:
  void expire() { beast::get_lowest_layer(stream_).expires_after(kRequestPatience); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(service_.is_local() ? kBodyBytesMax : 0);
    expire();
    http::async_read(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](error_code error, std::size_t) { self->write(error); });
  }

  void write(error_code error) {
    if (error) return;  // gone, silent, or no HTTP: the stream closes with this
    response_ = service_.respond(parser_->get());
    expire();
    http::async_write(stream_, *response_,
                      [self = this->shared_from_this()](error_code failed, std::size_t) {
                        if (failed || self->response_->need_eof()) return;
                        self->read();
                      });
  }

  Stream stream_;
  Service& service_;
  beast::flat_buffer buffer_{kHeaderBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Service::Response> response_;
};

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(const HttpOptions& options, Handler handler)
      : service_{.options = options,
                 .handler = std::move(handler),
                 .is_loopback = options.is_loopback()},
        acceptor_(context_),
        local_acceptor_(context_) {}
  ~BeastServer() override {
    context_.stop();
    thread_ = {};  // ends before what it uses; the connections end with the context
    if (is_bound_locally_) (void)::unlink(service_.options.socket_path.c_str());
  }

  [[nodiscard]] bool bind(std::string& fault) {
    const HttpOptions& options = service_.options;
    if (service_.is_local()) return bind_local(fault);
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return fail(fault, "no address: " + options.address, error);
    if (!options.certificate_path.empty() && !load_certificate(fault)) return false;
    const Tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(fault,
                  "cannot listen at " + options.address + " port " + std::to_string(options.port),
                  error);
    }
    return true;
  }

  void serve() override {
    if (is_bound_locally_) {
      accept(local_acceptor_);
    } else {
      accept(acceptor_);
    }
    thread_ = std::jthread([this] { context_.run(); });
  }

  [[nodiscard]] std::uint16_t port() const override {
    error_code error;
    return acceptor_.local_endpoint(error).port();
  }

 private:
  static bool fail(std::string& fault, const std::string& what, error_code error) {
    fault = what + ": " + error.message();
    return false;
  }

  [[nodiscard]] bool load_certificate(std::string& fault) {
    tls_.emplace(asio::ssl::context::tls_server);
    error_code error;
    tls_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1,
                      error);
    tls_->use_certificate_chain_file(service_.options.certificate_path, error);
    if (error) {
      return fail(fault, "no certificate in " + service_.options.certificate_path, error);
    }
    tls_->use_private_key_file(service_.options.key_path, asio::ssl::context::pem, error);
    if (error) return fail(fault, "no key in " + service_.options.key_path, error);
    return true;
  }

  // A socket that a process left behind, which nobody answers at, is taken over. Who may
  // connect is settled before anybody can.
  [[nodiscard]] bool bind_local(std::string& fault) {
    const std::string& path = service_.options.socket_path;
    error_code error;
    Local::endpoint endpoint;
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      fault = "the path of a Unix socket is too long: " + path;
      return false;
    }
    endpoint.path(path);
    Local::socket probe(context_);
    probe.connect(endpoint, error);
    if (!error) {
      fault = "somebody listens at " + path;
      return false;
    }
    struct stat left {};
    if (::lstat(path.c_str(), &left) == 0 && S_ISSOCK(left.st_mode)) (void)::unlink(path.c_str());
    error.clear();
    local_acceptor_.open(endpoint.protocol(), error);
    if (!error) local_acceptor_.bind(endpoint, error);
    if (error) return fail(fault, "cannot listen at " + path, error);
    is_bound_locally_ = true;
    (void)::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
    local_acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return !error || fail(fault, "cannot listen at " + path, error);
  }

  template <class Acceptor>
  void accept(Acceptor& acceptor) {
    acceptor.async_accept([this, &acceptor](error_code error, auto socket) {
      if (error == asio::error::operation_aborted) return;
      // One too many is closed at once: it may come again.
      if (!error && service_.connection_count < kConnectionMax) open_session(std::move(socket));
      accept(acceptor);
    });
  }

  void open_session(Local::socket socket) {
    std::make_shared<Session<LocalStream>>(LocalStream(std::move(socket)), service_)->start();
  }

  void open_session(Tcp::socket socket) {
    if (tls_) {
      std::make_shared<Session<TlsStream>>(TlsStream(beast::tcp_stream(std::move(socket)), *tls_),
                                           service_)
          ->start();
    } else {
      std::make_shared<Session<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), service_)
          ->start();
    }
  }

  Service service_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context context_{1};
  Tcp::acceptor acceptor_;
  Local::acceptor local_acceptor_;  ///< of the two one is open
  bool is_bound_locally_ = false;
  std::jthread thread_;
};

}  // namespace

bool HttpOptions::is_loopback() const {
  error_code error;
  const auto given = asio::ip::make_address(address, error);
  return !error && given.is_loopback();
}

std::unique_ptr<HttpServer> HttpServer::open(const HttpOptions& options, Handler handler,
                                             std::string& fault) {
  auto server = std::make_unique<BeastServer>(options, std::move(handler));
  if (!server->bind(fault)) return nullptr;
  return server;
}

}  // namespace mimir::controlplane
