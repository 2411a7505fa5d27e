// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/curl_handle.h"

namespace mimir::controlplane {

namespace {

constexpr long kConnectPatienceMs = 5000;

}  // namespace

CurlHandle::CurlHandle() {
  // Once a process, and before any thread of it uses the library: this is a static.
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kStarted == CURLE_OK) handle_.reset(curl_easy_init());
  if (handle_ == nullptr) return;
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectPatienceMs);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_ERRORBUFFER, error_.data());
}

void CurlHandle::verify_peer(const std::string& ca_path) {
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!ca_path.empty()) set(CURLOPT_CAINFO, ca_path.c_str());
}

bool CurlHandle::perform(std::string& fault) {
  if (handle_ == nullptr) {
    fault = "libcurl cannot be used";
    return false;
  }
  error_.front() = '\0';
  const CURLcode code = curl_easy_perform(handle_.get());
  if (code == CURLE_OK) return true;
  fault = error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
  return false;
}

}  // namespace mimir::controlplane
