// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Events of equal time keep their order.
void sort_by_time(std::vector<Event>& events);

/// What is there after all of `events`, one addition for each entity, at the time of the
/// last event of that entity; in the order of their first appearance. REQUIRES: ascending
/// times.
[[nodiscard]] std::vector<Event> fold(std::span<const Event> events);

/// What makes `after` of `before` at `at_ns`: deletions first, so that an address can change
/// hands, then additions of what is new or different, from their own time on but no later.
/// Both are as fold() returns them. Only what an entity says counts: a place or a time
/// that changed is no change.
[[nodiscard]] std::vector<Event> changes(std::span<const Event> before,
                                         std::span<const Event> after, TimeNs at_ns);

}  // namespace mimir::entity
