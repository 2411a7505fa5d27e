// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/entity_status.h"

#include <utility>

namespace mimir::controlplane {

std::string describe_age(const EntityStatus& entities, TimeNs now_ns) {
  return "entities were last updated " + std::to_string(entities.age_ns(now_ns) / kNsPerSecond) +
         " s ago by " + entities.source + ", more than " +
         std::to_string(entities.age_max_ns / kNsPerSecond) + " s";
}

void state_entity_age(const EntityStatus& entities, TimeNs now_ns, config::Json& alert) {
  if (!entities.is_stale(now_ns)) return;
  config::Json said = config::Json::object();
  said.set("stale", true)
      .set("source", entities.source)
      .set("age_s", entities.age_ns(now_ns) / kNsPerSecond)
      .set("age_max_s", entities.age_max_ns / kNsPerSecond);
  const config::Json* const own = alert.find("mimir");
  config::Json mimir = own != nullptr ? *own : config::Json::object();
  mimir.set("entities", std::move(said));
  alert.set("mimir", std::move(mimir));
}

}  // namespace mimir::controlplane
