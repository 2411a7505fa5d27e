// SPDX-License-Identifier: Apache-2.0
#include "model/detector/exfiltration_path.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace mimir::detector {

namespace {

constexpr double kPacketBytes = 1500;
constexpr double kSpreadOfMedianMin = 0.05;
/// That it is there at all is as unusual as the 99th percentile of one that always was.
constexpr double kExcessOfUnknownMin = 1;

/// A way to a service: better is wider, then shorter, then first by name.
struct Way {
  double width = 0;
  std::vector<std::string> services;

  [[nodiscard]] auto rank() const { return std::tuple(-width, services.size(), services); }
  friend bool operator<(const Way& a, const Way& b) { return a.rank() < b.rank(); }
};

}  // namespace

double EdgeEvidence::excess() const {
  const double spread =
      std::max({p99_bytes - expected_bytes, kSpreadOfMedianMin * expected_bytes, kPacketBytes});
  const double excess = (static_cast<double>(bytes) - expected_bytes) / spread;
  return is_known || bytes == 0 ? excess : std::max(excess, kExcessOfUnknownMin);
}

EdgeBaselines::EdgeBaselines(const learn::Model& model) {
  for (const learn::EdgeBaseline& baseline : model.context.edges) {
    baselines_[{baseline.granularity_s, baseline.source, baseline.destination}] = &baseline;
  }
}

EdgeEvidence EdgeBaselines::weigh(std::uint32_t granularity_s, std::string source,
                                  std::string destination, std::uint64_t packets,
                                  std::uint64_t bytes) const {
  EdgeEvidence evidence{.source = std::move(source),
                        .destination = std::move(destination),
                        .packets = packets,
                        .bytes = bytes};
  const auto found = baselines_.find({granularity_s, evidence.source, evidence.destination});
  if (found == baselines_.end()) return evidence;
  evidence.expected_bytes = found->second->median_bytes;
  evidence.p99_bytes = found->second->p99_bytes;
  evidence.is_known = true;
  return evidence;
}

bool has_hop(std::span<const std::string> path, std::string_view source,
             std::string_view destination) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (path[i] == source && path[i + 1] == destination) return true;
  }
  return false;
}

// Dijkstra with the narrowest edge of a way in place of its length.
std::vector<std::string> find_path(std::span<const EdgeEvidence> edges, std::string_view sensitive,
                                   std::string_view outside) {
  std::map<std::string, std::vector<const EdgeEvidence*>, std::less<>> leaving;
  double width_max = 0;
  for (const EdgeEvidence& edge : edges) {
    if (edge.source == edge.destination || edge.excess() <= 0) continue;
    leaving[edge.source].push_back(&edge);
    width_max = std::max(width_max, edge.excess());
  }
  std::set<Way> open{{.width = width_max, .services = {std::string(sensitive)}}};
  std::set<std::string, std::less<>> settled;
  while (!open.empty()) {
    const Way way = *open.begin();
    open.erase(open.begin());
    const std::string& here = way.services.back();
    if (here == outside) return way.services;
    if (!settled.insert(here).second) continue;
    const auto next = leaving.find(here);
    if (next == leaving.end()) continue;
    for (const EdgeEvidence* edge : next->second) {
      if (settled.contains(edge->destination)) continue;
      Way longer{.width = std::min(way.width, edge->excess()), .services = way.services};
      longer.services.push_back(edge->destination);
      open.insert(std::move(longer));
    }
  }
  return {};
}

}  // namespace mimir::detector
