// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/http_client.h"

#include <array>
#include <cstdint>
#include <limits>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <thread>
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
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
template <int kOption>
using TcpOption = asio::detail::socket_option::integer<IPPROTO_TCP, kOption>;

constexpr std::chrono::seconds kConnectPatience{10};
constexpr std::uint32_t kHeaderBytesMax = 16384;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
// A peer that is silent for 15 s is asked three times, 5 s apart, whether it lives.
constexpr int kAliveAfterS = 15;
constexpr int kAliveEveryS = 5;
constexpr int kAliveCount = 3;

bool is_address(const std::string& host) {
  error_code error;
  (void)asio::ip::make_address(host, error);
  return !error;
}

/// One GET. It owns itself: what waits for the network holds it.
template <class Stream>
class Exchange : public std::enable_shared_from_this<Exchange<Stream>> {
 public:
  Exchange(Stream stream, const HttpOrigin& origin, const HttpClient::Request& request,
           HttpReader& reader)
      : stream_(std::move(stream)),
        resolver_(stream_.get_executor()),
        origin_(origin),
        patience_(request.patience),
        reader_(reader) {
    message_.method(http::verb::get);
    message_.version(11);
    message_.target(request.target);
    message_.set(http::field::host, origin.authority());
    message_.set(http::field::user_agent, "mimir");
    message_.set(http::field::accept, "application/json");
    message_.set(http::field::connection, "close");
    if (!request.token.empty()) {
      message_.set(http::field::authorization, "Bearer " + request.token);
    }
    parser_.header_limit(kHeaderBytesMax);
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());  // the reader has its own
  }

  void start() {
    resolver_.async_resolve(
        origin_.host, origin_.port,
        [self = this->shared_from_this()](error_code error, const Tcp::resolver::results_type& to) {
          if (error) return self->end("cannot be found", error);
          self->connect(to);
        });
  }

 private:
  void end(const std::string& what, error_code error) {
    reader_.on_end(error == beast::error::timeout ? what + ": nothing came in time"
                                                  : what + ": " + error.message());
  }

  void connect(const Tcp::resolver::results_type& to) {
    auto& socket = beast::get_lowest_layer(stream_);
    socket.expires_after(kConnectPatience);
    socket.async_connect(to, [self = this->shared_from_this()](error_code error, const auto&) {
      if (error) return self->end("cannot be reached", error);
      self->keep_alive();
      self->shake_hands();
    });
  }

  void keep_alive() {
    auto& socket = beast::get_lowest_layer(stream_).socket();
    error_code ignored;
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(TcpOption<TCP_KEEPIDLE>(kAliveAfterS), ignored);
    socket.set_option(TcpOption<TCP_KEEPINTVL>(kAliveEveryS), ignored);
    socket.set_option(TcpOption<TCP_KEEPCNT>(kAliveCount), ignored);
  }

  void shake_hands() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::client,
                              [self = this->shared_from_this()](error_code error) {
                                if (error) return self->end("TLS", error);
                                self->write();
                              });
    } else {
      write();
    }
  }

  void write() {
    beast::get_lowest_layer(stream_).expires_after(kConnectPatience);
    http::async_write(stream_, message_,
                      [self = this->shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->end("cannot be asked", error);
                        self->read_header();
                      });
  }

  void read_header() {
    beast::get_lowest_layer(stream_).expires_after(patience_);
    http::async_read_header(stream_, buffer_, parser_,
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->end("no answer", error);
                              self->reader_.on_status(self->parser_.get().result_int());
                              self->read_body();
                            });
  }

  void read_body() {
    if (parser_.is_done()) return reader_.on_end({});
    parser_.get().body().data = piece_.data();
    parser_.get().body().size = piece_.size();
    beast::get_lowest_layer(stream_).expires_after(patience_);
    http::async_read_some(
        stream_, buffer_, parser_,
        [self = this->shared_from_this()](error_code error, std::size_t) { self->take(error); });
  }

  void take(error_code error) {
    const std::size_t size = piece_.size() - parser_.get().body().size;
    if (size > 0 && !reader_.on_body({piece_.data(), size})) {
      return reader_.on_end("more came than is read");
    }
    if (error && error != http::error::need_buffer) return end("the answer broke off", error);
    read_body();
  }

  Stream stream_;
  Tcp::resolver resolver_;
  const HttpOrigin& origin_;
  std::chrono::seconds patience_;
  HttpReader& reader_;
  http::request<http::empty_body> message_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kPieceBytes};
  http::response_parser<http::buffer_body> parser_;
  std::array<char, kPieceBytes> piece_;
};

class BeastClient final : public HttpClient {
 public:
  explicit BeastClient(HttpClientOptions options) : options_(std::move(options)) {}

  [[nodiscard]] bool prepare(std::string& fault) {
    if (!options_.origin.is_tls) return true;
    tls_.emplace(asio::ssl::context::tls_client);
    const auto fail = [&fault](const std::string& what, error_code error) {
      if (error) fault = what + ": " + error.message();
      return static_cast<bool>(error);
    };
    error_code error;
    tls_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1,
                      error);
    tls_->set_verify_mode(asio::ssl::verify_peer, error);
    tls_->set_verify_callback(asio::ssl::host_name_verification(options_.origin.host), error);
    if (options_.ca_path.empty()) {
      tls_->set_default_verify_paths(error);
    } else {
      tls_->load_verify_file(options_.ca_path, error);
      if (fail("no certificates in " + options_.ca_path, error)) return false;
    }
    if (options_.certificate_path.empty()) return true;
    tls_->use_certificate_chain_file(options_.certificate_path, error);
    if (fail("no certificate in " + options_.certificate_path, error)) return false;
    tls_->use_private_key_file(options_.key_path, asio::ssl::context::pem, error);
    return !fail("no key in " + options_.key_path, error);
  }

  void get(const Request& request, HttpReader& reader) override {
    if (!tls_) {
      std::make_shared<Exchange<beast::tcp_stream>>(beast::tcp_stream(context_), options_.origin,
                                                    request, reader)
          ->start();
      return;
    }
    TlsStream stream(context_, *tls_);
    // RFC 6066 §3: an address is no server name.
    if (!is_address(options_.origin.host)) {
      (void)SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                     TLSEXT_NAMETYPE_host_name, options_.origin.host.data());
    }
    std::make_shared<Exchange<TlsStream>>(std::move(stream), options_.origin, request, reader)
        ->start();
  }

  void run_for(std::chrono::milliseconds duration) override { context_.run_for(duration); }

 private:
  HttpClientOptions options_;
  std::optional<asio::ssl::context> tls_;
  // Last: what still waits in it refers to the two above.
  asio::io_context context_{1};
  // So that waiting is waiting, though no answer is awaited.
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::open(const HttpClientOptions& options, std::string& fault) {
  auto client = std::make_unique<BeastClient>(options);
  if (!client->prepare(fault)) return nullptr;
  return client;
}

}  // namespace mimir::controlplane
