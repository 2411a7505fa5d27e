// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/webhook_sink.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "controlplane/output/curl_handle.h"

namespace mimir::controlplane {

namespace {

constexpr long kHookPatienceMs = 10'000;
constexpr std::array kMendable{401L, 403L, 404L, 408L, 425L, 429L};

/// What the receiver says beside its status is not read.
std::size_t ignore(char* /*bytes*/, std::size_t size, std::size_t count, void* /*nobody*/) {
  return size * count;
}

struct CloseList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class WebhookSink final : public Sink {
 public:
  explicit WebhookSink(const WebhookOptions& options) {
    add_header("Content-Type: application/json");
    add_header("Expect:");
    if (!options.token.empty()) add_header("Authorization: Bearer " + options.token);
    curl_.verify_peer(options.ca_path);
    curl_.set(CURLOPT_URL, options.url.c_str());
    curl_.set(CURLOPT_PROTOCOLS_STR, "http,https");
    curl_.set(CURLOPT_HTTPHEADER, headers_.get());
    curl_.set(CURLOPT_USERAGENT, "mimir");
    curl_.set(CURLOPT_POST, 1L);
    curl_.set(CURLOPT_TIMEOUT_MS, kHookPatienceMs);
    curl_.set(CURLOPT_WRITEFUNCTION, &ignore);
  }

  [[nodiscard]] Delivery deliver(std::span<const std::string> lines) override {
    Delivery delivery;
    for (const std::string& line : lines) {
      const long status = post(line, delivery.fault);
      if (!delivery.fault.empty()) return delivery;
      ++(status < 300 ? delivery.arrived : delivery.refused);
    }
    return delivery;
  }

 private:
  void add_header(const std::string& header) {
    curl_slist* const list = curl_slist_append(headers_.get(), header.c_str());
    if (list == nullptr) return;
    (void)headers_.release();
    headers_.reset(list);
  }

  /// The status; `fault` if it has to be tried again.
  long post(const std::string& line, std::string& fault) {
    curl_.set(CURLOPT_POSTFIELDS, line.data());
    curl_.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(line.size()));
    if (!curl_.perform(fault)) return 0;
    long status = 0;
    (void)curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool is_mendable =
        std::find(kMendable.begin(), kMendable.end(), status) != kMendable.end();
    if (is_mendable || status >= 500 || (status >= 300 && status < 400)) {
      fault = fmt::format("it answers {}", status);
    }
    return status;
  }

  std::unique_ptr<curl_slist, CloseList> headers_;
  CurlHandle curl_;  ///< the last: it refers to them
};

}  // namespace

std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options) {
  return std::make_unique<WebhookSink>(options);
}

}  // namespace mimir::controlplane
