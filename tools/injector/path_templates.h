// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "tools/injector/policy.h"

namespace mimir::injector {

/// One stop of stolen data: some pod of a service, a service's VIP, the internet.
struct Stop {
  enum class Kind : std::uint8_t { kPod, kVip, kOutside };
  Kind kind = Kind::kPod;
  std::string service{};  ///< empty for the internet

  friend auto operator<=>(const Stop&, const Stop&) = default;
};

/// The way of stolen data before pods are chosen: from a pod of the sensitive
/// service to the internet. A VIP stands between the pods whose connection it
/// served, on the server's behalf.
using TemplatePath = std::vector<Stop>;

/// "user-db > user-db (VIP) > user > outside".
[[nodiscard]] std::string to_text(const TemplatePath& path);

struct PathOptions {
  std::string sensitive_service{};
  /// May send to the internet (recursive lookups) and nowhere else.
  std::set<std::string> dns_services{};
  /// Headless: no path leads over their VIP.
  std::set<std::string> without_vip{};
  bool with_vips = true;            ///< false where no VIP is seen: mirror
  std::size_t stop_count_max = 15;  ///< VIPs and the internet count
  std::size_t path_count_max = 100;
};

/// What the cluster says about `sensitive_service`'s surroundings.
[[nodiscard]] PathOptions path_options(const graph::Cluster& cluster,
                                       graph::Observation observation,
                                       std::string sensitive_service);

/// The paths over the services `path` (the last one sends to the internet), by who
/// opened the connection between each two, a and b:
///
///   a connects to b's VIP           a, b's VIP, b
///   else b connects to a's VIP      a, a's VIP, b: the data are an answer
///   else both, and neither          a's VIP | b's VIP | none
///
/// Leftmost hop outermost.
[[nodiscard]] std::vector<TemplatePath> over_vips(const std::vector<std::string>& path,
                                                  const std::set<ClientVip>& client_vips,
                                                  const std::set<std::string>& without_vip);

/// Simple paths from the sensitive service to the internet that the policy allows:
/// by hops, then by the services' names; each with all its variants. Ends at
/// path_count_max, or before the first path that is longer than stop_count_max.
[[nodiscard]] std::vector<TemplatePath> enumerate_paths(const Policy& policy,
                                                        const PathOptions& options);

}  // namespace mimir::injector
