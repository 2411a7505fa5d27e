// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/webhook_sink.h"

#include <algorithm>
#include <array>
#include <curl/curl.h>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

constexpr long kConnectPatienceMs = 5000;
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
    // Once a process, and before any thread of it uses the library: this is a static.
    static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (kStarted == CURLE_OK) handle_.reset(curl_easy_init());
    if (handle_ == nullptr) return;
    add_header("Content-Type: application/json");
    add_header("Expect:");
    if (!options.token.empty()) add_header("Authorization: Bearer " + options.token);
    set(CURLOPT_URL, options.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "mimir");
    set(CURLOPT_POST, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, kConnectPatienceMs);
    set(CURLOPT_TIMEOUT_MS, kHookPatienceMs);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_path.empty()) set(CURLOPT_CAINFO, options.ca_path.c_str());
    set(CURLOPT_WRITEFUNCTION, &ignore);
    set(CURLOPT_ERRORBUFFER, error_.data());
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
  struct CloseHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  template <class Value>
  void set(CURLoption option, Value value) {
    (void)curl_easy_setopt(handle_.get(), option, value);
  }

  void add_header(const std::string& header) {
    curl_slist* const list = curl_slist_append(headers_.get(), header.c_str());
    if (list == nullptr) return;
    (void)headers_.release();
    headers_.reset(list);
  }

  /// The status; `fault` if it has to be tried again.
  long post(const std::string& line, std::string& fault) {
    if (handle_ == nullptr) {
      fault = "libcurl cannot be used";
      return 0;
    }
    set(CURLOPT_POSTFIELDS, line.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(line.size()));
    error_.front() = '\0';
    const CURLcode code = curl_easy_perform(handle_.get());
    if (code != CURLE_OK) {
      fault = error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
      return 0;
    }
    long status = 0;
    (void)curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool is_mendable =
        std::find(kMendable.begin(), kMendable.end(), status) != kMendable.end();
    if (is_mendable || status >= 500 || (status >= 300 && status < 400)) {
      fault = fmt::format("it answers {}", status);
    }
    return status;
  }

  std::unique_ptr<curl_slist, CloseList> headers_;
  std::unique_ptr<CURL, CloseHandle> handle_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options) {
  return std::make_unique<WebhookSink>(options);
}

}  // namespace mimir::controlplane
