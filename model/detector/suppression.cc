// SPDX-License-Identifier: Apache-2.0
#include "model/detector/suppression.h"

#include <algorithm>
#include <utility>

#include "model/entity/address_text.h"

namespace mimir::detector {

namespace {

bool is_named(const Party& party, const std::string& text, const Resolver& resolver) {
  if (text.empty()) return true;
  if (resolver.name(party) == text || resolver.service_name(party) == text) return true;
  if (const auto address = entity::parse_address(text)) return *address == party.address;
  const auto cidr = entity::parse_cidr(text);
  return cidr && entity::contains(*cidr, party.address);
}

bool is_tried_at(const Endpoint& target, std::uint16_t port) {
  const auto has = [port](const std::vector<std::uint16_t>& ports) {
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  };
  return port == 0 || has(target.ports) || has(target.open_ports);
}

bool matches(const Suppression& suppression, const Finding& finding, const Resolver& resolver) {
  if (suppression.kind && *suppression.kind != finding.kind) return false;
  if (!is_named(finding.source, suppression.source, resolver)) return false;
  // Of more targets than are listed, not all can be known to be meant.
  if (!suppression.target.empty() && finding.targets.size() < finding.target_count) return false;
  return std::all_of(finding.targets.begin(), finding.targets.end(), [&](const Endpoint& target) {
    return is_named(target.party, suppression.target, resolver) &&
           is_tried_at(target, suppression.port);
  });
}

}  // namespace

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
  for (const Use& gone : uses_) replaced_count_ += gone.suppressed_count;
  uses_ = std::move(next);
}

bool Suppressor::covers(const Finding& finding, const Resolver& resolver) {
  bool is_covered = false;
  for (Use& use : uses_) {
    if (!matches(use.suppression, finding, resolver)) continue;
    if (finding.last_ns >= use.suppression.until_ns) {
      ++use.expired_count;
    } else if (!is_covered) {
      ++use.suppressed_count;
      is_covered = true;
    }
  }
  return is_covered;
}

std::uint64_t Suppressor::suppressed_count() const {
  std::uint64_t sum = replaced_count_;
  for (const Use& use : uses_) sum += use.suppressed_count;
  return sum;
}

}  // namespace mimir::detector
