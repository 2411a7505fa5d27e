// SPDX-License-Identifier: Apache-2.0
#include "model/detector/exfiltration_path.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr double kPacketBytes = 1500;
constexpr double kSpreadOfMedianMin = 0.05;
/// That it is there at all is as unusual as the 99th percentile of one that always was.
constexpr double kExcessOfUnknownMin = 1;
/// What an edge may be below its habit by and hide a theft, and how wide it counts then.
constexpr double kHiddenMin = -1;
constexpr double kHiddenWidth = 1e-9;

double width_of(const EdgeEvidence& edge) { return std::max(edge.excess(), kHiddenWidth); }

/// From the median of a normal law to its 99th percentile, in IQRs.
constexpr double kP99Iqrs = 2.326 / 1.349;

const learn::Law* law_of(const learn::GranularityModel& granularity,
                         const learn::EdgeBaseline& edge) {
  const std::string name = fmt::format("bytes({}>{})", edge.source, edge.destination);
  const auto feature =
      std::ranges::lower_bound(granularity.features, name, {}, &learn::Feature::name);
  const bool has_law =
      feature != granularity.features.end() && feature->name == name && feature->law.has_value();
  return has_law ? &*feature->law : nullptr;
}

/// A way to a service: better is wider, then shorter, then first by name.
struct Way {
  double width = 0;
  std::vector<std::string> services;
  bool stands_out = false;  ///< one of its edges does

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
    const learn::GranularityModel* const granularity = model.find(baseline.granularity_s);
    habits_[{baseline.granularity_s, baseline.source, baseline.destination}] = {
        .baseline = &baseline,
        .law = granularity == nullptr ? nullptr : law_of(*granularity, baseline)};
  }
}

EdgeEvidence EdgeBaselines::weigh(std::uint32_t granularity_s, std::string source,
                                  std::string destination, std::uint64_t packets,
                                  std::uint64_t bytes, std::uint64_t bytes_back) const {
  EdgeEvidence evidence{.source = std::move(source),
                        .destination = std::move(destination),
                        .packets = packets,
                        .bytes = bytes};
  const auto found = habits_.find({granularity_s, evidence.source, evidence.destination});
  if (found == habits_.end()) return evidence;
  const auto& [baseline, law] = found->second;
  evidence.is_known = true;
  if (law == nullptr) {
    evidence.expected_bytes = baseline->median_bytes;
    evidence.p99_bytes = baseline->p99_bytes;
    return evidence;
  }
  const auto given = static_cast<double>(bytes_back);
  evidence.expected_bytes = std::max(0.0, law->expected(given));
  evidence.p99_bytes = evidence.expected_bytes + kP99Iqrs * law->unit(given);
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
    if (edge.source == edge.destination || edge.excess() <= kHiddenMin) continue;
    leaving[edge.source].push_back(&edge);
    width_max = std::max(width_max, width_of(edge));
  }
  std::set<Way> open{{.width = width_max, .services = {std::string(sensitive)}}};
  std::set<std::string, std::less<>> settled;
  while (!open.empty()) {
    const Way way = *open.begin();
    open.erase(open.begin());
    const std::string& here = way.services.back();
    if (here == outside) return way.stands_out ? way.services : std::vector<std::string>();
    if (!settled.insert(here).second) continue;
    const auto next = leaving.find(here);
    if (next == leaving.end()) continue;
    for (const EdgeEvidence* edge : next->second) {
      if (settled.contains(edge->destination)) continue;
      Way longer{.width = std::min(way.width, width_of(*edge)),
                 .services = way.services,
                 .stands_out = way.stands_out || edge->excess() >= kStandsOut};
      longer.services.push_back(edge->destination);
      open.insert(std::move(longer));
    }
  }
  return {};
}

}  // namespace mimir::detector
