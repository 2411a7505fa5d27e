// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/services.h"

#include <map>
#include <string_view>

namespace mimir::invariant {

Services::Services(const graph::Cluster& cluster, graph::Observation observation)
    : slot_of(cluster.class_count(), kNoSlot) {
  std::map<std::string_view, graph::ClassId> by_name;
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    const bool special =
        id == cluster.outside_class() ||
        (id == cluster.unknown_class() && observation == graph::Observation::kMirror);
    if (special || cluster.is_application(id)) by_name.emplace(cluster.class_name(id), id);
  }
  for (const auto& [name, id] : by_name) {
    const auto slot = static_cast<Slot>(names.size());
    slot_of[id] = slot;
    names.emplace_back(name);
    has_vip.push_back(cluster.has_vip(id));
    is_dns.push_back(cluster.is_dns(id));
    if (id == cluster.outside_class()) outside = slot;
    if (id == cluster.unknown_class()) unknown = slot;
  }
}

}  // namespace mimir::invariant
