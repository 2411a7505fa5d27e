// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/record/time.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::evaluation {

/// Something that requests to the outside said of their maker in one base window.
struct HttpMark {
  TimeNs begin_ns = 0;  ///< of the window
  std::string name;     ///< "shop/orders: agent curl/#"
  std::uint64_t request_count = 0;

  friend bool operator==(const HttpMark&, const HttpMark&) = default;
};

/// Collects the fingerprints of detector::HttpFingerprint, window by window.
///
/// Threads: one owner. Memory: that of the marks. REQUIRES: the resolver outlives it.
class HttpMarkReader {
 public:
  explicit HttpMarkReader(const detector::Resolver& resolver) : resolver_(resolver) {}

  void add(const Window& window);

  /// Ascending by window, then by name, each once.
  [[nodiscard]] std::vector<HttpMark> finish() const;

 private:
  const detector::Resolver& resolver_;
  std::map<std::pair<TimeNs, std::string>, std::uint64_t> counts_;
};

}  // namespace mimir::evaluation
