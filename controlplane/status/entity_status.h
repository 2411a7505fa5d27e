// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "config/json.h"
#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// What is known of who is who, and how well.
struct EntityStatus {
  std::string source;         ///< "file" or "watch"
  TimeNs last_update_ns = 0;  ///< of the wall clock: when the source last said it is so
  TimeNs age_max_ns = 0;      ///< above it that is stale; 0: never
  std::uint64_t faults = 0;   ///< of the source, since the start
  std::uint64_t pods = 0;     ///< that are there, as the next two
  std::uint64_t services = 0;
  std::uint64_t nodes = 0;

  [[nodiscard]] TimeNs age_ns(TimeNs now_ns) const { return now_ns - last_update_ns; }
  [[nodiscard]] bool is_stale(TimeNs now_ns) const {
    return age_max_ns > 0 && age_ns(now_ns) > age_max_ns;
  }
};

/// "entities were last updated 1200 s ago by watch, more than 900 s".
[[nodiscard]] std::string describe_age(const EntityStatus& entities, TimeNs now_ns);

/// Adds mimir.entities with the age to `alert` if it is stale, for whoever reads the names
/// in it: an address may have changed hands since.
void state_entity_age(const EntityStatus& entities, TimeNs now_ns, config::Json& alert);

}  // namespace mimir::controlplane
