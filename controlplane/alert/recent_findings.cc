// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/recent_findings.h"

#include <algorithm>
#include <utility>

#include "model/detector/catalogue.h"

namespace mimir::controlplane {

void RecentFindings::add(const detector::Finding& finding, TimeNs end_ns,
                         const detector::Resolver& resolver) {
  Entry entry{.finding = {.kind = std::string(detector::text_of(finding.kind).name),
                          .source = resolver.name(finding.source),
                          .end_ns = end_ns,
                          .summary = finding.summary},
              .services = {}};
  const auto concerns = [&](const detector::Party& party) {
    if (party.is_known()) entry.services.insert(resolver.service_name(party));
  };
  concerns(finding.source);
  for (const detector::Endpoint& target : finding.targets) concerns(target.party);
  for (const detector::Hop& hop : finding.hops) {
    concerns(hop.source);
    concerns(hop.destination);
  }
  if (entries_.size() == kFindingMax) entries_.pop_front();
  entries_.push_back(std::move(entry));
}

std::vector<RelatedFinding> RecentFindings::about(std::span<const std::string> services,
                                                  TimeNs begin_ns) const {
  std::vector<RelatedFinding> related;
  for (const Entry& entry : entries_) {
    if (entry.finding.end_ns < begin_ns - kSpanNs) continue;
    const bool is_about = std::any_of(
        services.begin(), services.end(),
        [&entry](const std::string& service) { return entry.services.contains(service); });
    if (is_about) related.push_back(entry.finding);
  }
  return related;
}

}  // namespace mimir::controlplane
