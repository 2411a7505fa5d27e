// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::controlplane {

/// Where the news of a cluster's entities come from.
///
/// Threads: one owner, which may block in wait() as long as it says.
class EntitySource {
 public:
  EntitySource() = default;
  virtual ~EntitySource() = default;
  EntitySource(const EntitySource&) = delete;
  EntitySource& operator=(const EntitySource&) = delete;

  /// "watch" or "file"; a label of metrics.
  [[nodiscard]] virtual const char* name() const = 0;

  virtual void wait(std::chrono::milliseconds duration) = 0;

  /// All there is at `now_ns`, as additions, if that may have changed since the last call
  /// and is whole. An event's time says since when, as far as the source knows.
  [[nodiscard]] virtual std::optional<std::vector<entity::Event>> take(TimeNs now_ns) = 0;

  /// When it last said that what it told is so; 0: never.
  [[nodiscard]] virtual TimeNs last_update_ns() const = 0;
  /// What is wrong with it now, for people; empty: nothing.
  [[nodiscard]] virtual std::string fault() const = 0;
  /// Faults since the start.
  [[nodiscard]] virtual std::uint64_t fault_count() const = 0;
};

}  // namespace mimir::controlplane
