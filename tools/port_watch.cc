// SPDX-License-Identifier: Apache-2.0
#include "tools/port_watch.h"

namespace mimir::tools {

void PortWatch::look() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  for (source::Port* port : ports_) port->watch(heard_);
  for (const source::PortNews& item : heard_) {
    if (news_) news_(item);
  }
  heard_.clear();
}

std::uint64_t PortWatch::take_lost() {
  std::uint64_t lost = 0;
  for (const source::Port* port : ports_) lost += port->lost();
  const std::uint64_t since = lost - lost_;
  lost_ = lost;
  return since;
}

}  // namespace mimir::tools
