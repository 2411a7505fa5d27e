// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/record/payload_fact.h"
#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// A plain HTTP request of the cluster to the outside.
struct OutwardRequest {
  Party client;
  Party server;
};

/// None if the fact is something else, or of a request whose header was cut short: it has fields
/// that nobody saw.
[[nodiscard]] std::optional<OutwardRequest> outward_request(const PayloadFact& fact,
                                                            const Resolver& resolver);

/// What a request says of its maker.
struct HttpMark {
  std::string_view what;  ///< "agent", "host", "fields"
  std::string value;
};
[[nodiscard]] std::array<HttpMark, 3> marks_of(const PayloadFact& request);

/// Which programs of a service speak plain HTTP to the outside, told by what each request
/// says of its maker, after Bortolameotti et al., "DECANTeR: DEteCtion of Anomalous outbouNd
/// HTTP TRaffic by Passive Application Fingerprinting", ACSAC 2017:
///
///   agent    the User-Agent without its version numbers, or that there is none
///   host     the registered domain asked for
///   fields   which header fields there are, as a number
///
/// A service is known by the sets of each that training saw, which are habits (see
/// KnownHabits). Each of the three that is new is evidence of its own: a new agent of medium
/// severity, the others of low, which releases change more often. It is told once.
///
/// Threads: one owner. Memory: fixed. Cost: that of the window's requests.
class HttpFingerprint {
 public:
  static constexpr std::size_t kPairCountMax = 16384;

  explicit HttpFingerprint(const Resolver& resolver) : resolver_(resolver), told_(kPairCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

  /// What stays of a User-Agent from one release to the next: "Mozilla/5.0 (X11)" and
  /// "Mozilla/6.1 (X11)" are both "Mozilla/# (X11)".
  [[nodiscard]] static std::string without_numbers(std::string_view agent);

 private:
  [[nodiscard]] Finding finding_of(const PayloadFact& fact, const OutwardRequest& request,
                                   const HttpMark& mark) const;

  struct Told {
    TimeNs last_ns = 0;
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  const Resolver& resolver_;
  BoundedTable<Told> told_;
};

}  // namespace mimir::detector
