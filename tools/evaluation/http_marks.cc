// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/http_marks.h"

#include "model/detector/http_fingerprint.h"

namespace mimir::evaluation {

void HttpMarkReader::add(const Window& window) {
  for (const PayloadFact& fact : window.facts) {
    const auto request = detector::outward_request(fact, resolver_);
    if (!request) continue;
    for (const detector::HttpMark& mark : detector::marks_of(fact)) {
      const std::string name = resolver_.service_name(request->client) + ": " +
                               std::string(mark.what) + " " + mark.value;
      ++counts_[{window.begin_ns, name}];
    }
  }
}

std::vector<HttpMark> HttpMarkReader::finish() const {
  std::vector<HttpMark> marks;
  for (const auto& [place, count] : counts_) {
    marks.push_back({.begin_ns = place.first, .name = place.second, .request_count = count});
  }
  return marks;
}

}  // namespace mimir::evaluation
