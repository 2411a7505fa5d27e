// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <curl/curl.h>
#include <memory>
#include <string>

namespace mimir::controlplane {

/// One transfer of libcurl at a time, with what is the same for all of ours: no signals, five
/// seconds to connect, TLS 1.2 and up. What libcurl says of a fault is a sentence.
///
/// Threads: one owner.
class CurlHandle {
 public:
  CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  template <class Value>
  void set(CURLoption option, Value value) {
    (void)curl_easy_setopt(handle_.get(), option, value);
  }
  /// The certificate must be the host's, signed by who is in the PEM file `ca_path`; where that
  /// is empty, by whom the machine trusts.
  void verify_peer(const std::string& ca_path);
  /// False, with the reason, if it did not come to an end.
  [[nodiscard]] bool perform(std::string& fault);

  [[nodiscard]] CURL* get() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  std::array<char, CURL_ERROR_SIZE> error_{};  ///< before the handle, which writes into it
  std::unique_ptr<CURL, Close> handle_;
};

}  // namespace mimir::controlplane
