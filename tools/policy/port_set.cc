// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/port_set.h"

#include <algorithm>
#include <utility>

namespace mimir::policy {
namespace {

using Ranges = std::vector<PortSet::Range>;

Ranges united(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const PortSet::Range& a, const PortSet::Range& b) { return a.first < b.first; });
  Ranges result;
  for (const PortSet::Range& range : ranges) {
    if (!result.empty() && int{range.first} <= int{result.back().last} + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

Ranges complement(const Ranges& ranges) {
  Ranges result;
  int next = 0;
  for (const PortSet::Range& range : ranges) {
    if (next < int{range.first}) {
      result.push_back({.first = static_cast<std::uint16_t>(next),
                        .last = static_cast<std::uint16_t>(range.first - 1)});
    }
    next = int{range.last} + 1;
  }
  if (next <= int{PortSet::kAllPorts.last}) {
    result.push_back({.first = static_cast<std::uint16_t>(next), .last = PortSet::kAllPorts.last});
  }
  return result;
}

Ranges both(Ranges left, const Ranges& right) {
  left.insert(left.end(), right.begin(), right.end());
  return united(std::move(left));
}

}  // namespace

PortSet PortSet::all() {
  PortSet set;
  for (Ranges& ranges : set.ranges_) ranges = {kAllPorts};
  return set;
}

void PortSet::add(Protocol protocol, Range range) {
  Ranges& ranges = ranges_[static_cast<std::size_t>(protocol)];
  ranges.push_back(range);
  ranges = united(std::move(ranges));
}

bool PortSet::empty() const {
  return std::all_of(ranges_.begin(), ranges_.end(),
                     [](const Ranges& ranges) { return ranges.empty(); });
}

bool PortSet::contains(Protocol protocol, std::uint16_t port) const {
  const Ranges& ranges = ranges_[static_cast<std::size_t>(protocol)];
  return std::any_of(ranges.begin(), ranges.end(), [port](const Range& range) {
    return range.first <= port && port <= range.last;
  });
}

PortSet& PortSet::operator|=(const PortSet& other) {
  for (std::size_t i = 0; i < kProtocolCount; ++i) ranges_[i] = both(ranges_[i], other.ranges_[i]);
  return *this;
}

PortSet& PortSet::operator&=(const PortSet& other) {
  for (std::size_t i = 0; i < kProtocolCount; ++i) {
    ranges_[i] = complement(both(complement(ranges_[i]), complement(other.ranges_[i])));
  }
  return *this;
}

PortSet& PortSet::operator-=(const PortSet& other) {
  for (std::size_t i = 0; i < kProtocolCount; ++i) {
    ranges_[i] = complement(both(complement(ranges_[i]), other.ranges_[i]));
  }
  return *this;
}

}  // namespace mimir::policy
