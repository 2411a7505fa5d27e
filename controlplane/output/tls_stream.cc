// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/tls_stream.h"

#include <array>

#include "controlplane/output/curl_handle.h"

namespace mimir::controlplane {

namespace {

/// Through libcurl, which connects, verifies and then leaves the stream to its user.
class CurlStream final : public TlsStream {
 public:
  [[nodiscard]] bool open(const Options& options, std::string& fault) {
    const bool is_ipv6 = options.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? '[' + options.host + ']' : options.host;
    curl_.verify_peer(options.ca_path);
    curl_.set(CURLOPT_URL, ("https://" + host + ':' + options.port).c_str());
    curl_.set(CURLOPT_CONNECT_ONLY, 1L);
    // What follows is not HTTP, for a proxy or for the peer to agree on.
    curl_.set(CURLOPT_PROXY, "");
    curl_.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
    if (!curl_.perform(fault)) return false;
    curl_socket_t socket = CURL_SOCKET_BAD;
    (void)curl_easy_getinfo(curl_.get(), CURLINFO_ACTIVESOCKET, &socket);
    socket_ = socket;
    if (socket_ < 0) fault = "no connection";
    return socket_ >= 0;
  }

  [[nodiscard]] int socket() const override { return socket_; }

  [[nodiscard]] std::size_t send(std::string_view bytes, std::string& fault) override {
    std::size_t taken = 0;
    const CURLcode code = curl_easy_send(curl_.get(), bytes.data(), bytes.size(), &taken);
    if (code == CURLE_OK) return taken;
    if (code != CURLE_AGAIN) fault = curl_easy_strerror(code);
    return 0;
  }

  [[nodiscard]] bool has_gone() override {
    std::array<char, 256> ignored{};
    while (true) {
      std::size_t got = 0;
      const CURLcode code = curl_easy_recv(curl_.get(), ignored.data(), ignored.size(), &got);
      if (code == CURLE_AGAIN) return false;
      if (code != CURLE_OK || got == 0) return true;
    }
  }

 private:
  CurlHandle curl_;
  int socket_ = -1;
};

}  // namespace

std::unique_ptr<TlsStream> TlsStream::open(const Options& options, std::string& fault) {
  auto stream = std::make_unique<CurlStream>();
  if (!stream->open(options, fault)) return nullptr;
  return stream;
}

}  // namespace mimir::controlplane
