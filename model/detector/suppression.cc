// SPDX-License-Identifier: Apache-2.0
#include "model/detector/suppression.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "model/detector/catalogue.h"
#include "model/detector/exfiltration_path.h"
#include "model/entity/address_text.h"

namespace mimir::detector {

namespace {

SubjectParty party_of(const Party& party, const Resolver& resolver) {
  return {.name = resolver.name(party),
          .service = resolver.service_name(party),
          .address = party.address};
}

bool is_named(const SubjectParty& party, const std::string& text) {
  if (text.empty()) return true;
  if (party.name == text || party.service == text) return true;
  if (const auto address = entity::parse_address(text)) return *address == party.address;
  const auto cidr = entity::parse_cidr(text);
  return cidr && entity::contains(*cidr, party.address);
}

bool matches(const Suppression& suppression, const SuppressionSubject& subject) {
  if (!suppression.detector.empty() && suppression.detector != subject.detector) return false;
  if (!is_named(subject.source, suppression.source)) return false;
  // Of more targets than are listed, not all can be known to be meant.
  if (!suppression.target.empty() && subject.targets.size() < subject.target_count) return false;
  return std::ranges::all_of(subject.targets, [&](const SubjectParty& target) {
    const bool is_tried = suppression.port == 0 ||
                          std::ranges::find(target.ports, suppression.port) != target.ports.end();
    return is_named(target, suppression.target) && is_tried;
  });
}

bool is_of_hop(const Suppression& suppression, std::string_view source, std::string_view target) {
  return suppression.detector == kExfiltrationDetector && suppression.source == source &&
         suppression.target == target;
}

/// Looks for ways out that are not allowed, step by step.
struct WaySearch {
  std::vector<std::pair<const SubjectEdge*, bool>> steps;  ///< and whether each is allowed
  std::string_view end;
  std::set<std::string_view> passed{};

  /// Whether a way goes on from `here` to the end, nowhere twice, over a step that nobody
  /// allowed; `has_strayed`: it had one already.
  bool leads_out(std::string_view here, bool has_strayed) {
    if (here == end) return has_strayed;
    if (!passed.insert(here).second) return false;
    const bool is_found = std::ranges::any_of(steps, [&](const auto& step) {
      return step.first->source == here &&
             leads_out(step.first->target, has_strayed || !step.second);
    });
    passed.erase(here);
    return is_found;
  }
};

/// Whether data may have left by another way than the path, whose hops are all allowed.
bool has_other_way(const SuppressionSubject& subject,
                   const std::function<bool(const SubjectEdge&)>& is_allowed) {
  WaySearch search{.steps = {}, .end = subject.path.back()};
  for (const SubjectEdge& edge : subject.edges) {
    if (edge.excess >= kStandsOut) search.steps.emplace_back(&edge, is_allowed(edge));
  }
  if (search.steps.size() >= kSubjectEdgeMax) return true;
  std::vector<SubjectEdge> hops;
  for (std::size_t i = 0; i + 1 < subject.path.size(); ++i) {
    hops.push_back({.source = subject.path[i], .target = subject.path[i + 1]});
  }
  for (const SubjectEdge& hop : hops) search.steps.emplace_back(&hop, true);
  return search.leads_out(subject.path.front(), false);
}

}  // namespace

SuppressionSubject subject_of(const Finding& finding, const Resolver& resolver) {
  SuppressionSubject subject{.detector = std::string(text_of(finding.kind).name),
                             .last_ns = finding.last_ns,
                             .source = party_of(finding.source, resolver),
                             .target_count = finding.target_count};
  for (const Endpoint& target : finding.targets) {
    SubjectParty party = party_of(target.party, resolver);
    std::ranges::set_union(target.ports, target.open_ports, std::back_inserter(party.ports));
    subject.targets.push_back(std::move(party));
  }
  return subject;
}

Suppressor::Suppressor(std::vector<Suppression> suppressions) {
  for (Suppression& suppression : suppressions) {
    uses_.push_back({.suppression = std::move(suppression)});
  }
}

void Suppressor::replace(std::vector<Suppression> suppressions) {
  std::vector<Use> next;
  for (Suppression& suppression : suppressions) {
    const auto same = std::ranges::find(uses_, suppression, &Use::suppression);
    if (same == uses_.end()) {
      next.push_back({.suppression = std::move(suppression)});
    } else {
      next.push_back(std::move(*same));
      uses_.erase(same);
    }
  }
  uses_ = std::move(next);
}

Suppressor::Chosen Suppressor::choose_hops(const SuppressionSubject& subject, bool takes_expired) {
  if (subject.path.size() < 2) return {};
  const auto find = [&](std::string_view source, std::string_view target) {
    return std::ranges::find_if(uses_, [&](const Use& use) {
      return is_of_hop(use.suppression, source, target) &&
             (takes_expired || subject.last_ns < use.suppression.until_ns);
    });
  };
  Chosen chosen;
  for (std::size_t i = 0; i + 1 < subject.path.size(); ++i) {
    const auto use = find(subject.path[i], subject.path[i + 1]);
    if (use == uses_.end()) return {};
    if (std::ranges::find(chosen, &*use) == chosen.end()) chosen.push_back(&*use);
  }
  return has_other_way(
             subject,
             [&](const SubjectEdge& edge) { return find(edge.source, edge.target) != uses_.end(); })
             ? Chosen()
             : chosen;
}

Suppressor::Chosen Suppressor::choose(const SuppressionSubject& subject, bool takes_expired) {
  if (subject.detector == kExfiltrationDetector) return choose_hops(subject, takes_expired);
  for (Use& use : uses_) {
    const bool is_in_force = takes_expired || subject.last_ns < use.suppression.until_ns;
    if (is_in_force && matches(use.suppression, subject)) return {&use};
  }
  return {};
}

std::vector<const Suppression*> Suppressor::cover(const SuppressionSubject& subject) {
  const Chosen chosen = choose(subject, false);
  if (chosen.empty()) {
    for (Use* const use : choose(subject, true)) {
      if (subject.last_ns >= use->suppression.until_ns) ++use->expired_count;
    }
    return {};
  }
  ++suppressed_count_;
  std::vector<const Suppression*> covering;
  for (Use* const use : chosen) {
    ++use->suppressed_count;
    covering.push_back(&use->suppression);
  }
  return covering;
}

}  // namespace mimir::detector
